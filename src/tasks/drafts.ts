import { shortHash } from '../base/hash.ts';
import type { Digest } from './digest.ts';
import { mergedId } from './edits.ts';
import { applyTemplate, type Family, induceTemplate, push, spread } from './family.ts';
import { groupCalls } from './group.ts';
import { firstMs, identityText, linkFamilies } from './link.ts';
import { createMatcher } from './matcher.ts';
import { slug, taskName, userGist } from './names.ts';
import { renameSlots } from './slotNames.ts';
import { assignStrays } from './strays.ts';
import type { Task, TaskEdits } from './task.ts';
import { buildVersions } from './versions.ts';

/** Calls of one task before its versions are numbered. */
export interface Draft {
  readonly id: string;
  readonly name: string;
  readonly families: readonly Family[];
  /** Calls that belong to the task but match none of its templates. */
  readonly strays: readonly Digest[];
}

/** Which calls make which task, with the user's pins and edits applied; what belongs to none is left over. */
export function draftTasks(
  digests: readonly Digest[],
  edits: TaskEdits,
  known: readonly Task[],
): { drafts: readonly Draft[]; homeless: readonly Digest[] } {
  const pinned = new Map<string, Digest[]>();
  const free: Digest[] = [];
  for (const digest of digests) {
    const pin = digest.call.trace.pinnedTask?.trim() ?? '';
    if (pin === '') free.push(digest);
    else push(pinned, pin, digest);
  }
  const drafts = [...pinned].map(([pin, group]) => pinnedDraft(pin, group));
  const { families, rest } = groupCalls(free);
  const linked = linkFamilies(families).flatMap((group) => splitOff(group, edits, known));
  const { strays, homeless } = assignStrays(linked, rest);
  linked.forEach((group, i) => {
    drafts.push({ id: taskId(group), name: taskName(group[0]!), families: group, strays: strays[i]! });
  });
  return { drafts: keepIds(mergeDrafts(uniqueIds(drafts), edits), known), homeless };
}

function taskId(families: readonly Family[]): string {
  const first = families[0]!;
  return `${slug(taskName(first))}-${shortHash(identityText(first)).slice(0, 6)}`;
}

/** A pinned call is the user's word: its task exists from the first call on, whatever the prompts look like. */
function pinnedDraft(pin: string, digests: readonly Digest[]): Draft {
  const { families, rest } = groupCalls(digests);
  if (families.length > 0) return { id: slug(pin), name: pin, families: byFirst(families), strays: rest };
  const template = induceTemplate(digests);
  const { matched, slots, rest: others } = applyTemplate(template, digests);
  const [members, values] = matched.length > 0 ? [matched, slots] : [digests, digests.map(() => ({}))];
  const tools = members.at(-1)!.tools;
  const varying = members.some((digest) => digest.tools !== tools);
  const family = { ...template, tools, varying, digests: members, slots: values };
  return { id: slug(pin), name: pin, families: [family], strays: matched.length > 0 ? others : [] };
}

function byFirst(families: readonly Family[]): readonly Family[] {
  return [...families].sort((a, b) => firstMs(a) - firstMs(b));
}

/** Versions that the user split off become tasks of their own, and stay so whatever their templates become. */
function splitOff(
  group: readonly Family[],
  edits: TaskEdits,
  known: readonly Task[],
): readonly (readonly Family[])[] {
  if (edits.splits.length === 0 || group.length < 2) return [group];
  const wanted = new Set(edits.splits);
  const apart = new Set(edits.splitTasks);
  const match = createMatcher(known);
  const isApart = ({ digests }: Family): boolean => {
    const owners = spread(digests, 100).flatMap(({ call }) => match(call.request)?.taskId ?? []);
    return owners.filter((id) => apart.has(id)).length > owners.length / 2;
  };
  const hashes = buildVersions(group.map(named), { kind: 'text', reason: '' });
  const split = group.filter(
    (family) =>
      hashes.some(
        (held) => held.family.digests === family.digests && wanted.has(held.version.template.hash),
      ) || isApart(family),
  );
  const kept = group.filter((family) => !split.includes(family));
  return [...(kept.length > 0 ? [kept] : []), ...split.map((family) => [family])];
}

function mergeDrafts(drafts: readonly Draft[], edits: TaskEdits): readonly Draft[] {
  const merged = new Map<string, Draft>();
  // The task that others were merged into goes first, so that its name stays.
  const ordered = [...drafts].sort(
    (a, b) => Number(mergedId(a.id, edits) !== a.id) - Number(mergedId(b.id, edits) !== b.id),
  );
  for (const draft of ordered) {
    const id = mergedId(draft.id, edits);
    const other = merged.get(id);
    merged.set(
      id,
      other === undefined
        ? { ...draft, id }
        : {
            ...other,
            families: byFirst([...other.families, ...draft.families]),
            strays: [...other.strays, ...draft.strays],
          },
    );
  }
  return [...merged.values()];
}

function uniqueIds(drafts: readonly Draft[]): readonly Draft[] {
  const ids = new Set<string>();
  const names = new Set<string>();
  const ordered = [...drafts].sort((a, b) => firstMs(a.families[0]!) - firstMs(b.families[0]!));
  return ordered.map((draft) => {
    const id = unused(draft.id, ids, '-');
    const detail = userGist(draft.families[0]!);
    const name = unused(
      names.has(draft.name) && detail !== '' ? `${draft.name}: ${detail}` : draft.name,
      names,
      ' ',
    );
    return { ...draft, id, name };
  });
}

/** A task whose calls a known one recognises keeps that one's id, whatever its oldest call in this log is. */
function keepIds(drafts: readonly Draft[], known: readonly Task[]): readonly Draft[] {
  if (known.length === 0) return drafts;
  const match = createMatcher(known);
  const taken = new Set(drafts.map((draft) => draft.id));
  return drafts.map((draft) => {
    const votes = new Map<string, number>();
    const sample = draft.families.flatMap((family) => spread(family.digests, 50));
    for (const { call } of sample) {
      const id = match(call.request)?.taskId;
      if (id !== undefined) votes.set(id, (votes.get(id) ?? 0) + 1);
    }
    const [id] = [...votes].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0] as const);
    if (id === '' || votes.has(draft.id) || taken.has(id)) return draft;
    taken.add(id);
    return { ...draft, id };
  });
}

function unused(wanted: string, taken: Set<string>, separator: string): string {
  let name = wanted;
  for (let k = 2; taken.has(name); k++) name = `${wanted}${separator}${k}`;
  taken.add(name);
  return name;
}

/** The family with the final names of its slots. */
export function named(family: Family): Family {
  const { messages, names } = renameSlots(family, spread(family.slots, 200));
  const slots = family.slots.map((values) => {
    const renamed: Record<string, string> = {};
    for (const old in values) renamed[names.get(old) ?? old] = values[old]!;
    return renamed;
  });
  return { ...family, messages, slots };
}
