import type { Call } from '../traces/trace.ts';
import { createDigester, type Digest } from './digest.ts';
import { type Discovery, discover } from './discover.ts';
import { noEdits } from './edits.ts';
import type { Task, TaskEdits } from './task.ts';

export type { Discovery } from './discover.ts';
export { noEdits } from './edits.ts';

/**
 * Takes a log apart into tasks.
 * @param calls in any order.
 * @param known tasks of an earlier analysis, whose ids are kept even where their first calls are gone from the log.
 */
export function discoverTasks(
  calls: readonly Call[],
  edits: TaskEdits = noEdits,
  known: readonly Task[] = [],
): Discovery {
  return discover(calls.map(createDigester()).sort(byTime), edits, known);
}

function byTime(a: Digest, b: Digest): number {
  return a.call.trace.startMs - b.call.trace.startMs;
}
