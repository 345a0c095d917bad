import { createRandom, type Random } from '../../base/random.ts';
import type { Device, HostTensor } from '../../onnx/runtime.ts';
import { createSession, type Session } from '../../onnx/session.ts';
import { createState, type State } from '../../onnx/state.ts';
import { matrixFlops, peakBytes } from '../../tensor/cost.ts';
import { scheduleAt } from '../../tensor/optimiser.ts';
import { countOf, initialise } from '../../tensor/parameters.ts';
import type { CheckpointStore } from '../deep/checkpoint.ts';
import { NOISE_SIZE } from '../deep/program.ts';
import { lossSum, noiseFeeds, noisePool } from '../deep/trainer.ts';
import { createBatcher, type Task } from './batch.ts';
import { type Writer, writerParameters } from './network.ts';
import { averagingStep, readingGraph, type StepShape, trainingStep, writingGraph } from './program.ts';
import type { GeneratorSpec } from './spec.ts';
import { lookAt, type Told } from './write.ts';

export interface FitOptions {
  readonly device: Device;
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly checkpoint: { readonly store: CheckpointStore; readonly everyMs: number } | null;
  /** Never gives up before the last step. */
  readonly patient?: boolean;
  readonly onLook: (look: Look & { readonly fraction: number; readonly step: number }) => void;
}

export interface Look {
  /** Mean loss per piece since the last look. */
  readonly loss: number;
  readonly validation: number;
  /** Share of held-out values whose every piece would be right. */
  readonly exact: number;
}

/** The averaged parameters at the best look; null where too few values would be written exactly to go on. */
export interface Fitted {
  readonly packed: Float32Array | null;
  readonly exact: number;
  readonly steps: number;
  readonly stepMs: number;
}

/** Matrix work that a training may take: a few minutes on two cores. */
const mostFlops = 1.4e13;
const mostEpochs = 60;
/** Below this share of exact values after a third of the steps nothing more is hoped for. */
const leastExact = 0.02;

/** A graph's shape with the values that fit into it, and how many of them make a step. */
interface Bucket {
  readonly shape: StepShape;
  readonly tasks: readonly Task[];
}

