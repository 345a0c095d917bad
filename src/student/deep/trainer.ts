import { AppError } from '../../base/error.ts';
import type { Random } from '../../base/random.ts';
import { type Device, type HostTensor, isHalf, type SessionOptions } from '../../onnx/runtime.ts';
import { createSession } from '../../onnx/session.ts';
import type { State } from '../../onnx/state.ts';
import { sizeOf } from '../../tensor/graph.ts';
import { firstLossScale } from '../../tensor/lossScale.ts';
import { scheduleAt } from '../../tensor/optimiser.ts';
import { initialise } from '../../tensor/parameters.ts';
import { createBatcher } from './batch.ts';
import type { Corpus, PlannedBatch } from './corpus.ts';
import { batchSizeOf } from './corpus.ts';
import type { MaskPool } from './masks.ts';
import type { Network } from './program.ts';
import { averagingStep, parametersOf, trainingStep } from './program.ts';
import type { TrainingSpec } from './spec.ts';
import { measureWords } from './words.ts';

/** The compiled steps of a network: one training graph per length that occurs, and the moving average. */
export interface Trainer {
  /** One step of `steps`. On webgpu it may still be running when this returns. */
  step(batch: PlannedBatch, at: { step: number; steps: number; random: Random }, state: State): Promise<void>;
  average(count: number, state: State): Promise<void>;
  dispose(): Promise<void>;
}

export async function openTrainer(
  network: Network,
  corpus: Corpus,
  batches: readonly PlannedBatch[],
  training: TrainingSpec,
  pool: MaskPool,
  device: Device,
  options: SessionOptions,
): Promise<Trainer> {
  const lengths = [...new Set(batches.map((batch) => batch.length))];
  const steps = new Map<number, Awaited<ReturnType<typeof openStep>>>();
  for (const length of lengths) {
    const own = batches.filter((batch) => batch.length === length);
    steps.set(length, await openStep(network, corpus, own, length, training, device, options));
  }
  const averaging = await createSession(averagingStep(network), device, options);
  return {
    step: async (batch, { step, steps: total, random }, state) => {
      const { session, batcher, masks } = steps.get(batch.length)!;
      const feeds = {
        ...batcher.fill(batch.members, random),
        ...scheduleFeeds({ step, steps: total, rate: network.encoder.rate }, training),
        ...pool.feeds(masks, random),
      };
      await session.run(feeds, state);
    },
    average: async (count, state) => {
      // A young average forgets its random start quickly.
      const decay = Math.min(training.averageDecay, count / (9 + count));
      await averaging.run({ decay: scalar(decay) }, state);
    },
    dispose: async () => {
      for (const { session } of steps.values()) await session.dispose();
      await averaging.dispose();
    },
  };
}

/** The state before the first step; its parameters are a function of the network and the random stream alone. */
export function initialState(network: Network, device: Device, random: Random): Record<string, HostTensor> {
  const packed = initialise(parametersOf(network), random.derive('parameters'));
  const width = network.encoder.width;
  const stream = random.derive('table');
  const table = Float32Array.from({ length: network.rows * width }, () => stream.normal() * 0.1);
  // Row 0 pads and stays zero.
  table.fill(0, 0, width);
  const tensors = lossState(device);
  const f32 = (data: Float32Array, shape: readonly number[]): HostTensor => ({ dtype: 'f32', shape, data });
  const put = (
    name: string,
    data: Float32Array,
    shape: readonly number[],
    second: readonly number[],
  ): void => {
    tensors[name] = f32(data, shape);
    tensors[`${name}.average`] = f32(data, shape);
    tensors[`${name}.m`] = f32(new Float32Array(data.length), shape);
    tensors[`${name}.v`] = f32(new Float32Array(sizeOf(second)), second);
  };
  put('packed', packed, [packed.length], [packed.length]);
  put('table', table, [network.rows, width], [network.rows, 1]);
  return tensors;
}

/** The sum of the losses before the first step, and in half precision the scale of the loss. */
export function lossState(device: Device): Record<string, HostTensor> {
  const first = { loss: 0, ...(isHalf(device) ? firstLossScale : {}) };
  const entries = Object.entries(first).map(([name, value]) => [
    name,
    { dtype: 'f32', shape: [1], data: Float32Array.of(value) },
  ]);
  return Object.fromEntries(entries) as Record<string, HostTensor>;
}

/** A training whose numbers ran away. */
class Diverged extends AppError {}

/**
 * A training on this device; where it is in half precision and overflows there, the same training in full precision, after
 * `forget` took away what it left to go on from. `device` is the one that it ended on.
 */
export async function wherePossible<T>(
  device: Device,
  train: (device: Device) => Promise<T>,
  forget: () => void,
): Promise<{ readonly learned: T; readonly device: Device }> {
  try {
    return { learned: await train(device), device };
  } catch (error) {
    if (!(error instanceof Diverged) || !isHalf(device)) throw error;
    forget();
    return { learned: await train('webgpu'), device: 'webgpu' };
  }
}

/**
 * The sum of the losses of all steps so far; waits for them. Throws where it is no longer a number, and where half precision
 * overflows however little the loss is scaled.
 */
export async function lossSum(state: State): Promise<number> {
  const names = ['loss', 'loss.scale'].filter((name) => state.names.includes(name));
  const { loss, 'loss.scale': scale } = await state.read(names);
  const value = Number(loss!.data[0]);
  if (!Number.isFinite(value)) throw new Diverged('internal', `Training diverged: the loss is ${value}.`);
  if (scale !== undefined && Number(scale.data[0]) < 1)
    throw new Diverged('internal', 'Training diverged: its numbers are too large for half precision.');
  return value;
}

/** The scalars of the schedule. */
export function scheduleFeeds(
  at: { readonly step: number; readonly steps: number; readonly rate: number },
  { warmup }: TrainingSpec,
): Record<string, HostTensor> {
  const schedule = scheduleAt(at.step, { steps: at.steps, peak: at.rate, warmup });
  return Object.fromEntries(Object.entries(schedule).map(([name, value]) => [name, scalar(value)]));
}

async function openStep(
  network: Network,
  corpus: Corpus,
  batches: readonly PlannedBatch[],
  length: number,
  training: TrainingSpec,
  device: Device,
  options: SessionOptions,
) {
  const batch = batchSizeOf(length, training.batch);
  const shape = { batch, length, words: measureWords(corpus, batches) };
  const { graph, masks } = trainingStep(network, shape, training, device);
  const session = await createSession(graph, device, options);
  return { session, batcher: createBatcher(corpus, network.heads, shape, training), masks };
}

function scalar(value: number): HostTensor {
  return { dtype: 'f32', shape: [], data: Float32Array.of(value) };
}
