import type { Call } from '../traces/trace.ts';
import { type Draft, named } from './drafts.ts';
import { teacherModel } from './eras.ts';
import { type Family, slotNames, spread } from './family.ts';
import { type AnswerHabit, answerHabit, kindOfCall } from './kinds.ts';
import { inferOutputShape } from './outputShape.ts';
import { outputsOf } from './outputs.ts';
import { isProbe } from './refusal.ts';
import { profileSlots } from './slots.ts';
import type { AssignedCall, Assignment, CallKind, Task, TaskEdits } from './task.ts';
import { MAIN_SLOT } from './template.ts';
import { buildVersions, type VersionCalls } from './versions.ts';

/** A larger share of inputs that look like probes, or any in a conversation, are what this task is about. */
const PROBES = 0.01;
/** Output shapes are inferred on at most this many calls per task. */
const SHAPED = 40_000;

/** A task with its calls, in no particular order; `outside` are probes, which no task wants. */
export interface Built {
  readonly task: Task;
  readonly assigned: readonly AssignedCall[];
  readonly outside: readonly AssignedCall[];
}

export function buildTask(draft: Draft, edits: TaskEdits): Built {
  const families = draft.families.map(named);
  const habits = habitsOf(families);
  const kinds = new Map<Call, CallKind>();
  families.forEach((family, f) => {
    const inputs = family.slots.map((slots) => slots[MAIN_SLOT] ?? '');
    const probed = family.turns === 'fixed' && inputs.filter(isProbe).length <= PROBES * inputs.length + 2;
    family.digests.forEach(({ call }, i) => {
      kinds.set(call, kindOfCall(call, probed ? inputs[i]! : '', habits[f]!.habit));
    });
  });
  // The task's answers are those of today: an edit may have changed their form.
  const today = families.filter((_, f) => habits[f]!.form === habits.at(-1)!.form);
  const normal = today
    .flatMap((family) => family.digests.map((digest) => digest.call))
    .filter((call) => kinds.get(call) === 'normal' && isTeacher(call))
    .sort(byStart);
  const output = inferOutputShape(spread(normal, SHAPED));
  const versions = buildVersions(families, output);
  const assigned: AssignedCall[] = [];
  const outside: AssignedCall[] = [];
  for (const held of versions) collect(draft.id, held, kinds, assigned, outside);
  for (const { call, lastUser } of draft.strays) {
    const kind = kindOfCall(call, lastUser, habits.at(-1)!.habit);
    const slots = { [MAIN_SLOT]: lastUser };
    assigned.push(assignedCall(call, draft.id, versionAt(versions, call), kind, slots));
  }
  return { task: taskOf(draft, families, versions, output, kinds, edits), assigned, outside };
}

/** How answers look, learnt from all families whose answers have the same form. */
function habitsOf(
  families: readonly Family[],
): readonly { readonly form: string; readonly habit: AnswerHabit }[] {
  const forms = families.map(({ digests }) => {
    const { form } = outputsOf(digests);
    return form === 'tools' || form === 'json' ? form : 'text';
  });
  const habits = new Map<string, AnswerHabit>();
  for (const form of new Set(forms)) {
    const alike = families.filter((_, i) => forms[i] === form);
    // What the student says is no evidence of what the teacher says.
    const calls = alike.flatMap((family) => family.digests.map((digest) => digest.call)).filter(isTeacher);
    habits.set(form, answerHabit(spread(calls, 5000), constantText(alike)));
  }
  return forms.map((form) => ({ form, habit: habits.get(form)! }));
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
    providers: [...new Set(calls.map(({ trace }) => trace.vendor ?? trace.provider))],
    wires: [...new Set(calls.map(({ trace }) => trace.provider))],
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

export function unassignedCall(call: Call, kind: CallKind): AssignedCall {
  return { call, assignment: { callId: call.trace.id, taskId: null, version: 0, kind, slots: {} } };
}

function byStart(a: Call, b: Call): number {
  return a.trace.startMs - b.trace.startMs;
}

export function inTime(a: AssignedCall, b: AssignedCall): number {
  return byStart(a.call, b.call);
}
