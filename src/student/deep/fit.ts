import type { Random } from '../../base/random.ts';
import { createRandom } from '../../base/random.ts';
import type { Device, HostTensor } from '../../onnx/runtime.ts';
import type { State } from '../../onnx/state.ts';
import { createState } from '../../onnx/state.ts';
import type { CheckpointStore } from '../checkpoint.ts';
import type { Corpus, PlannedBatch } from './corpus.ts';
import { encodeCorpus, epochsOf, planEpoch } from './corpus.ts';
import type { DeepData, DeepHeads } from './data.ts';
import type { FeatureTable } from './features.ts';
import { rowCount } from './features.ts';
import { createMaskPool } from './masks.ts';
import type { Network } from './program.ts';
import type { DeepSpec, EncoderSpec, TrainingSpec } from './spec.ts';
import type { Trainer } from './trainer.ts';
import { initialState, lossSum, openTrainer } from './trainer.ts';

export interface FitProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly validation: number | null;
  /** Present with the last pass where there should have been more. */
  readonly ended?: Ended;
}

/** A training that was stopped before its last pass. */
export interface Ended {
  /** The pass whose parameters are kept, counted from 1. */
  readonly kept: number;
  /** The last one that was begun, and how many there were to be. */
  readonly pass: number;
  readonly passes: number;
}

export interface FitOptions {
  readonly device: Device;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Names the random stream: two equal networks with different names differ. */
  readonly name?: string;
  readonly onProgress?: (progress: FitProgress) => void;
  /** Called after every epoch with the averaged parameters in the state; the validation loss, or null without one. */
  readonly validate: (state: State, epoch: number) => Promise<number | null>;
  /** Ends after so many passes and keeps the last one, whatever its validation loss; left out: that loss decides. */
  readonly passes?: number;
  /** Where to write the position of this network, and how often at most. */
  readonly checkpoint?: { readonly store: CheckpointStore; readonly name: string; readonly everyMs: number };
}

/** The averaged tensors of a trained network. */
export interface FittedNetwork {
  readonly network: Network;
  readonly packed: Float32Array;
  readonly table: Float32Array;
  readonly steps: number;
  /** Passes over the rows that the parameters had seen. */
  readonly passes: number;
  readonly stepMs: number;
}

export function networkOf(
  heads: DeepHeads,
  features: FeatureTable,
  encoder: EncoderSpec,
  spec: DeepSpec,
): Network {
  return { encoder, heads, rows: rowCount(features), maxTokens: spec.maxTokens };
}

/**
 * Trains one network and returns the averaged parameters of its best epoch. A function of data, spec and seed (on the cpu
 * for a given number of threads); going on from a checkpoint gives what the uninterrupted run would have given.
 */
export async function fitNetwork(
  data: DeepData,
  features: FeatureTable,
  encoder: EncoderSpec,
  spec: DeepSpec,
  options: FitOptions,
): Promise<FittedNetwork> {
  const random = createRandom(`${spec.seed}/${options.name ?? ''}/${JSON.stringify(encoder)}`);
  const corpus = encodeCorpus(features, data.train, spec.maxTokens);
  const network = networkOf(data, features, encoder, spec);
  const epochs = planEpochs(corpus, spec, random);
  const { device } = options;
  const pool = createMaskPool(encoder.dropout, device, random);
  const state = await createState(device, { ...initialState(network, device, random), ...pool.state });
  let trainer: Trainer | null = null;
  try {
    trainer = await openTrainer(network, corpus, epochs.flat(), spec.training, pool, device, options);
    const run = await resume(state, options);
    const [started, firstStep] = [performance.now(), run.step];
    await runEpochs({ epochs, state, trainer, run, random, training: spec.training, options });
    const stepMs = (performance.now() - started) / Math.max(1, run.step - firstStep);
    const final = run.kept ?? tensorsOf(await state.read(averaged));
    const [packed, table] = averaged.map((name) => final[name]!);
    return { network, packed: packed!, table: table!, steps: run.step, passes: run.bestPass, stepMs };
  } finally {
    state.dispose();
    await trainer?.dispose();
  }
}

function planEpochs(corpus: Corpus, spec: DeepSpec, random: Random): PlannedBatch[][] {
  const plan = (e: number): PlannedBatch[] =>
    planEpoch(corpus, spec.training.batch, spec.maxTokens, random.derive(`epoch ${e}`));
  return Array.from({ length: epochsOf(spec.training, plan(0)) }, (_, e) => plan(e));
}

interface Running {
  readonly epochs: readonly (readonly PlannedBatch[])[];
  readonly state: State;
  readonly trainer: Trainer;
  readonly run: Run;
  readonly random: Random;
  readonly training: TrainingSpec;
  readonly options: FitOptions;
}

