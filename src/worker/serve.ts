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

export async function predict({ taskId, inputs }: Params<'predict'>): Answered<'predict'> {
  return { predictions: await shelf.use(taskId, (student) => student.predict(inputs)) };
}

export async function devices(): Answered<'devices'> {
  return { devices: await probeDevices() };
}
