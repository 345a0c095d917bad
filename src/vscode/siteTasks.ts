import type { TaskState } from '../protocol.ts';
import type { CallSite } from './callSites.ts';

/** Shortest stretch of a prompt that is taken as proof that it stands in a file. */
const MIN_STRETCH = 24;

/**
 * Which task each call site of a file belongs to: the one it names itself; else, for the provider's calls, the one whose
 * prompt text stands in the file nearest before the call. A client has the tasks of its calls.
 */
export function tasksOfSites(
  text: string,
  sites: readonly CallSite[],
  tasks: readonly TaskState[],
): ReadonlyMap<CallSite, readonly TaskState[]> {
  const found = new Map<CallSite, readonly TaskState[]>();
  const places = placesOf(text, tasks);
  for (const site of sites) {
    if (site.task !== null) {
      found.set(
        site,
        tasks.filter((task) => task.name === site.task || task.id === site.task),
      );
    }
  }
  assignPlaces(sites, places, found);
  continueBlocks(text, sites, found);
  for (const client of sites.filter((site) => site.kind === 'client' && !found.has(site))) {
    const mine = sites.filter((site) => site.kind === 'call' && site.provider === client.provider);
    found.set(client, [...new Set(mine.flatMap((site) => found.get(site) ?? []))]);
  }
  return found;
}

interface Place {
  readonly task: TaskState;
  /** Where its prompt stands in the file, in order; a name given to it in code counts where the name is used. */
  readonly offsets: readonly number[];
}

function placesOf(text: string, tasks: readonly TaskState[]): Place[] {
  return tasks.flatMap((task) => {
    const at = promptOffset(text, task.prompt);
    return at === null ? [] : [{ task, offsets: [at, ...usesOfConstant(text, at)] }];
  });
}

/** Each task goes to the call behind the last use of its prompt. */
function assignPlaces(
  sites: readonly CallSite[],
  places: readonly Place[],
  found: Map<CallSite, readonly TaskState[]>,
): void {
  const calls = sites.filter((site) => site.kind === 'call' && site.task === null);
  for (const { task, offsets } of places) {
    const fits = calls.filter((call) => task.wires.length === 0 || task.wires.includes(call.provider));
    const chosen = nearest(fits, offsets);
    if (chosen !== undefined) found.set(chosen, [...(found.get(chosen) ?? []), task]);
  }
}

/** A second call in the same top-level block (a streaming variant, a retry) is of the same task as the one before it. */
function continueBlocks(
  text: string,
  sites: readonly CallSite[],
  found: Map<CallSite, readonly TaskState[]>,
): void {
  let before: CallSite | null = null;
  for (const site of sites.filter((candidate) => candidate.kind === 'call')) {
    const tasks = before === null ? undefined : found.get(before);
    if (before !== null && tasks !== undefined && !found.has(site) && before.provider === site.provider) {
      if (!/\n[^\s})\]]/.test(text.slice(before.arguments.end, site.start))) found.set(site, tasks);
    }
    before = site;
  }
}

/** The call whose arguments hold a use of the prompt; else the first call behind one; else the closest. */
function nearest(calls: readonly CallSite[], offsets: readonly number[]): CallSite | undefined {
  const holds = calls.find((call) => offsets.some((at) => at >= call.start && at <= call.arguments.end));
  if (holds !== undefined) return holds;
  const last = Math.max(...offsets);
  return calls.find((call) => call.start > last) ?? calls.at(-1);
}

/** Where the longest line of a prompt stands in a file; null where no line of some length does. */
function promptOffset(text: string, prompt: string): number | null {
  const lines = prompt
    .split('\n')
    .map((line) => line.replace(/^(system|developer|user|assistant|tool): /, ''))
    .flatMap((line) => line.split(/\{[\w.-]+\}/))
    .map((line) => line.trim())
    .filter((line) => line.length >= MIN_STRETCH)
    .sort((a, b) => b.length - a.length)
    .slice(0, 8);
  for (const line of lines) {
    const at = text.indexOf(line.slice(0, 200));
    if (at >= 0) return at;
  }
  return null;
}

/** `const PROMPT = "..."` around an offset: where PROMPT is used further down. */
function usesOfConstant(text: string, at: number): number[] {
  const before = text.slice(Math.max(0, at - 2000), at);
  const name = [
    ...before.matchAll(
      /(?:^|\n)\s*(?:export\s+)?(?:const|let|var)?\s*([A-Za-z_]\w*)\s*(?::[^=\n]+)?=\s*(?=[^\n]*['"`(])/g,
    ),
  ].at(-1)?.[1];
  if (name === undefined) return [];
  const uses = [...text.slice(at).matchAll(new RegExp(`\\b${name}\\b`, 'g'))];
  return uses.map((use) => at + use.index);
}
