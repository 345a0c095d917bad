import { AppError } from '../base/error.ts';
import { probeDevices } from '../onnx/devices.ts';
import { loadStudent } from '../student/bundle.ts';
import type { Student } from '../student/student.ts';
import type { WorkerRequests } from './protocol.ts';

/** The serve role: students in memory, by task. */

type Params<K extends keyof WorkerRequests> = WorkerRequests[K][0];
type Answered<K extends keyof WorkerRequests> = Promise<WorkerRequests[K][1]>;

const students = new Map<string, Student>();

export async function load({ taskId, bundle }: Params<'load'>): Answered<'load'> {
  const loaded = await loadStudent(bundle);
  if (!loaded.ok)
    throw new AppError('bundle-damaged', loaded.error.message, { next: 'Train the task again.' });
  const before = students.get(taskId);
  students.set(taskId, loaded.value);
  await before?.dispose();
  return { card: loaded.value.card };
}

export async function unload({ taskId }: Params<'unload'>): Answered<'unload'> {
  const student = students.get(taskId);
  students.delete(taskId);
  await student?.dispose();
  return null;
}

export async function predict({ taskId, inputs }: Params<'predict'>): Answered<'predict'> {
  const student = students.get(taskId);
  if (student === undefined) throw new AppError('not-found', `No student is loaded for ${taskId}.`);
  return { predictions: await student.predict(inputs) };
}

export async function devices(): Answered<'devices'> {
  return { devices: await probeDevices() };
}
