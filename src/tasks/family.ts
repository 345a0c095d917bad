import { alignTexts } from './align.ts';
import type { Digest, ToolList } from './digest.ts';
import type { Segment, TemplateMessage } from './task.ts';
import { compileTemplate, HISTORY_SLOT, lastUser, MAIN_SLOT, turnText } from './template.ts';

/** Calls with one template, one kind of tools and one output format: a version of a task, before versions are linked. */
export interface Family {
  readonly messages: readonly TemplateMessage[];
  readonly turns: 'fixed' | 'open';
  readonly tools: ToolList;
  readonly varying: boolean;
  readonly digests: readonly Digest[];
  /** Slot values of each digest, in the same order. */
  readonly slots: readonly Readonly<Record<string, string>>[];
}

/** Fewer calls than this are no template yet: well below the 20 calls within which an edit must show. */
export const SMALLEST_FAMILY = 8;

export type FamilyTemplate = Pick<Family, 'messages' | 'turns'>;

/** Induces the template of calls that are believed to share one. */
export function induceTemplate(digests: readonly Digest[]): FamilyTemplate {
  const patterns = new Map<string, number>();
  for (const { roles } of digests) patterns.set(roles, (patterns.get(roles) ?? 0) + 1);
  const [roles, count] = [...patterns].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0] as const);
  if (count >= 0.98 * digests.length)
    return fixedTemplate(digests.filter((digest) => digest.roles === roles));
  return openTemplate(digests);
}

function fixedTemplate(digests: readonly Digest[]): FamilyTemplate {
  const sample = spread(digests, 200);
  const first = sample[0]!.call.request.messages;
  const messages = first.map((message, i) => ({
    role: message.role,
    segments: alignTexts(sample.map((digest) => turnText(digest.call.request.messages[i]!))),
  }));
  return { messages: uniqueSlots(messages, lastUser(first)), turns: 'fixed' };
}

function openTemplate(digests: readonly Digest[]): FamilyTemplate {
  const sample = spread(digests, 200);
  const all = sample.map((digest) => digest.call.request.messages);
  const fewest = Math.min(...all.map((messages) => lastUser(messages)));
  const head: TemplateMessage[] = [];
  for (let i = 0; i < fewest; i++) {
    const role = all[0]![i]!.role;
    if (all.some((messages) => messages[i]!.role !== role)) break;
    const segments = alignTexts(all.map((messages) => turnText(messages[i]!)));
    // Beyond the instructions only turns that never change (few-shot examples) are part of the template.
    if (role !== 'system' && segments.some((segment) => segment.kind === 'slot')) break;
    head.push({ role, segments });
  }
  const last = {
    role: 'user' as const,
    segments: alignTexts(sample.map((digest) => digest.lastUser)),
  };
  return { messages: uniqueSlots([...head, last], head.length), turns: 'open' };
}

/** Gives every slot of a template a name of its own; only the last user message keeps the main slot. */
function uniqueSlots(messages: readonly TemplateMessage[], mainAt: number): readonly TemplateMessage[] {
  const hasMain = messages[mainAt]?.segments.some((segment) => segment.kind === 'slot') === true;
  const widest = messages.findIndex((message) => message.segments.some((segment) => segment.kind === 'slot'));
  const main = hasMain ? mainAt : widest;
  return messages.map((message, i) => ({
    role: message.role,
    segments: message.segments.map((segment): Segment => {
      if (segment.kind === 'text') return segment;
      if (segment.name === MAIN_SLOT) return { kind: 'slot', name: i === main ? MAIN_SLOT : `${i}-main` };
      return { kind: 'slot', name: `${i}-${segment.name}` };
    }),
  }));
}

/** Splits digests into those that match a template, with their slots, and the rest. */
export function applyTemplate(
  template: FamilyTemplate,
  digests: readonly Digest[],
): { matched: Digest[]; slots: Record<string, string>[]; rest: Digest[] } {
  const match = compileTemplate(template);
  const matched: Digest[] = [];
  const slots: Record<string, string>[] = [];
  const rest: Digest[] = [];
  for (const digest of digests) {
    const values: Record<string, string> = {};
    if (match(digest.call.request, values)) {
      matched.push(digest);
      slots.push(values);
    } else rest.push(digest);
  }
  return { matched, slots, rest };
}

/** Names of a template's slots in reading order. */
export function slotNames(template: FamilyTemplate): readonly string[] {
  const names = template.messages.flatMap((message) =>
    message.segments.flatMap((segment) => (segment.kind === 'slot' ? [segment.name] : [])),
  );
  return template.turns === 'open' ? [HISTORY_SLOT, ...names] : names;
}

/** At most `count` items spread evenly over the list. */
export function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  const step = items.length / count;
  return Array.from({ length: count }, (_, i) => items[Math.floor(i * step)]!);
}

/** In order of time. */
export function byTime(digests: readonly Digest[]): readonly Digest[] {
  return [...digests].sort((a, b) => a.call.trace.startMs - b.call.trace.startMs);
}

/** Adds a value to the list of a key. */
export function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
