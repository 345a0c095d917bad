import type { Call } from '../traces/trace.ts';
import { createDigester, type Digest } from './digest.ts';
import { type Discovery, discover } from './discover.ts';
import { noEdits } from './edits.ts';
import { grow } from './grow.ts';
import { createMatcher } from './matcher.ts';
import type { Assignment, Task, TaskEdits } from './task.ts';

export type { Discovery } from './discover.ts';
export { noEdits } from './edits.ts';

export interface MinerOptions {
  readonly edits?: TaskEdits;
  /** Tasks known from an earlier analysis: calls are recognised as theirs from the first one on. */
  readonly known?: readonly Task[];
}

/** Assigns calls as they come in and takes the whole log apart when asked. */
export interface TaskMiner {
  /** Adds a call. Its assignment is provisional: the next `discover` may know better. */
  add(call: Call): Assignment;
  /** Analyses everything added so far. */
  discover(): Discovery;
}

/** Unrecognised calls with the same opening that make it worth looking for a new template. */
const NEWS = 8;
/** Latest calls kept of every task, to see whether something new is an edit of it. */
const RECENT = 30;

/** A miner without calls. */
export function createMiner(options: MinerOptions = {}): TaskMiner {
  const edits = options.edits ?? noEdits;
  const digest = createDigester();
  const digests: Digest[] = [];
  let known = options.known ?? [];
  let match = createMatcher(known);
  const recent = new Map<string, Digest[]>();
  /** Calls that no known version matches, by what they open with. */
  let pending = new Map<string, Digest[]>();

  const learn = (news: readonly Digest[]): void => {
    // Most unrecognised calls are typed by hand: look at them alone before looking at them beside everything else.
    if (discover([...news].sort(byTime), edits).tasks.length === 0) return;
    const sample = [...[...recent.values()].flat(), ...news].sort(byTime);
    const found = discover(sample, edits, known);
    known = grow(known, found, (call) => match(call.request));
    match = createMatcher(known);
  };

  return {
    add(call) {
      const entry = digest(call);
      digests.push(entry);
      const found = match(call.request);
      if (found !== null) {
        const latest = recent.get(found.taskId) ?? [];
        recent.set(found.taskId, latest);
        if (latest.push(entry) > RECENT) latest.shift();
        return { callId: call.trace.id, ...found, kind: call.response === null ? 'error' : 'normal' };
      }
      const key = openingOf(entry);
      const group = pending.get(key) ?? [];
      pending.set(key, group);
      group.push(entry);
      if (isNews(group.length)) learn(group.slice(-256));
      if (pending.size > 10_000) pending = new Map([...pending].slice(-5_000));
      return { callId: call.trace.id, taskId: null, version: 0, kind: 'ad-hoc', slots: {} };
    },
    discover() {
      const found = discover([...digests].sort(byTime), edits, known);
      known = found.tasks;
      match = createMatcher(known);
      pending = new Map();
      return found;
    },
  };
}

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

/** Eight, and then every doubling: a group that yields nothing is not looked at for every further call. */
function isNews(size: number): boolean {
  return size >= NEWS && (size & (size - 1)) === 0;
}

function openingOf({ systemKey, firstUser }: Digest): string {
  return systemKey !== '' ? systemKey : firstUser.slice(0, 24);
}

function byTime(a: Digest, b: Digest): number {
  return a.call.trace.startMs - b.call.trace.startMs;
}
