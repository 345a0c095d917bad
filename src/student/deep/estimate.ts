import { createRandom } from '../../base/random.ts';
import { chooseDevice, type StepMeasure } from '../../onnx/devices.ts';
import type { Device } from '../../onnx/runtime.ts';
import { createState } from '../../onnx/state.ts';
import { peakBytes } from '../../tensor/cost.ts';
import { countOf } from '../../tensor/parameters.ts';
import type { PlannedBatch } from './corpus.ts';
import { batchSizeOf, encodeCorpus, epochsOf, planEpoch } from './corpus.ts';
import type { DeepData } from './data.ts';
import { buildFeatures } from './features.ts';
import { networkOf } from './fit.ts';
import { createMaskPool, POOL_SIZE } from './masks.ts';
import { predictionBytes } from './predict.ts';
import { parametersOf, trainingStep } from './program.ts';
import type { DeepSpec, EncoderSpec } from './spec.ts';
import { initialState, lossSum, openTrainer } from './trainer.ts';
import { measureWords } from './words.ts';

export interface DeepEstimate {
  /** Bytes that training needs at its largest moment, beside what the process uses already. */
  readonly bytes: number;
  /** Optimiser steps of all networks together. */
  readonly steps: number;
  readonly parameters: number;
}

/** What training will take, before it starts; computed from the graphs, nothing is run. */
export function estimateDeep(data: DeepData, spec: DeepSpec): DeepEstimate {
  const prepared = prepare(data, spec);
  const each = spec.encoders.map((encoder) => estimateNetwork(data, spec, encoder, prepared));
  return {
    bytes: Math.max(0, ...each.map((one) => one.bytes)),
    steps: each.length * prepared.batches.length * epochsOf(spec.training, prepared.batches),
    parameters: each.reduce((sum, one) => sum + one.parameters, 0),
  };
}

/** The device whose real training step takes the least time on this data, averaged over the networks of the spec. */
export function chooseDeepDevice(
  data: DeepData,
  spec: DeepSpec,
  options: { readonly threads?: number } = {},
): Promise<{ readonly device: Device; readonly stepMs: Readonly<Partial<Record<Device, number>>> }> {
  const prepared = prepare(data, spec);
  return chooseDevice(async (device) => {
    const total = { stepMs: 0, loss: 0 };
    for (const encoder of spec.encoders) {
      const { stepMs, loss } = await measureStep(data, spec, encoder, prepared, device, options);
      total.stepMs += stepMs / spec.encoders.length;
      total.loss += loss;
    }
    return total;
  });
}

/** Median milliseconds of a few real training steps, and the sum of their losses. */
async function measureStep(
  data: DeepData,
  spec: DeepSpec,
  encoder: EncoderSpec,
  { features, corpus, batches }: Prepared,
  device: Device,
  options: { readonly threads?: number },
): Promise<StepMeasure> {
  const random = createRandom('measure');
  const network = networkOf(data, features, encoder, spec);
  const length = commonLength(batches);
  const own = batches.filter((batch) => batch.length === length).slice(0, 8);
  const pool = createMaskPool(encoder.dropout, device, random);
  const trainer = await openTrainer(network, corpus, own, spec.training, pool, device, options);
  const state = await createState(device, { ...initialState(network, device, random), ...pool.state });
  try {
    const times: number[] = [];
    let loss = 0;
    for (let step = 0; step < 8; step++) {
      const start = performance.now();
      await trainer.step(own[step % own.length]!, { step, steps: 1000, random }, state);
      loss = await lossSum(state);
      times.push(performance.now() - start);
    }
    // The first steps allocate; the median of the rest is not moved by one interruption.
    return { stepMs: times.slice(2).sort((a, b) => a - b)[3]!, loss };
  } finally {
    state.dispose();
    await trainer.dispose();
  }
}

type Prepared = ReturnType<typeof prepare>;

function prepare(data: DeepData, spec: DeepSpec) {
  const features = buildFeatures(
    data.train.map((row) => row.tokens),
    spec.features,
  );
  const corpus = encodeCorpus(features, data.train, spec.maxTokens);
  const batches = planEpoch(corpus, spec.training.batch, spec.maxTokens, createRandom('estimate'));
  return { features, corpus, batches };
}

function estimateNetwork(data: DeepData, spec: DeepSpec, encoder: EncoderSpec, prepared: Prepared) {
  const { features, corpus, batches } = prepared;
  const network = networkOf(data, features, encoder, spec);
  const dense = countOf(parametersOf(network));
  const rows = network.rows * encoder.width;
  const lengths = [...new Set(batches.map((batch) => batch.length))];
  // One step runs at a time, and what it needs is freed when it ends.
  const activations = lengths.map((length) => {
    const own = batches.filter((batch) => batch.length === length);
    const shape = {
      batch: batchSizeOf(length, spec.training.batch),
      length,
      words: measureWords(corpus, own),
    };
    return peakBytes(trainingStep(network, shape, spec.training, 'cpu').graph);
  });
  // Value, two moments and average of the dense parameters; value, first moment and average of the rows. All of them are
  // updated where they lie.
  const live = 4 * dense + 3 * rows + POOL_SIZE;
  const whole = 4 * dense + 3 * rows;
  // The first values, what a checkpoint reads, and the parameters of the best epoch.
  const copies = 2 * whole + dense + rows;
  const sessions = RUNTIME_BYTES + (lengths.length + 2) * SESSION_BYTES;
  const largest = Math.max(predictionBytes(features.rowsPerWord, encoder.width), ...activations);
  return { parameters: dense + rows, bytes: 4 * (live + copies) + largest + sessions + GARBAGE_BYTES };
}

/** Measured: the runtime's code and tables, and the graph and buffers of one compiled step. */
const RUNTIME_BYTES = 25e6;
const SESSION_BYTES = 3e6;
/** What a collector leaves lying about before it looks. */
const GARBAGE_BYTES = 45e6;

function commonLength(batches: readonly PlannedBatch[]): number {
  const counts = new Map<number, number>();
  for (const { length } of batches) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 8;
}
