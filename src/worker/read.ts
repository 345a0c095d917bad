import path from 'node:path';
import { type Discovery, discoverTasks } from '../tasks/miner.ts';
import type { TaskEdits } from '../tasks/task.ts';
import { toCall } from '../traces/call.ts';
import { readTraces } from '../traces/reader.ts';
import type { Call } from '../traces/trace.ts';

/** Every call of a workspace's journal that a codec can read, in the order of their start. */
export async function readCalls(
  storage: string,
  signal: AbortSignal,
  onCount: (n: number) => void,
): Promise<Call[]> {
  const calls: Call[] = [];
  let seen = 0;
  for await (const trace of readTraces(path.join(storage, 'journal'), {})) {
    const call = toCall(trace);
    if (call !== null) calls.push(call);
    if (++seen % 1000 === 0) {
      signal.throwIfAborted();
      onCount(seen);
    }
  }
  return calls.sort((a, b) => a.trace.startMs - b.trace.startMs);
}

export function discover(calls: readonly Call[], edits: TaskEdits): Discovery {
  return discoverTasks(calls, edits);
}
