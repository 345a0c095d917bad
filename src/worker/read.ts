import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isArray, parseJson } from '../base/json.ts';
import { type Discovery, discoverTasks } from '../tasks/miner.ts';
import type { Task, TaskEdits } from '../tasks/task.ts';
import { toCall } from '../traces/call.ts';
import { readTraces } from '../traces/reader.ts';
import type { Call } from '../traces/trace.ts';

/**
 * Every call of a workspace's journal that a codec can read, in the order of their start. Those of one moment are in the
 * order of their ids: which of them was written down first is chance, and would make it another training.
 */
export async function readCalls(
  storage: string,
  signal: AbortSignal,
  onCount: (n: number) => void,
): Promise<Call[]> {
  const calls: Call[] = [];
  let seen = 0;
  for await (const trace of readTraces(path.join(storage, 'journal'), {})) {
    const call = toCall(trace);
    // The bodies have been read into the call: held twice, they were most of the memory of a job.
    if (call !== null) calls.push({ ...call, trace: { ...call.trace, request: null, response: null } });
    if (++seen % 1000 === 0) {
      signal.throwIfAborted();
      onCount(seen);
    }
  }
  return calls.sort((a, b) => a.trace.startMs - b.trace.startMs || byCodeUnits(a.trace.id, b.trace.id));
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Tasks of the calls; ones found before keep their ids even where their oldest calls are gone from the journal. */
export function discover(storage: string, calls: readonly Call[], edits: TaskEdits): Discovery {
  const file = path.join(storage, 'tasks.json');
  const known = existsSync(file) ? parseJson(readFileSync(file, 'utf8')) : undefined;
  return discoverTasks(calls, edits, isArray(known) ? (known as unknown as readonly Task[]) : []);
}
