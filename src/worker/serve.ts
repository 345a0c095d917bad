import { probeDevices } from '../onnx/devices.ts';
import type { WorkerRequests } from './protocol.ts';
import { createShelf } from './shelf.ts';

/** The serve role. */

type Params<K extends keyof WorkerRequests> = WorkerRequests[K][0];
type Answered<K extends keyof WorkerRequests> = Promise<WorkerRequests[K][1]>;

const idleMs = 60_000;
const shelf = createShelf({ room: 32e6, idleMs, ceiling: 80e6, restMs: 2000 });
setInterval(() => void shelf.tidy(), idleMs / 2).unref();

export async function load({ taskId, bundle }: Params<'load'>): Answered<'load'> {
  return { card: await shelf.put(taskId, bundle) };
}

export async function unload({ taskId }: Params<'unload'>): Answered<'unload'> {
  await shelf.take(taskId);
  return null;
}

/** Calls that came together and wait for one student, by task. */
const waiting = new Map<string, Asked[]>();

interface Asked extends Params<'predict'> {
  readonly resolve: (answered: Awaited<Answered<'predict'>>) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls that came in one message are predicted in one go: networks take little longer for several inputs than for one. */
export function predict(params: Params<'predict'>): Answered<'predict'> {
  return new Promise((resolve, reject) => {
    const asked = { ...params, resolve, reject };
    const others = waiting.get(params.taskId);
    if (others !== undefined) {
      others.push(asked);
      return;
    }
    waiting.set(params.taskId, [asked]);
    queueMicrotask(() => {
      const all = waiting.get(params.taskId) ?? [];
      waiting.delete(params.taskId);
      void answer(params.taskId, all);
    });
  });
}

async function answer(taskId: string, asked: readonly Asked[]): Promise<void> {
  try {
    const inputs = asked.flatMap((one) => one.inputs);
    const predictions = await shelf.use(taskId, (student) => student.predict(inputs));
    let at = 0;
    for (const { inputs: own, resolve } of asked)
      resolve({ predictions: predictions.slice(at, (at += own.length)) });
  } catch (error) {
    // One input that a student fails on must not fail the calls beside it.
    if (asked.length === 1) asked[0]!.reject(error);
    else await Promise.all(asked.map((one) => answer(taskId, [one])));
  }
}

export async function devices(): Answered<'devices'> {
  return { devices: await probeDevices() };
}
