import type { Call } from '../traces/trace.ts';
import type { Discovery } from './discover.ts';
import type { Task, TaskMatch, TaskVersion } from './task.ts';

/**
 * Known tasks, grown by what the analysis of a sample of their latest calls and of unrecognised ones found: new tasks,
 * new versions, and templates that turned out to be too narrow (a date that had been the same all day).
 * @param match recognises the calls that were known before.
 */
export function grow(
  known: readonly Task[],
  found: Discovery,
  match: (call: Call) => TaskMatch | null,
): readonly Task[] {
  const origins = originsOf(found, match);
  const grown = new Map(known.map((task) => [task.id, task]));
  for (const task of found.tasks) {
    const before = grown.get(task.id);
    if (before === undefined) {
      grown.set(task.id, task);
      continue;
    }
    let versions = [...before.versions];
    for (const version of task.versions) {
      const origin = origins.get(`${task.id} ${version.version}`);
      if (origin === undefined || !origin.news) continue;
      if (origin.old === null) versions.push({ ...version, version: versions.at(-1)!.version + 1 });
      else versions = versions.map((old) => (old.version === origin.old ? widened(old, version) : old));
    }
    grown.set(task.id, { ...before, versions });
  }
  return [...grown.values()];
}

/** For each found version: which known one its calls had, if any, and whether it has calls that had none. */
function originsOf(
  found: Discovery,
  match: (call: Call) => TaskMatch | null,
): ReadonlyMap<string, { old: number | null; news: boolean }> {
  const origins = new Map<string, { old: number | null; news: boolean }>();
  for (const { call, assignment } of found.assigned) {
    const key = `${assignment.taskId} ${assignment.version}`;
    const origin = origins.get(key) ?? { old: null, news: false };
    origins.set(key, origin);
    const before = match(call);
    if (before === null) origin.news = true;
    else if (before.taskId === assignment.taskId) origin.old = before.version;
  }
  return origins;
}

function widened(old: TaskVersion, wider: TaskVersion): TaskVersion {
  return {
    ...wider,
    version: old.version,
    models: [...new Set([...old.models, ...wider.models])],
    change: old.change,
  };
}
