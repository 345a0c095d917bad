import { type Device, isHalf } from '../../onnx/runtime.ts';
import type { Graph, Numbers, Value } from '../../tensor/graph.ts';
import { BATCH, input, LENGTH, sizeOf, state } from '../../tensor/graph.ts';
import { crossEntropy, logSoftmax, oneHot } from '../../tensor/layers.ts';
import {
  add,
  cast,
  concat,
  gather,
  gemm,
  matmul,
  mul,
  reshape,
  scatterRows,
  slice,
} from '../../tensor/ops.ts';
import { movingAverage, rowwiseAdamW } from '../../tensor/optimiser.ts';
import type { ParameterSpec } from '../../tensor/parameters.ts';
import { countOf, unpack } from '../../tensor/parameters.ts';
import { packedParameters, trainingUpdate } from '../../tensor/step.ts';
import { type Precision, toHalves } from '../half.ts';
import type { DeepHeads } from './data.ts';
import { headOffsets } from './data.ts';
import { pooledDropout } from './masks.ts';
import type { Encoded } from './network.ts';
import { choiceLogits, encode, networkParameters, tagLogits } from './network.ts';
import type { EncoderSpec, TrainingSpec } from './spec.ts';
import type { WordShape } from './words.ts';
import { GROUP } from './words.ts';

/**
 * The graphs of one network: the training step, the moving average, and the prediction. State: `packed` (all dense
 * parameters), `table` (embedding rows), their two moments each, their moving averages, `loss` (the sum over all steps),
 * and in half precision the loss scale.
 */
export interface Network {
  readonly encoder: EncoderSpec;
  readonly heads: DeepHeads;
  readonly rows: number;
  readonly maxTokens: number;
}

/** Sizes of one training graph: examples, tokens, and the room for their distinct words. */
export interface StepShape {
  readonly batch: number;
  readonly length: number;
  readonly words: WordShape;
}

export function parametersOf(network: Network): ParameterSpec[] {
  return networkParameters(network.encoder, network.heads, network.maxTokens);
}

/** The whole training step as one graph for a device, and the sizes of its dropout masks. */
export function trainingStep(
  network: Network,
  shape: StepShape,
  training: TrainingSpec,
  device: Device,
): { readonly graph: Graph; readonly masks: readonly number[] } {
  const { batch, length } = shape;
  const { encoder } = network;
  const width = encoder.width;
  const specs = parametersOf(network);
  const parameters = packedParameters(specs);
  const table = state('table', 'f32', [network.rows, width]);
  const moments = {
    first: state('table.m', 'f32', [network.rows, width]),
    second: state('table.v', 'f32', [network.rows, 1]),
  };

  const mask = input('mask', 'f32', [batch, length]);
  const { ownRows, sharedRows, words } = wordVectors(table, shape.words);
  const x = gather(words, input('tokens', 'i32', [batch, length]));

  const masks: number[] = [];
  const encoded = encode(encoder, x, mask, parameters, pooledDropout(encoder.dropout, device, masks));
  const loss = lossOf(network, shape, encoded, parameters, training);
  const together = ([own, shared]: readonly Value[]): Value =>
    concat([reshape(own!, [shape.words.groups * shape.words.own, width]), shared!], 0);
  const { clip, decay } = training;
  const rows = [ownRows, sharedRows];
  const step = trainingUpdate(specs, parameters, loss, { clip, decay, half: isHalf(device) }, rows, (all) => [
    together(all),
  ]);

  const rowGradient = step.others[0]!;
  const count = rowGradient.shape[0]!;
  const rowIds = input('rows', 'i32', [count]);
  const rowIdsLong = input('rows.long', 'i64', [count, 1]);
  const rowMoments = { first: gather(moments.first, rowIds), second: gather(moments.second, rowIds) };
  const next = rowwiseAdamW(together(rows), rowGradient, rowMoments, step.schedule, step.options);
  return {
    masks,
    graph: {
      outputs: {},
      updates: {
        ...step.updates,
        table: scatterRows(table, rowIdsLong, next.parameter),
        'table.m': scatterRows(moments.first, rowIdsLong, next.moments.first),
        'table.v': scatterRows(moments.second, rowIdsLong, next.moments.second),
      },
    },
  };
}

/** The embeddings of all words of a batch, [slots, D], and the table rows that they are sums of. */
function wordVectors(table: Value, { groups, own, shared }: WordShape) {
  const ownRows = gather(table, input('rows.own', 'i32', [groups, own]));
  const sharedRows = gather(table, input('rows.shared', 'i32', [shared]));
  const slots = groups * GROUP;
  const blocks = matmul(input('bag.own', 'f32', [groups, GROUP, own]), ownRows);
  const words = gemm(input('bag.shared', 'f32', [slots, shared]), sharedRows, {
    bias: reshape(blocks, [slots, table.shape[1]!]),
  });
  return { ownRows, sharedRows, words };
}

/** Moves the averaged parameters towards the current ones; the fed decay grows from 0 while the average is young. */
export function averagingStep(network: Network): Graph {
  const count = countOf(parametersOf(network));
  const decay = input('decay', 'f32', []);
  const average = (name: string, shape: readonly number[]): Value =>
    movingAverage(state(`${name}.average`, 'f32', shape), state(name, 'f32', shape), decay);
  return {
    outputs: {},
    updates: {
      'packed.average': average('packed', [count]),
      'table.average': average('table', [network.rows, network.encoder.width]),
    },
  };
}

