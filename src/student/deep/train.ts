import { AppError } from '../../base/error.ts';
import type { Random } from '../../base/random.ts';
import { createRandom } from '../../base/random.ts';
import type { Device, HostTensor } from '../../onnx/runtime.ts';
import type { Session } from '../../onnx/session.ts';
import { createSession } from '../../onnx/session.ts';
import type { State } from '../../onnx/state.ts';
import { createState } from '../../onnx/state.ts';
import { scheduleAt } from '../../tensor/optimiser.ts';
import { initialise } from '../../tensor/parameters.ts';
import type { Batcher, Corpus, EncodedRow } from './batch.ts';
import { batchSizeOf, createBatcher, encodeCorpus, measureShape, planEpoch } from './batch.ts';
import type { DeepData } from './data.ts';
import type { FeatureTable } from './features.ts';
import { rowCount } from './features.ts';
import type { Network } from './program.ts';
import { averagingStep, NOISE_SIZE, parametersOf, trainingStep } from './program.ts';
import type { DeepSpec, EncoderSpec, TrainingSpec } from './spec.ts';

export interface NetworkProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly validation: number | null;
}

export interface TrainNetworkOptions {
  readonly device: Device;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: NetworkProgress) => void;
  /** Called after every epoch with the averaged parameters; returns the validation loss, or null where there is none. */
  readonly validate: (state: State, epoch: number) => Promise<number | null>;
}

/** Trained tensors of one network, the averaged ones. */
export interface TrainedNetwork {
  readonly network: Network;
  readonly packed: Float32Array;
  readonly table: Float32Array;
  readonly steps: number;
  readonly stepMs: number;
}

/** Trains one network. Deterministic for a seed on the cpu with one thread count. */
export async function trainNetwork(
  data: DeepData,
  features: FeatureTable,
  encoder: EncoderSpec,
  spec: DeepSpec,
  options: TrainNetworkOptions,
): Promise<TrainedNetwork> {
  const { training } = spec;
  const random = createRandom(`${spec.seed}/${JSON.stringify(encoder)}`);
  const corpus = encodeCorpus(features, data.train, spec.maxTokens);
  const network: Network = { encoder, heads: data, rows: rowCount(features), maxTokens: spec.maxTokens };
  const epochs = Array.from({ length: training.epochs }, (_, e) =>
    planEpoch(corpus, training.batch, spec.maxTokens, random.derive(`epoch ${e}`)),
  );
  const steps = epochs.reduce((sum, batches) => sum + batches.length, 0);
  const state = await createState(options.device, initialState(network, training, random));
  const trainers = await openTrainers(network, corpus, epochs.flat(), training, options);
  const averaging = await createSession(averagingStep(network), options.device, options);
  let step = 0;
  let best = Number.POSITIVE_INFINITY;
  let worse = 0;
  let kept: Record<string, HostTensor> | null = null;
  const started = performance.now();
  for (const [e, batches] of epochs.entries()) {
    let sum = 0;
    for (const { length, members } of batches) {
      options.signal?.throwIfAborted();
      sum += await trainers.get(length)!.step(members, step, steps, random.derive(`step ${step}`), state);
      step++;
      if (step % training.averageEvery === 0 || step === steps) {
        const decay = Math.min(
          training.averageDecay,
          step / training.averageEvery / (9 + step / training.averageEvery),
        );
        await averaging.run({ decay: scalarFeed(decay) }, state);
      }
    }
    const validation = await options.validate(state, e);
    options.onProgress?.({ step, steps, loss: sum / batches.length, validation });
    if (validation === null) continue;
    if (validation < best) {
      best = validation;
      worse = 0;
      kept = await state.read(['packed.average', 'table.average']);
    } else if (++worse >= training.patience) break;
  }
  const stepMs = (performance.now() - started) / step;
  const final = kept ?? (await state.read(['packed.average', 'table.average']));
  state.dispose();
  for (const { session } of trainers.values()) await session.dispose();
  await averaging.dispose();
  return {
    network,
    packed: final['packed.average']!.data as Float32Array,
    table: final['table.average']!.data as Float32Array,
    steps: step,
    stepMs,
  };
}

