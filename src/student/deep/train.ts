import { AppError } from '../../base/error.ts';
import { lower } from '../../onnx/lower.ts';
import type { Device } from '../../onnx/runtime.ts';
import { createSession } from '../../onnx/session.ts';
import { sizeOf } from '../../tensor/graph.ts';
import { countOf } from '../../tensor/parameters.ts';
import { type Checkpoint, openCheckpoints } from '../checkpoint.ts';
import type { Precision } from '../half.ts';
import { type DeepData, type DeepRow, servedHeads } from './data.ts';
import type { FeatureTable } from './features.ts';
import { buildFeatures, createRows } from './features.ts';
import type { Ended, FitOptions, FittedNetwork } from './fit.ts';
import { fitNetwork, networkOf } from './fit.ts';
import type { DeepBundle } from './model.ts';
import type { NetworkOutput } from './predict.ts';
import { predictNetwork } from './predict.ts';
import { type Network, parametersOf, predictionGraph, storedTensors } from './program.ts';
import type { DeepSpec, EncoderSpec } from './spec.ts';
import { wherePossible } from './trainer.ts';

export interface DeepProgress {
  /** 0..1 over all networks. */
  readonly fraction: number;
  readonly member: number;
  readonly step: number;
  readonly loss: number;
  readonly validation: number | null;
  /** Present at the end of a network that was stopped before its last pass. */
  readonly ended?: Ended;
}

export interface TrainDeepOptions {
  readonly device: Device;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DeepProgress) => void;
  /** Passes over the rows; left out: until the validation loss no longer falls. */
  readonly passes?: number;
  /** A folder for positions of the run; `key` names data and spec. What is there at the end is the networks that are done. */
  readonly checkpoints?: { readonly folder: string; readonly key: string; readonly everyMs?: number };
}

export interface Member extends Pick<FittedNetwork, 'steps' | 'passes' | 'stepMs'> {
  /** Where it learned to the end: not in half precision where that overflowed. */
  readonly device: Device;
}

/** What was learnt, as the files that will serve. Load them with loadDeep before measuring anything. */
export interface DeepTraining extends DeepBundle {
  readonly members: readonly Member[];
  /** The one that was asked for, unless a member had to leave it. */
  readonly device: Device;
  /** The same networks with their tables as halves instead of bytes, made when they are asked for. */
  readonly fine: () => Readonly<Record<string, Uint8Array>>;
}

/**
 * Trains every network of the spec on the same rows, one after the other. Aborting rejects with the signal's reason; a
 * later call with the same checkpoints goes on from the last position.
 */
export async function trainDeep(
  data: DeepData,
  spec: DeepSpec,
  options: TrainDeepOptions,
): Promise<DeepTraining> {
  if (data.train.length === 0 || data.choices.length + data.tags.length === 0)
    throw new AppError('not-enough-data', 'There is nothing for a network to learn: no rows or no slots.');
  const features = buildFeatures(
    data.train.map((row) => row.tokens),
    spec.features,
  );
  const store =
    options.checkpoints === undefined
      ? null
      : openCheckpoints(options.checkpoints.folder, `${options.checkpoints.key}/${JSON.stringify(spec)}`);
  const everyMs = options.checkpoints?.everyMs ?? 10_000;
  const heads = servedHeads(data);
  const exports: ((precision: Precision) => readonly [string, Uint8Array])[] = [];
  const members: { file: string; encoder: EncoderSpec }[] = [];
  const measured: Member[] = [];
  let parameters = 0;
  for (const [i, encoder] of spec.encoders.entries()) {
    const done = store?.load(`network${i}`) ?? null;
    const fitted: Fitted =
      done !== null
        ? fittedOf(done, options.device)
        : await wherePossible(
            options.device,
            (device) =>
              fitOne(data, features, spec, i, {
                ...options,
                device,
                ...(store === null ? {} : { checkpoint: { store, name: `part${i}`, everyMs } }),
              }),
            () => store?.clear(`part${i}`),
          );
    const { learned, device } = fitted;
    const { packed, table, steps, passes, stepMs } = learned;
    if (done === null) store?.save(`network${i}`, checkpointOf(fitted, options.device));
    store?.clear(`part${i}`);
    const file = `deep${i}.onnx`;
    const network = networkOf(heads, features, encoder, spec);
    const kept = keepColumns(networkOf(data, features, encoder, spec), network, packed);
    exports.push((precision) => {
      const graph = predictionGraph(network, features.rowsPerWord, precision);
      return [file, lower(graph, { embed: storedTensors(network, kept, table, precision) }).bytes];
    });
    members.push({ file, encoder });
    measured.push({ steps, passes, stepMs, device });
    parameters += countOf(parametersOf(network)) + table.length;
  }
  const meta = { format: 1, heads, features, maxTokens: spec.maxTokens, members, parameters } as const;
  const filesIn = (precision: Precision) => Object.fromEntries(exports.map((one) => one(precision)));
  const left = measured.find((member) => member.device !== options.device);
  const device = left?.device ?? options.device;
  return { files: filesIn('int8'), meta, members: measured, device, fine: () => filesIn('float16') };
}