/**
 * Prediction for any batch and length: ids i32 [B, L, rows per word] and weights f32 [B, L, 1, rows per word], mask f32
 * [B, L], and for networks with positions 0..L-1 as i32. Gives `logits`, `pooled` and the log-probabilities `tags<i>`.
 * With `stored`, each parameter is a state of its own name, as storedTensors gives them for that precision.
 */
export function predictionGraph(
  network: Network,
  rowsPerWord: number,
  stored: Precision | null = null,
): Graph {
  const specs = parametersOf(network);
  const width = network.encoder.width;
  const parameters =
    stored !== null
      ? new Map(specs.map(({ name, shape }) => [name, state(name, 'f32', shape)]))
      : unpack(specs, state('packed.average', 'f32', [countOf(specs)]));
  const given = input('weights', 'f32', [BATCH, LENGTH, 1, rowsPerWord]);
  const ids = input('ids', 'i32', [BATCH, LENGTH, rowsPerWord]);
  const look = (name: string, dtype: 'f32' | 'f16' | 'i8', shape: readonly number[]): Value =>
    cast(gather(state(name, dtype, shape), ids), 'f32');
  const tables = { int8: ['table.bytes', 'i8'], float16: ['table.halves', 'f16'] } as const;
  const [table, dtype] = stored === null ? (['table.average', 'f32'] as const) : tables[stored];
  const rows = look(table, dtype, [network.rows, width]);
  const scales = (): Value => reshape(look('table.scale', 'f32', [network.rows]), given.shape);
  const weights = stored === 'int8' ? mul(given, scales()) : given;
  const x = reshape(matmul(weights, rows), [BATCH, LENGTH, width]);
  const mask = input('mask', 'f32', [BATCH, LENGTH]);
  const { pooled, tokens } = encode(network.encoder, x, mask, parameters, (value) => value);
  const outputs: Record<string, Value> = { pooled };
  if (headOffsets(network.heads).total > 0) outputs['logits'] = choiceLogits(pooled, parameters);
  network.heads.tags.forEach((_, i) => {
    outputs[`tags${i}`] = logSoftmax(tagLogits(tokens, i, parameters));
  });
  return { outputs, updates: {} };
}

/** What a stored prediction graph is filled with: every parameter, and the table as bytes with one scale per row or as halves. */
export function storedTensors(
  network: Network,
  packed: Float32Array,
  table: Float32Array,
  precision: Precision,
): Readonly<Record<string, Numbers>> {
  const tensors: Record<string, Numbers> = {};
  let start = 0;
  for (const { name, shape } of parametersOf(network)) {
    tensors[name] = packed.subarray(start, start + sizeOf(shape));
    start += sizeOf(shape);
  }
  if (precision === 'float16') return { ...tensors, 'table.halves': toHalves(table) };
  const { bytes, scale } = quantiseRows(table, network.encoder.width);
  return { ...tensors, 'table.bytes': bytes, 'table.scale': scale };
}

/** Each row as signed bytes times a scale: a quarter of the size, an error of at most half a step of 1/127. */
export function quantiseRows(
  table: Float32Array,
  width: number,
): { readonly bytes: Int8Array; readonly scale: Float32Array } {
  const bytes = new Int8Array(table.length);
  const scale = new Float32Array(table.length / width);
  for (let r = 0; r < scale.length; r++) {
    const row = table.subarray(r * width, (r + 1) * width);
    const top = row.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
    if (top === 0) continue;
    scale[r] = top / 127;
    for (let i = 0; i < width; i++) bytes[r * width + i] = Math.round((row[i]! / top) * 127);
  }
  return { bytes, scale };
}

/** Sum over heads of the mean cross entropies; targets are distributions, mixed and smoothed by the host. */
function lossOf(
  network: Network,
  { batch, length }: StepShape,
  { pooled, tokens }: Encoded,
  parameters: ReadonlyMap<string, Value>,
  training: TrainingSpec,
): Value {
  const { heads } = network;
  const { offsets, total } = headOffsets(heads);
  const losses: Value[] = [];
  if (total > 0) {
    const mixed = training.mixup > 0 ? gemm(input('mix', 'f32', [batch, batch]), pooled) : pooled;
    const logits = choiceLogits(mixed, parameters);
    const targets = input('targets', 'f32', [batch, total]);
    const weights = input('target.weights', 'f32', [heads.choices.length, batch]);
    heads.choices.forEach(({ classes }, i) => {
      const part = (value: Value): Value => slice(value, 1, offsets[i]!, offsets[i]! + classes);
      const weight = reshape(slice(weights, 0, i, i + 1), [batch]);
      losses.push(crossEntropy(part(logits), part(targets), weight));
    });
  }
  heads.tags.forEach(({ tags }, i) => {
    const ids = input(`tags${i}`, 'i32', [batch * length]);
    const weights = input(`tags${i}.weights`, 'f32', [batch * length]);
    const logits = reshape(tagLogits(tokens, i, parameters), [batch * length, tags]);
    losses.push(crossEntropy(logits, oneHot(ids, tags), weights));
  });
  return losses.reduce((a, b) => add(a, b));
}