interface Trainer {
  readonly session: Session;
  step(
    members: readonly EncodedRow[],
    step: number,
    steps: number,
    random: Random,
    state: State,
  ): Promise<number>;
}

/** One session per length that occurs. */
async function openTrainers(
  network: Network,
  corpus: Corpus,
  batches: readonly { readonly length: number; readonly members: readonly EncodedRow[] }[],
  training: TrainingSpec,
  options: TrainNetworkOptions,
): Promise<Map<number, Trainer>> {
  const trainers = new Map<number, Trainer>();
  for (const length of new Set(batches.map((batch) => batch.length))) {
    const own = batches.filter((batch) => batch.length === length);
    const shape = { batch: batchSizeOf(length, training.batch), length, ...measureShape(corpus, own) };
    const { graph, noise } = trainingStep(network, shape, training);
    const session = await createSession(graph, options.device, options);
    const batcher = createBatcher(corpus, network.heads, shape, training);
    trainers.set(length, createTrainer(session, batcher, noise, training));
  }
  return trainers;
}

function createTrainer(
  session: Session,
  batcher: Batcher,
  noise: readonly number[],
  training: TrainingSpec,
): Trainer {
  return {
    session,
    step: async (members, step, steps, random, state) => {
      const feeds = batcher.fill(members, random);
      const { rate, correction1, correction2 } = scheduleAt(step, {
        steps,
        peak: training.rate,
        warmup: training.warmup,
      });
      feeds['rate'] = scalarFeed(rate);
      feeds['correction1'] = scalarFeed(correction1);
      feeds['correction2'] = scalarFeed(correction2);
      for (const [i, size] of noise.entries()) {
        const start = random.int(NOISE_SIZE - size);
        feeds[`noise${i}.start`] = { dtype: 'i64', shape: [1], data: BigInt64Array.of(BigInt(start)) };
        feeds[`noise${i}.end`] = { dtype: 'i64', shape: [1], data: BigInt64Array.of(BigInt(start + size)) };
      }
      const { loss } = await session.run(feeds, state);
      const value = Number(loss!.data[0]);
      if (!Number.isFinite(value))
        throw new AppError('internal', `Training diverged at step ${step}: the loss is ${value}.`);
      return value;
    },
  };
}

function initialState(network: Network, training: TrainingSpec, random: Random): Record<string, HostTensor> {
  const packed = initialise(parametersOf(network), random.derive('parameters'));
  const width = network.encoder.width;
  const stream = random.derive('table');
  const table = Float32Array.from({ length: network.rows * width }, () => stream.normal() * 0.1);
  table.fill(0, 0, width);
  const f32 = (data: Float32Array, shape: readonly number[]): HostTensor => ({ dtype: 'f32', shape, data });
  const tensors: Record<string, HostTensor> = {};
  for (const [name, data, shape] of [
    ['packed', packed, [packed.length]],
    ['table', table, [network.rows, width]],
  ] as const) {
    tensors[name] = f32(data, shape);
    tensors[`${name}.average`] = f32(data, shape);
    tensors[`${name}.m`] = f32(new Float32Array(data.length), shape);
    tensors[`${name}.v`] = f32(new Float32Array(data.length), shape);
  }
  tensors['noise'] = f32(noisePool(network.encoder.dropout, random.derive('noise')), [NOISE_SIZE]);
  void training;
  return tensors;
}

function noisePool(rate: number, random: Random): Float32Array {
  const keep = 1 / (1 - rate);
  return Float32Array.from({ length: NOISE_SIZE }, () => (random.next() < rate ? 0 : keep));
}

function scalarFeed(value: number): HostTensor {
  return { dtype: 'f32', shape: [], data: Float32Array.of(value) };
}