interface Fitted {
  readonly learned: Omit<FittedNetwork, 'network'>;
  readonly device: Device;
}

function checkpointOf({ learned, device }: Fitted, asked: Device): Checkpoint {
  const { packed, table, steps, passes, stepMs } = learned;
  const left = device === asked ? 0 : 1;
  return { numbers: { steps, passes, stepMs, left }, tensors: { packed, table } };
}

function fittedOf({ numbers, tensors }: Checkpoint, asked: Device): Fitted {
  const { steps = 0, passes = 0, stepMs = 0, left = 0 } = numbers;
  const learned = { packed: tensors['packed']!, table: tensors['table']!, steps, passes, stepMs };
  return { learned, device: left === 1 ? 'webgpu' : asked };
}

/** The parameters of the network that serves: of each layer the first columns, as heads that only teach come last. */
function keepColumns(trained: Network, served: Network, packed: Float32Array): Float32Array {
  const specs = parametersOf(served);
  const out = new Float32Array(countOf(specs));
  let from = 0;
  let to = 0;
  for (const [i, { shape }] of parametersOf(trained).entries()) {
    const [width, kept] = [shape.at(-1)!, specs[i]!.shape.at(-1)!];
    const rows = sizeOf(shape) / width;
    for (let row = 0; row < rows; row++)
      out.set(packed.subarray(from + row * width, from + row * width + kept), to + row * kept);
    from += rows * width;
    to += rows * kept;
  }
  return out;
}

async function fitOne(
  data: DeepData,
  features: FeatureTable,
  spec: DeepSpec,
  i: number,
  options: TrainDeepOptions & Pick<FitOptions, 'checkpoint'>,
): Promise<FittedNetwork> {
  const encoder = spec.encoders[i]!;
  const network = networkOf(data, features, encoder, spec);
  const { rowsPerWord } = features;
  const rowsOf = createRows(features);
  const inputs = data.validation.map(({ tokens }) => tokens.slice(0, spec.maxTokens).map(rowsOf));
  const predictor = await createSession(predictionGraph(network, rowsPerWord), options.device, options);
  const { checkpoint, threads, signal, passes } = options;
  const fitting = fitNetwork(data, features, encoder, spec, {
    device: options.device,
    name: `network${i}`,
    ...(threads === undefined ? {} : { threads }),
    ...(signal === undefined ? {} : { signal }),
    ...(passes === undefined ? {} : { passes }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    validate: async (state) => {
      if (inputs.length === 0) return null;
      const predictOptions = { rowsPerWord, maxTokens: spec.maxTokens };
      const outputs = await predictNetwork(predictor, state, data, inputs, predictOptions);
      return meanLoss(data, outputs, data.validation);
    },
    onProgress: ({ steps, ...rest }) =>
      options.onProgress?.({
        fraction: (i + rest.step / steps) / spec.encoders.length,
        member: i,
        ...rest,
      }),
  });
  return fitting.finally(() => predictor.dispose());
}

/** Mean over rows of the negative log-likelihood of the hard targets, summed over heads (tags: mean per token). */
export function meanLoss(
  data: DeepData,
  outputs: readonly NetworkOutput[],
  rows: readonly DeepRow[],
): number {
  let sum = 0;
  for (const [i, row] of rows.entries()) {
    const output = outputs[i]!;
    data.choices.forEach((_, h) => {
      const chosen = row.classes[h] ?? -1;
      if (chosen >= 0) sum -= Math.log(Math.max(1e-7, output.probabilities[h]![chosen]!));
    });
    data.tags.forEach(({ tags }, h) => {
      const given = row.tags[h];
      if (given === null || given === undefined) return;
      const seen = Math.min(given.length, output.tags[h]!.length / tags);
      for (let t = 0; t < seen; t++) {
        if (given[t]! >= 0) sum -= output.tags[h]![t * tags + given[t]!]! / seen;
      }
    });
  }
  return sum / Math.max(1, rows.length);
}
