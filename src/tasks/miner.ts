import type { Call } from '../traces/trace.ts';
import { createDigester, type Digest } from './digest.ts';
import { type Discovery, discover } from './discover.ts';
import { noEdits } from './edits.ts';
import { createMatcher } from './matcher.ts';
import type { Assignment, Task, TaskEdits, TaskMatch } from './task.ts';

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

/** A miner without calls. */
export function createMiner(options: MinerOptions = {}): TaskMiner {
  const edits = options.edits ?? noEdits;
  const digest = createDigester();
  const digests: Digest[] = [];
  let match: (request: Call['request']) => TaskMatch | null = createMatcher(options.known ?? []);
  /** Calls that no known version matches, by what they open with. */
  let pending = new Map<string, Digest[]>();

  const learn = (news: readonly Digest[]): void => {
    const found = discover([...news].sort(byTime), edits).tasks;
    if (found.length === 0) return;
    const [before, after] = [match, createMatcher(found)];
    match = (request) => before(request) ?? after(request);
  };

  return {
    add(call) {
      const entry = digest(call);
      digests.push(entry);
      const found = match(call.request);
      if (found !== null)
        return { callId: call.trace.id, ...found, kind: call.response === null ? 'error' : 'normal' };
      const key = openingOf(entry);
      const group = pending.get(key) ?? [];
      pending.set(key, group);
      group.push(entry);
      if (isNews(group.length)) learn(group);
      if (pending.size > 10_000) pending = new Map([...pending].slice(-5_000));
      return { callId: call.trace.id, taskId: null, version: 0, kind: 'ad-hoc', slots: {} };
    },
    discover() {
      const found = discover([...digests].sort(byTime), edits);
      match = createMatcher(found.tasks);
      pending = new Map();
      return found;
    },
  };
}

/**
 * Takes a log apart into tasks.
 * @param calls in any order.
 */
export function discoverTasks(calls: readonly Call[], edits: TaskEdits = noEdits): Discovery {
  return discover(calls.map(createDigester()).sort(byTime), edits);
}

/** Eight, and then every doubling: a group that yields nothing is not looked at for every further call. */
function isNews(size: number): boolean {
  return size >= NEWS && (size & (size - 1)) === 0;
}

function openingOf({ maskedSystem, firstUser }: Digest): string {
  return maskedSystem !== '' ? maskedSystem : firstUser.slice(0, 24);
}

function byTime(a: Digest, b: Digest): number {
  return a.call.trace.startMs - b.call.trace.startMs;
}
