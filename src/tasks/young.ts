import { createDigester, type Digest, formatKey } from './digest.ts';
import { SMALLEST_FAMILY } from './family.ts';
import { isGenericSystem } from './instructions.ts';
import type { AssignedCall, YoungTask } from './task.ts';
import { mask } from './tokens.ts';

/** Shown at most; the rest are as young. */
const MOST = 20;
/** Characters of a prompt shown, and those that two prompts without instructions must share. */
const SHOWN = 80;
const SHARED = 40;

/** Among calls of no task, those that come from one prompt, the most frequent first: too young rather than lost. */
export function youngTasks(unassigned: readonly AssignedCall[]): YoungTask[] {
  const digest = createDigester();
  const groups = new Map<string, Digest[]>();
  for (const { call, assignment } of unassigned) {
    if (assignment.kind === 'probe') continue;
    const entry = digest(call);
    const key = promptOf(entry);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()]
    .filter((group) => group.length < SMALLEST_FAMILY && isWrittenByProgram(group))
    .sort((a, b) => b.length - a.length)
    .slice(0, MOST)
    .map((group) => ({
      opening: openingOf(group[0]!),
      calls: group.length,
      needed: SMALLEST_FAMILY,
      firstMs: Math.min(...group.map(({ call }) => call.trace.startMs)),
      lastMs: Math.max(...group.map(({ call }) => call.trace.startMs)),
    }));
}

/** The same sentence typed again is no prompt: something has to differ from call to call. */
function isWrittenByProgram(group: readonly Digest[]): boolean {
  return new Set(group.map(({ lastUser }) => mask(lastUser.slice(0, 2000)))).size >= 2;
}

/** What calls of one prompt have in common before its slots are known; null for what somebody typed. */
function promptOf(entry: Digest): string | null {
  if (!isGenericSystem(entry.system)) return `system ${entry.systemKey}`;
  if (entry.tools.tools.length > 0) return `tools ${entry.tools.hash}`;
  if (entry.format.kind === 'schema') return `format ${formatKey(entry.format)}`;
  const opening = mask(entry.firstUser.slice(0, 4 * SHARED)).slice(0, SHARED);
  return opening.length < SHARED ? null : `user ${opening}`;
}

function openingOf(entry: Digest): string {
  const text = isGenericSystem(entry.system) ? entry.firstUser : entry.system;
  const tools = entry.tools.tools.map((tool) => tool.name).join(', ');
  const shown = text.replace(/\s+/gu, ' ').trim() || (tools === '' ? 'no text' : `tools ${tools}`);
  return shown.length <= SHOWN ? shown : `${[...shown].slice(0, SHOWN - 1).join('')}…`;
}
