import type { Random } from '../../base/random.ts';
import { createRandom } from '../../base/random.ts';
import type { StepMeasure } from '../../onnx/devices.ts';
import type { Device, HostTensor } from '../../onnx/runtime.ts';
import { createSession, type Session } from '../../onnx/session.ts';
import { createState, type State } from '../../onnx/state.ts';
import { matrixFlops, peakBytes } from '../../tensor/cost.ts';
import type { Graph } from '../../tensor/graph.ts';
import { scheduleAt } from '../../tensor/optimiser.ts';
import { countOf, initialise } from '../../tensor/parameters.ts';
import { createMaskPool, type MaskPool, POOL_SIZE } from '../deep/masks.ts';
import { lossState, lossSum } from '../deep/trainer.ts';
import { createBatcher, type Task } from './batch.ts';
import { type Writer, writerParameters } from './network.ts';
import { type StepShape, trainingStep } from './program.ts';
import type { GeneratorSpec } from './spec.ts';

/** Matrix work that a training may take: a few minutes on two cores. */
const mostFlops = 8e12;
const mostEpochs = 60;

/** A graph's shape with the values that fit into it, and how many of them make a step. */
export interface Bucket {
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

/** The compiled step of one bucket. */
export interface Trainer {
  readonly bucket: Bucket;
  readonly flops: number;
  step(
    members: readonly Task[],
    at: { step: number; steps: number; random: Random },
    state: State,
  ): Promise<void>;
}

export async function openTrainers(
  writer: Writer,
  buckets: readonly Bucket[],
  pool: MaskPool,
  device: Device,
  open: (graph: Graph) => Promise<Session>,
): Promise<Trainer[]> {
  const { spec, table } = writer;
  const trainers: Trainer[] = [];
  for (const bucket of buckets) {
    const { graph, masks } = trainingStep(writer, bucket.shape, device);
    const session = await open(graph);
    const fill = createBatcher(table, bucket.shape, spec.wordDropout);
    trainers.push({
      bucket,
      flops: matrixFlops(graph),
      step: async (members, { step, steps, random }, state) => {
        const feeds = {
          ...fill(members, random),
          ...scheduleFeeds(spec, { step, steps }),
          ...pool.feeds(masks, random),
        };
        await session.run(feeds, state);
      },
    });
  }
  return trainers;
}

/** The scalars of the schedule. */
export function scheduleFeeds(
  spec: GeneratorSpec,
  at: { readonly step: number; readonly steps: number },
): Record<string, HostTensor> {
  const schedule = scheduleAt(at.step, {
    steps: at.steps,
    peak: spec.rate,
    warmup: spec.warmup,
    floor: 0.02,
  });
  return Object.fromEntries(Object.entries(schedule).map(([key, value]) => [key, scalar(value)]));
}

export const average = 'packed.average';

/** The state before the first step; its parameters are a function of the writer and the random stream alone. */
export function initialState(writer: Writer, device: Device, random: Random): Record<string, HostTensor> {
  const packed = initialise(writerParameters(writer), random.derive('parameters'));
  const shape = [packed.length];
  const f32 = (data: Float32Array): HostTensor => ({ dtype: 'f32', shape, data });
  return {
    packed: f32(packed),
    [average]: f32(packed),
    'packed.m': f32(new Float32Array(packed.length)),
    'packed.v': f32(new Float32Array(packed.length)),
    ...lossState(device),
  };
}

export function scalar(value: number): HostTensor {
  return { dtype: 'f32', shape: [], data: Float32Array.of(value) };
}

/** Bytes that training needs at its largest moment, and its steps; computed from the graphs, nothing is run. */
export function estimateFit(writer: Writer, tasks: readonly Task[]): { bytes: number; steps: number } {
  const buckets = bucketsOf(tasks, writer.spec.batch);
  const graphs = buckets.map(({ shape }) => trainingStep(writer, shape, 'cpu').graph);
  const parameters = countOf(writerParameters(writer));
  const live = 4 * (8 * parameters + POOL_SIZE);
  return {
    bytes: live + Math.max(...graphs.map(peakBytes)) + sessionBytes,
    steps: stepsOf(writer.spec, buckets, graphs.map(matrixFlops)),
  };
}

/** The runtime, and the compiled graphs. */
const sessionBytes = 150e6;

/** Steps of a run: no more passes, and no more matrix work, than are worth it. */
export function stepsOf(spec: GeneratorSpec, buckets: readonly Bucket[], flops: readonly number[]): number {
  const batches = buckets.map(({ shape, tasks }) => Math.ceil(tasks.length / shape.batch));
  const epoch = batches.reduce((a, b) => a + b, 0);
  const mean = batches.reduce((sum, n, i) => sum + n * flops[i]!, 0) / epoch;
  return Math.max(spec.looks, Math.min(spec.steps, mostEpochs * epoch, Math.floor(mostFlops / mean)));
}

/** Median milliseconds of a few real training steps, and the sum of their losses. */
export async function measureStep(
  writer: Writer,
  tasks: readonly Task[],
  device: Device,
  threads: number,
): Promise<StepMeasure> {
  const random = createRandom('measure');
  const bucket = bucketsOf(tasks, writer.spec.batch)[0]!;
  const pool = createMaskPool(writer.spec.dropout, device, random);
  const state = await createState(device, { ...initialState(writer, device, random), ...pool.state });
  const opened: Session[] = [];
  try {
    const [trainer] = await openTrainers(writer, [bucket], pool, device, async (graph) => {
      const session = await createSession(graph, device, { threads });
      opened.push(session);
      return session;
    });
    const times: number[] = [];
    let loss = 0;
    for (let step = 0; step < 5; step++) {
      const started = performance.now();
      await trainer!.step(bucket.tasks.slice(0, bucket.shape.batch), { step, steps: 100, random }, state);
      loss = await lossSum(state);
      times.push(performance.now() - started);
    }
    return { stepMs: times.slice(1).sort((a, b) => a - b)[1]!, loss };
  } finally {
    state.dispose();
    for (const session of opened) await session.dispose();
  }
}
