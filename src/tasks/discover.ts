import { shortHash } from '../base/hash.ts';
import type { Call } from '../traces/trace.ts';
import type { Digest } from './digest.ts';
import { mergedId } from './edits.ts';
import { teacherModel } from './eras.ts';
import { applyTemplate, type Family, induceTemplate, slotNames, spread } from './family.ts';
import { groupCalls } from './group.ts';
import { answerHabit, kindOfCall } from './kinds.ts';
import { firstMs, identityText, linkFamilies } from './link.ts';
import { slug, taskName, userGist } from './names.ts';
import { inferOutputShape } from './outputShape.ts';
import { renameSlots } from './slotNames.ts';
import { profileSlots } from './slots.ts';
import { assignStrays } from './strays.ts';
import type { AssignedCall, Assignment, CallKind, Task, TaskEdits } from './task.ts';
import { MAIN_SLOT } from './template.ts';
import { buildVersions, type VersionCalls } from './versions.ts';

/** Tasks, the calls that belong to them and the calls that belong to none, each in order of time. */
export interface Discovery {
  readonly tasks: readonly Task[];
  readonly assigned: readonly AssignedCall[];
  readonly unassigned: readonly AssignedCall[];
}

/** Calls of one task before its versions are numbered. */
interface Draft {
  readonly id: string;
  readonly name: string;
  readonly families: readonly Family[];
  /** Calls that belong to the task but match none of its templates. */
  readonly strays: readonly Digest[];
}

/** Output shapes are inferred on at most this many calls per task. */
const SHAPED = 40_000;