/** Every pass that `run` has not done yet, until the validation loss stops falling or enough were made. */
async function runEpochs({ epochs, state, run, options, ...rest }: Running): Promise<void> {
  const steps = epochs.reduce((sum, batches) => sum + batches.length, 0);
  const most = Math.min(epochs.length, options.passes ?? epochs.length);
  let start = 0;
  for (const [e, batches] of epochs.entries()) {
    const end = start + batches.length;
    const isOver = e >= most || run.worse >= rest.training.patience;
    if (run.step < end && !isOver) {
      await runSteps(batches.slice(run.step - start), end, steps, { epochs, state, run, options, ...rest });
      const validation = await options.validate(state, e);
      const total = await lossSum(state);
      const loss = (total - run.loss) / batches.length;
      run.loss = total;
      const judged = options.passes === undefined ? validation : null;
      if (judged === null) run.bestPass = e + 1;
      else await judge(judged, e + 1, run, state);
      const over = e + 1 >= most || run.worse >= rest.training.patience;
      const ended = { kept: run.bestPass, pass: e + 1, passes: epochs.length };
      options.onProgress?.({
        step: run.step,
        steps,
        loss,
        validation,
        ...(over && ended.kept < ended.passes ? { ended } : {}),
      });
    }
    start = end;
  }
}

async function runSteps(
  batches: readonly PlannedBatch[],
  end: number,
  steps: number,
  { state, trainer, run, random, training, options }: Running,
): Promise<void> {
  for (const batch of batches) {
    options.signal?.throwIfAborted();
    const { step } = run;
    await trainer.step(batch, { step, steps, random: random.derive(`step ${step}`) }, state);
    run.step++;
    if (run.step % LOOK_EVERY === 0) await lossSum(state);
    if (run.step % training.averageEvery === 0 || run.step === steps)
      await trainer.average(Math.ceil(run.step / training.averageEvery), state);
    const { checkpoint } = options;
    if (checkpoint !== undefined && run.step < end && performance.now() - run.savedMs > checkpoint.everyMs) {
      await save(state, run, checkpoint);
      run.savedMs = performance.now();
    }
  }
}

async function judge(validation: number, pass: number, run: Run, state: State): Promise<void> {
  if (validation >= run.best) {
    run.worse++;
    return;
  }
  run.best = validation;
  run.bestPass = pass;
  run.worse = 0;
  run.kept = tensorsOf(await state.read(averaged));
}

const averaged = ['packed.average', 'table.average'] as const;

/** Steps between looks at the loss: bounds how far the host runs ahead of a GPU and how late a divergence is seen. */
const LOOK_EVERY = 16;

/** Where a run is. */
interface Run {
  step: number;
  /** The loss sum at the end of the last epoch. */
  loss: number;
  best: number;
  /** The pass with the best loss, counted from 1; the last one where none is judged. */
  bestPass: number;
  worse: number;
  kept: Record<string, Float32Array> | null;
  /** When a checkpoint was last written, on the monotonic clock. */
  savedMs: number;
}

async function resume(state: State, options: FitOptions): Promise<Run> {
  const savedMs = performance.now();
  const fresh: Run = {
    step: 0,
    loss: 0,
    best: Number.POSITIVE_INFINITY,
    bestPass: 0,
    worse: 0,
    kept: null,
    savedMs,
  };
  const found = options.checkpoint?.store.load(options.checkpoint.name) ?? null;
  if (found === null) return fresh;
  const { step = 0, loss = 0, best = -1, bestPass = 0, worse = 0 } = found.numbers;
  const shapes = await state.read(state.names.filter((name) => name !== 'noise'));
  const restored: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries(shapes)) {
    const data = found.tensors[name];
    if (data === undefined || data.length !== tensor.data.length) return fresh;
    restored[name] = { ...tensor, data };
  }
  await state.write(restored);
  const kept = averaged.every((name) => `best ${name}` in found.tensors)
    ? Object.fromEntries(averaged.map((name) => [name, found.tensors[`best ${name}`]!]))
    : null;
  return { step, loss, best: best < 0 ? Number.POSITIVE_INFINITY : best, bestPass, worse, kept, savedMs };
}

async function save(
  state: State,
  run: Run,
  { store, name }: NonNullable<FitOptions['checkpoint']>,
): Promise<void> {
  const tensors = tensorsOf(await state.read(state.names.filter((n) => n !== 'noise')));
  for (const [key, data] of Object.entries(run.kept ?? {})) tensors[`best ${key}`] = data;
  const best = Number.isFinite(run.best) ? run.best : -1;
  const { step, loss, bestPass, worse } = run;
  store.save(name, { numbers: { step, loss, best, bestPass, worse }, tensors });
}

function tensorsOf(tensors: Readonly<Record<string, HostTensor>>): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, tensor.data as Float32Array]),
  );
}
