import { createRandom, type Random } from '../../base/random.ts';
import type { Device } from '../../onnx/runtime.ts';
import { createSession, type Session } from '../../onnx/session.ts';
import { createState, type State } from '../../onnx/state.ts';
import type { Graph } from '../../tensor/graph.ts';
import type { CheckpointStore } from '../checkpoint.ts';
import { createMaskPool } from '../deep/masks.ts';
import { lossSum } from '../deep/trainer.ts';
import type { Task } from './batch.ts';
import type { Writer } from './network.ts';
import { judge, type Position, resume, save } from './position.ts';
import { averagingStep, readingGraph, writingGraph } from './program.ts';
import { bucketsOf, initialState, openTrainers, scalar, stepsOf, type Trainer } from './trainer.ts';
import { lookAt, type Told } from './write.ts';

export interface FitOptions {
  readonly device: Device;
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly checkpoint: { readonly store: CheckpointStore; readonly everyMs: number } | null;
  /** Never gives up before the last step. */
  readonly patient?: boolean;
  /** `ended`: why it was stopped early, in words. */
  readonly onLook: (
    look: Look & { readonly fraction: number; readonly step: number; readonly ended?: string },
  ) => void;
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

/** Below this share of exact values nothing more is hoped for, where the loss falls slowly or most of the steps are done. */
const leastExact = 0.02;
const pilotShare = { first: 0.2, last: 0.6 } as const;
/** A loss that falls below this share of the best one before is still worth waiting for. */
const stillFalling = 0.8;
/** Where two looks in a row see at least this share exact, more steps are not worth their time. */
const saturated = 0.995;
/** Looks without a better one before training stops. */
const patience = 3;

/** Trains a generator. A function of tasks, spec and seed; going on from a checkpoint gives what one run would have given. */
export async function fitGenerator(
  writer: Writer,
  tasks: readonly Task[],
  told: readonly Told[],
  options: FitOptions,
): Promise<Fitted> {
  const random = createRandom(`${writer.spec.seed}/generator`);
  const { device } = options;
  const pool = createMaskPool(writer.spec.dropout, device, random);
  const state = await createState(device, { ...initialState(writer, device, random), ...pool.state });
  const opened: Session[] = [];
  try {
    const open = async (graph: Graph): Promise<Session> => {
      const session = await createSession(graph, device, { threads: options.threads });
      opened.push(session);
      return session;
    };
    const trainers = await openTrainers(writer, bucketsOf(tasks, writer.spec.batch), pool, device, open);
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

async function run(running: Running): Promise<Fitted> {
  const { writer, trainers, averaging, state, random, steps, options } = running;
  const { averageEvery, averageDecay, looks } = writer.spec;
  const store = options.checkpoint?.store ?? null;
  const position = await resume(state, store);
  const [started, first] = [performance.now(), position.step];
  let savedMs = started;
  const every = Math.max(1, Math.floor(steps / looks));
  for (const { trainer, members } of batches(trainers, steps, random).slice(position.step)) {
    if (position.done) break;
    options.signal.throwIfAborted();
    const { step } = position;
    await trainer.step(members, { step, steps, random: random.derive(`step ${step}`) }, state);
    position.step++;
    if (position.step % averageEvery === 0 || position.step === steps) {
      const count = Math.ceil(position.step / averageEvery);
      await averaging.run({ decay: scalar(Math.min(averageDecay, count / (9 + count))) }, state);
    }
    if (position.step % every === 0 || position.step === steps) await lookOn(running, position);
    if (store !== null && performance.now() - savedMs > options.checkpoint!.everyMs) {
      await save(state, position, store);
      savedMs = performance.now();
    }
  }
  position.done = true;
  // Networks may be trained after it: a run that is killed then need not learn to write again.
  if (store !== null) await save(state, position, store);
  const stepMs = (performance.now() - started) / Math.max(1, position.step - first);
  return { packed: position.kept, exact: position.best, steps: position.step, stepMs };
}

/** Looks at how the held-out values are written, and ends a training that has nothing more to gain. */
async function lookOn({ state, steps, options, look }: Running, position: Position): Promise<void> {
  const seen = await look();
  const total = await lossSum(state);
  const { step, best, bestLoss } = position;
  const loss = (total - position.loss) / (step - position.looked);
  Object.assign(position, { loss: total, looked: step });
  await judge(position, seen, state);
  const found = { ...seen, before: { best, bestLoss }, done: step / steps };
  const why = options.patient === true ? null : whyEnd(position, found);
  position.done = why !== null;
  if (why === hopeless) position.kept = null;
  options.onLook({
    fraction: step / steps,
    step,
    loss,
    validation: seen.loss,
    exact: seen.exact,
    ...(why === null || step === steps ? {} : { ended: `stopped after ${step} of ${steps} steps: ${why}` }),
  });
}

const hopeless = 'hardly any text kept aside is written exactly';

/** What a look has found, beside what the best looks before it had. */
interface Found {
  readonly exact: number;
  readonly loss: number;
  readonly before: Pick<Position, 'best' | 'bestLoss'>;
  /** Share of the steps made. */
  readonly done: number;
}

/** Why nothing more is to be gained, in words; null where there may be. */
function whyEnd({ best, worse }: Position, { exact, loss, before, done }: Found): string | null {
  const stuck =
    done >= pilotShare.last || (done >= pilotShare.first && loss > stillFalling * before.bestLoss);
  if (stuck && best < leastExact) return hopeless;
  if (worse >= patience) return 'it became no better for a while, and the best state is kept';
  return Math.min(before.best, exact) >= saturated
    ? 'next to every text kept aside is written exactly'
    : null;
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