/** The whole analysis of a log. @param digests in order of time. */
export function discover(digests: readonly Digest[], edits: TaskEdits): Discovery {
  const pinned = new Map<string, Digest[]>();
  const free: Digest[] = [];
  for (const digest of digests) {
    const pin = digest.call.trace.pinnedTask;
    if (pin === null || pin.trim() === '') free.push(digest);
    else push(pinned, pin.trim(), digest);
  }
  const drafts = [...pinned].map(([pin, group]) => pinnedDraft(pin, group));
  const { families, rest } = groupCalls(free);
  const linked = linkFamilies(families).flatMap((group) => splitOff(group, edits));
  const { strays, homeless } = assignStrays(linked, rest);
  linked.forEach((group, i) => {
    drafts.push({ id: taskId(group), name: taskName(group[0]!), families: group, strays: strays[i]! });
  });
  const built = mergeDrafts(uniqueIds(drafts), edits).map((draft) => buildTask(draft, edits));
  const assigned = built.flatMap((task) => task.assigned);
  const outside = built.flatMap((task) => task.outside);
  return {
    tasks: built.map(({ task }) => task).sort((a, b) => b.calls - a.calls),
    assigned: assigned.sort(inTime),
    unassigned: [...outside, ...homeless.map((digest) => unassignedCall(digest.call, 'ad-hoc'))].sort(inTime),
  };
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

/** Versions that the user split off become tasks of their own. */
function splitOff(group: readonly Family[], edits: TaskEdits): readonly (readonly Family[])[] {
  if (edits.splits.length === 0 || group.length < 2) return [group];
  const wanted = new Set(edits.splits);
  const hashes = buildVersions(group.map(named), { kind: 'text', reason: '' });
  const split = group.filter((family) =>
    hashes.some((held) => held.family.digests === family.digests && wanted.has(held.version.template.hash)),
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

function unused(wanted: string, taken: Set<string>, separator: string): string {
  let name = wanted;
  for (let k = 2; taken.has(name); k++) name = `${wanted}${separator}${k}`;
  taken.add(name);
  return name;
}

function named(family: Family): Family {
  const { messages, names } = renameSlots(family, spread(family.slots, 200));
  const slots = family.slots.map((values) => {
    const renamed: Record<string, string> = {};
    for (const old in values) renamed[names.get(old) ?? old] = values[old]!;
    return renamed;
  });
  return { ...family, messages, slots };
}

interface Built {
  readonly task: Task;
  readonly assigned: readonly AssignedCall[];
  readonly outside: readonly AssignedCall[];
}

function buildTask(draft: Draft, edits: TaskEdits): Built {
  const families = draft.families.map(named);
  const calls = families.flatMap((family) => family.digests.map((digest) => digest.call));
  const habit = answerHabit(spread(calls.filter(isTeacher), 5000), constantText(families));
  const kinds = new Map<Call, CallKind>();
  for (const family of families) {
    family.digests.forEach(({ call }, i) => {
      kinds.set(call, kindOfCall(call, family.slots[i]![MAIN_SLOT] ?? '', habit));
    });
  }
  // What the student says is no evidence of what the teacher says.
  const normal = calls.filter((call) => kinds.get(call) === 'normal' && isTeacher(call)).sort(byStart);
  const output = inferOutputShape(spread(normal, SHAPED));
  const versions = buildVersions(families, output);
  const assigned: AssignedCall[] = [];
  const outside: AssignedCall[] = [];
  for (const held of versions) collect(draft.id, held, kinds, assigned, outside);
  for (const { call, lastUser } of draft.strays) {
    const kind = kindOfCall(call, lastUser, habit);
    const slots = { [MAIN_SLOT]: lastUser };
    assigned.push(assignedCall(call, draft.id, versionAt(versions, call), kind, slots));
  }
  return { task: taskOf(draft, families, versions, output, kinds, edits), assigned, outside };
}

function constantText(families: readonly Family[]): string {
  return families
    .flatMap((family) => family.messages)
    .flatMap((message) => message.segments.map((segment) => (segment.kind === 'text' ? segment.text : ' ')))
    .join('\n');
}

function collect(
  taskId: string,
  { version, family, indices }: VersionCalls,
  kinds: ReadonlyMap<Call, CallKind>,
  assigned: AssignedCall[],
  outside: AssignedCall[],
): void {
  for (const i of indices) {
    const { call } = family.digests[i]!;
    const kind = kinds.get(call)!;
    if (kind === 'probe') outside.push(unassignedCall(call, kind));
    else assigned.push(assignedCall(call, taskId, version.version, kind, family.slots[i]!));
  }
}

/** The version in force when a call was made. */
function versionAt(versions: readonly VersionCalls[], call: Call): number {
  const held = versions.findLast(({ version }) => version.firstMs <= call.trace.startMs);
  return held?.version.version ?? 1;
}

function taskOf(
  draft: Draft,
  families: readonly Family[],
  versions: readonly VersionCalls[],
  output: Task['output'],
  kinds: ReadonlyMap<Call, CallKind>,
  edits: TaskEdits,
): Task {
  const calls = [
    ...families.flatMap((family) => family.digests.map((digest) => digest.call)),
    ...draft.strays.map((digest) => digest.call),
  ].sort(byStart);
  const names = new Set<string>([MAIN_SLOT]);
  for (const family of families) for (const name of slotNames(family)) names.add(name);
  const samples = families
    .flatMap((family) =>
      family.digests.flatMap(({ call }, i) =>
        kinds.get(call) === 'normal' && call.response !== null && isTeacher(call)
          ? [{ slots: family.slots[i]!, response: call.response, at: call.trace.startMs }]
          : [],
      ),
    )
    .sort((a, b) => a.at - b.at);
  const used = [...names].filter(
    (name) => name !== MAIN_SLOT || families.some((f) => slotNames(f).includes(name)),
  );
  const renamed = edits.names[draft.id];
  return {
    id: draft.id,
    name: renamed ?? draft.name,
    renamed: renamed !== undefined,
    versions: versions.map(({ version }) => version),
    slots: profileSlots(used, spread(samples, SHAPED)),
    output,
    providers: [...new Set(calls.map((call) => call.trace.provider))],
    sites: byCount(calls.flatMap((call) => call.trace.site ?? [])),
    models: modelSpans(calls),
    calls: calls.length,
    firstMs: calls[0]!.trace.startMs,
    lastMs: calls.at(-1)!.trace.startMs,
  };
}

function modelSpans(calls: readonly Call[]): Task['models'] {
  const spans = new Map<string, { model: string; firstMs: number; lastMs: number; calls: number }>();
  for (const call of calls) {
    if (call.response === null || !isTeacher(call)) continue;
    const model = teacherModel(call);
    const span = spans.get(model);
    const at = call.trace.startMs;
    if (span === undefined) spans.set(model, { model, firstMs: at, lastMs: at, calls: 1 });
    else {
      span.lastMs = at;
      span.calls++;
    }
  }
  return [...spans.values()];
}

function isTeacher(call: Call): boolean {
  return call.trace.servedBy === 'teacher';
}

function byCount(values: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value);
}

function assignedCall(
  call: Call,
  taskId: string,
  version: number,
  kind: CallKind,
  slots: Assignment['slots'],
): AssignedCall {
  return { call, assignment: { callId: call.trace.id, taskId, version, kind, slots } };
}

function unassignedCall(call: Call, kind: CallKind): AssignedCall {
  return { call, assignment: { callId: call.trace.id, taskId: null, version: 0, kind, slots: {} } };
}

function byStart(a: Call, b: Call): number {
  return a.trace.startMs - b.trace.startMs;
}

function inTime(a: AssignedCall, b: AssignedCall): number {
  return byStart(a.call, b.call);
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