/** Two sizes: one for most values, a larger one with smaller batches for the others. */
export function bucketsOf(tasks: readonly Task[], batch: number): Bucket[] {
  const up = (n: number): number => Math.ceil(n / 4) * 4;
  const at = (values: readonly number[], share: number): number =>
    up([...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? 1);
  const lengths = tasks.map((task) => task.pieces.length);
  const steps = tasks.map((task) => task.steps.length);
  const small = { length: at(lengths, 0.8), steps: at(steps, 0.8) };
  const large = { length: at(lengths, 1), steps: at(steps, 1) };
  const fits = (task: Task): boolean =>
    task.pieces.length <= small.length && task.steps.length <= small.steps;
  const [most, rest] = [tasks.filter(fits), tasks.filter((task) => !fits(task))];
  const share = (small.length + small.steps) / (large.length + large.steps);
  const fewer = Math.max(8, Math.min(batch, Math.round((batch * share) / 4) * 4));
  return [
    { shape: { ...small, batch }, tasks: most },
    { shape: { ...large, batch: fewer }, tasks: rest },
  ].filter((bucket) => bucket.tasks.length > 0);
}

/** Bytes that training needs at its largest moment, and its steps; computed from the graphs, nothing is run. */
export function estimateFit(writer: Writer, tasks: readonly Task[]): { bytes: number; steps: number } {
  const buckets = bucketsOf(tasks, writer.spec.batch);
  const graphs = buckets.map(({ shape }) => trainingStep(writer, shape).graph);
  const parameters = countOf(writerParameters(writer));
  const live = 4 * (12 * parameters + NOISE_SIZE);
  return {
    bytes: live + Math.max(...graphs.map(peakBytes)) + sessionBytes,
    steps: stepsOf(writer.spec, buckets, graphs.map(matrixFlops)),
  };
}

/** The runtime, and the compiled graphs. */
const sessionBytes = 150e6;

function stepsOf(spec: GeneratorSpec, buckets: readonly Bucket[], flops: readonly number[]): number {
  const batches = buckets.map(({ shape, tasks }) => Math.ceil(tasks.length / shape.batch));
  const epoch = batches.reduce((a, b) => a + b, 0);
  const mean = batches.reduce((sum, n, i) => sum + n * flops[i]!, 0) / epoch;
  return Math.max(spec.looks, Math.min(spec.steps, mostEpochs * epoch, Math.floor(mostFlops / mean)));
}

/** Trains a generator. A function of tasks, spec and seed; going on from a checkpoint gives what one run would have given. */
export async function fitGenerator(
  writer: Writer,
  tasks: readonly Task[],
  told: readonly Told[],
  options: FitOptions,
): Promise<Fitted> {
  const random = createRandom(`${writer.spec.seed}/generator`);
  const state = await createState(options.device, initialState(writer, random));
  const opened: Session[] = [];
  try {
    const open = async (graph: Parameters<typeof createSession>[0]): Promise<Session> => {
      const session = await createSession(graph, options.device, { threads: options.threads });
      opened.push(session);
      return session;
    };
    const trainers = await openTrainers(writer, bucketsOf(tasks, writer.spec.batch), open);
    const averaging = await open(averagingStep(writer));
    const sessions = {
      reading: await open(readingGraph(writer)),
      writing: await open(writingGraph(writer)),
      state,
    };
    const steps = stepsOf(
      writer.spec,
      trainers.map(({ bucket }) => bucket),
      trainers.map(({ flops }) => flops),
    );
    return await run({
      writer,
      trainers,
      averaging,
      state,
      random,
      steps,
      options,
      look: () => lookAt(sessions, writer.table, told),
    });
  } finally {
    state.dispose();
    for (const session of opened) await session.dispose();
  }
}

/** Median milliseconds of a few real training steps. */
export async function measureStep(
  writer: Writer,
  tasks: readonly Task[],
  device: Device,
  threads: number,
): Promise<number> {
  const random = createRandom('measure');
  const bucket = bucketsOf(tasks, writer.spec.batch)[0]!;
  const state = await createState(device, initialState(writer, random));
  const opened: Session[] = [];
  try {
    const [trainer] = await openTrainers(writer, [bucket], async (graph) => {
      const session = await createSession(graph, device, { threads });
      opened.push(session);
      return session;
    });
    const times: number[] = [];
    for (let step = 0; step < 5; step++) {
      const started = performance.now();
      await trainer!.step(bucket.tasks.slice(0, bucket.shape.batch), { step, steps: 100, random }, state);
      await lossSum(state);
      times.push(performance.now() - started);
    }
    return times.slice(1).sort((a, b) => a - b)[1]!;
  } finally {
    state.dispose();
    for (const session of opened) await session.dispose();
  }
}

interface Trainer {
  readonly bucket: Bucket;
  readonly flops: number;
  step(
    members: readonly Task[],
    at: { step: number; steps: number; random: Random },
    state: State,
  ): Promise<void>;
}

async function openTrainers(
  writer: Writer,
  buckets: readonly Bucket[],
  open: (graph: Parameters<typeof createSession>[0]) => Promise<Session>,
): Promise<Trainer[]> {
  const { spec, table } = writer;
  const trainers: Trainer[] = [];
  for (const bucket of buckets) {
    const { graph, noise } = trainingStep(writer, bucket.shape);
    const session = await open(graph);
    const fill = createBatcher(table, bucket.shape, spec.wordDropout);
    trainers.push({
      bucket,
      flops: matrixFlops(graph),
      step: async (members, { step, steps, random }, state) => {
        const feeds = {
          ...fill(members, random),
          ...scheduleFeeds(spec, { step, steps, noise, random }),
        };
        await session.run(feeds, state);
      },
    });
  }
  return trainers;
}

/** What a step is fed beside its batch: the schedule's scalars and where each dropout reads its mask. */
export function scheduleFeeds(
  spec: GeneratorSpec,
  at: {
    readonly step: number;
    readonly steps: number;
    readonly noise: readonly number[];
    readonly random: Random;
  },
): Record<string, HostTensor> {
  const schedule = scheduleAt(at.step, {
    steps: at.steps,
    peak: spec.rate,
    warmup: spec.warmup,
    floor: 0.02,
  });
  const scalars = Object.entries(schedule).map(([key, value]) => [key, scalar(value)]);
  return { ...Object.fromEntries(scalars), ...noiseFeeds(at.noise, at.random) };
}

interface Running {
  readonly writer: Writer;
  readonly trainers: readonly Trainer[];
  readonly averaging: Session;
  readonly state: State;
  readonly random: Random;
  readonly steps: number;
  readonly options: FitOptions;
  readonly look: () => Promise<{ readonly loss: number; readonly exact: number }>;
}

/** Looks without a better one before training stops. */
const patience = 2;

async function run({
  writer,
  trainers,
  averaging,
  state,
  random,
  steps,
  options,
  look,
}: Running): Promise<Fitted> {
  const { spec } = writer;
  const position = await resume(state, options);
  if (position.done) return { packed: position.kept, exact: position.best, steps: position.step, stepMs: 0 };
  const [started, first] = [performance.now(), position.step];
  let savedMs = started;
  const fitted = async (): Promise<Fitted> => {
    position.done = true;
    // Networks may be trained after it: a run that is killed then need not write again.
    if (options.checkpoint !== null) await save(state, position, options.checkpoint.store);
    return {
      packed: position.kept,
      exact: position.best,
      steps: position.step,
      stepMs: (performance.now() - started) / Math.max(1, position.step - first),
    };
  };
  for (const { trainer, members } of batches(trainers, steps, random).slice(position.step)) {
    options.signal.throwIfAborted();
    const { step } = position;
    await trainer.step(members, { step, steps, random: random.derive(`step ${step}`) }, state);
    position.step++;
    if (position.step % spec.averageEvery === 0 || position.step === steps) {
      const count = Math.ceil(position.step / spec.averageEvery);
      await averaging.run({ decay: scalar(Math.min(spec.averageDecay, count / (9 + count))) }, state);
    }
    const every = Math.max(1, Math.floor(steps / spec.looks));
    if (position.step % every === 0 || position.step === steps) {
      const seen = await look();
      const total = await lossSum(state);
      const loss = (total - position.loss) / (position.step - position.looked);
      options.onLook({
        fraction: position.step / steps,
        step: position.step,
        loss,
        validation: seen.loss,
        exact: seen.exact,
      });
      Object.assign(position, { loss: total, looked: position.step });
      await judge(position, seen, state);
      if (options.patient !== true && position.step >= steps / 3 - 1 && position.best < leastExact) {
        position.kept = null;
        return fitted();
      }
      if (options.patient !== true && position.worse >= patience) return fitted();
    }
    if (options.checkpoint !== null && performance.now() - savedMs > options.checkpoint.everyMs) {
      await save(state, position, options.checkpoint.store);
      savedMs = performance.now();
    }
  }
  return fitted();
}

/** Every batch of a run, shuffled anew for each pass. */
function batches(trainers: readonly Trainer[], steps: number, random: Random) {
  const all: { trainer: Trainer; members: readonly Task[] }[] = [];
  for (let epoch = 0; all.length < steps; epoch++) {
    const stream = random.derive(`epoch ${epoch}`);
    const own = trainers.flatMap((trainer) => {
      const { shape, tasks } = trainer.bucket;
      const order = stream.shuffle(tasks);
      const count = Math.ceil(order.length / shape.batch);
      return Array.from({ length: count }, (_, i) => ({
        trainer,
        members: order.slice(i * shape.batch, (i + 1) * shape.batch),
      }));
    });
    all.push(...stream.shuffle(own));
  }
  return all.slice(0, steps);
}

interface Position {
  step: number;
  /** Loss sum at the last look, and its step. */
  loss: number;
  looked: number;
  /** Of the best look. */
  best: number;
  bestLoss: number;
  worse: number;
  kept: Float32Array | null;
  done: boolean;
}

async function judge(position: Position, seen: { loss: number; exact: number }, state: State): Promise<void> {
  const better =
    seen.exact > position.best || (seen.exact === position.best && seen.loss < position.bestLoss);
  position.worse = better || seen.loss < position.bestLoss ? 0 : position.worse + 1;
  position.bestLoss = Math.min(position.bestLoss, seen.loss);
  if (!better) return;
  position.best = seen.exact;
  position.kept = (await state.read([average]))[average]!.data as Float32Array;
}

const average = 'packed.average';
const saved = ['packed', 'packed.m', 'packed.v', average, 'loss'] as const;

async function resume(state: State, { checkpoint }: FitOptions): Promise<Position> {
  const fresh: Position = {
    step: 0,
    loss: 0,
    looked: 0,
    best: -1,
    bestLoss: Number.MAX_VALUE,
    worse: 0,
    kept: null,
    done: false,
  };
  const found = checkpoint?.store.load(name) ?? null;
  if (found === null) return fresh;
  const tensors = await state.read(saved);
  for (const key of saved) if (found.tensors[key]?.length !== tensors[key]!.data.length) return fresh;
  await state.write(
    Object.fromEntries(saved.map((key) => [key, { ...tensors[key]!, data: found.tensors[key]! }])),
  );
  const { done, ...numbers } = found.numbers;
  return { ...fresh, ...numbers, done: done === 1, kept: found.tensors['kept'] ?? null };
}

const name = 'generator';

async function save(
  state: State,
  { kept, done, ...numbers }: Position,
  store: CheckpointStore,
): Promise<void> {
  const read = await state.read(saved);
  const tensors = Object.fromEntries(saved.map((key) => [key, read[key]!.data as Float32Array]));
  store.save(name, {
    numbers: { ...numbers, done: Number(done) },
    tensors: kept === null ? tensors : { ...tensors, kept },
  });
}

/** The state before the first step; a function of the writer and the random stream alone. */
export function initialState(writer: Writer, random: Random): Record<string, HostTensor> {
  const packed = initialise(writerParameters(writer), random.derive('parameters'));
  const shape = [packed.length];
  const f32 = (data: Float32Array): HostTensor => ({ dtype: 'f32', shape, data });
  return {
    packed: f32(packed),
    [average]: f32(packed),
    'packed.m': f32(new Float32Array(packed.length)),
    'packed.v': f32(new Float32Array(packed.length)),
    loss: { dtype: 'f32', shape: [1], data: new Float32Array(1) },
    noise: noisePool(writer.spec.dropout, random),
  };
}

function scalar(value: number): HostTensor {
  return { dtype: 'f32', shape: [], data: Float32Array.of(value) };
}
