import { canonicalJson, isArray, isObject } from '../base/json.ts';
import type { CapabilitySet } from '../capabilities/capability.ts';
import { firesDropped, tombstones } from '../capabilities/tombstone.ts';
import type { AssignedCall, Task } from '../tasks/task.ts';
import type { Answer, ChatRequest, ChatResponse } from '../wire/chat.ts';
import { answerOf, messageText, wholeText } from '../wire/chat.ts';
import { endingOf } from '../wire/ending.ts';
import { alignAnswer } from './align.ts';
import { withDoubt } from './doubt.ts';
import type { Dataset, Example, ModelInput, Split } from './example.ts';
import { fingerprintOf } from './fingerprint.ts';
import { isTransparent, jsonFrame } from './frame.ts';
import { withoutFree } from './free.ts';
import { spread } from './habit.ts';
import { copiedDates, inputSlotsOf, inputText, modelInputOf, narrowed } from './input.ts';
import { type PlaceHabits, placeHabits } from './places.ts';
import { inferPlan } from './plan/infer.ts';
import type { OutputPlan } from './plan.ts';
import { spanSlots } from './planSlots.ts';
import { renderAnswer } from './render.ts';
import { withRoute } from './route.ts';
import { onlyPlace } from './spans.ts';
import { todaysSpelling } from './spelling.ts';
import { assignSplits, defaultSplit, type SplitRule } from './split.ts';
import { declining, leftAlways, usableCalls } from './usable.ts';

export interface BuildDataset {
  readonly task: Task;
  readonly calls: readonly AssignedCall[];
  /** What it drops is neither a class nor a field of the plan; null drops nothing. */
  readonly capabilities: CapabilitySet | null;
  readonly split?: SplitRule;
  readonly seed: number;
}

/**
 * Turns a task's calls into examples: plan inferred, answers aligned, splits without leaks. Calls of the current version
 * and of earlier minor wordings of it are used; errors, seldom refusals and hedges, cut answers, probes and everything that a
 * student answered stay out. Calls of routed and dropped capabilities stay in, for a student must know what to pass on: a
 * routed one as a class of its own, a dropped one as a call that no answer of the plan fits.
 */
export function buildDataset({
  task,
  calls,
  capabilities,
  split = defaultSplit,
  seed,
}: BuildDataset): Dataset {
  const version = task.versions.at(-1);
  const usable = usableCalls(task, calls);
  const declined = usable.map(({ assignment }) => declining[assignment.kind] ?? null);
  const given = usable.map(({ call }) => answerGiven(call.request, call.response!));
  const spelling = todaysSpelling(given.map((answer) => answer.text));
  const whole = usable.map(({ call, assignment }, i) => ({
    call,
    answer: respelled(given[i]!, spelling),
    input: modelInputOf(task, assignment.slots),
    begun: begunOf(call.request),
    stops: call.request.sampling.stop,
  }));
  const slots = [...inputSlotsOf(task), ...copiedDates(task, whole)];
  const observations = whole.map((o) => ({ ...o, input: narrowed(o.input, slots) }));
  const stones = tombstones(task, capabilities ?? { drop: [] });
  const dropped = observations.map(
    (o) =>
      firesDropped(stones, { ...o.answer, text: wholeText(o.call.request, o.call.response!) }, null)[0] ??
      null,
  );
  const hopeless = leftAlways(usable);
  const inferred: OutputPlan =
    hopeless !== null
      ? { kind: 'unplannable', reason: hopeless }
      : inferPlan(
          observations.filter((_, i) => dropped[i] === null && declined[i] === null),
          task,
        );
  const { clusters, splits } = assignSplits(
    observations.map((o) => inputText(o.input, slots)),
    usable.map((u) => u.assignment.version),
    split,
    seed,
  );
  const habits = habitsOf(inferred, observations);
  const drafts = observations.map((o, i): Example => {
    const { targets, unplanned } =
      dropped[i] === null && declined[i] === null
        ? align(inferred, o.answer, o.input, habits)
        : { targets: null, unplanned: declined[i] ?? `${dropped[i]} was dropped` };
    const logprobs = o.call.response?.logprobs ?? null;
    return {
      callId: o.call.trace.id,
      atMs: o.call.trace.startMs,
      input: o.input,
      answer: o.answer,
      targets: logprobs === null || targets === null ? targets : withDoubt(inferred, targets, logprobs),
      unplanned,
      ...(declined[i] === null ? {} : { declined: true as const }),
      cluster: clusters[i]!,
      split: splits[i]!,
      weight: 1,
      ...reasoningOf(o.call.response?.reasoning ?? null),
      teacher: o.call.response!.model || o.call.request.model,
    };
  });
  const { plan, examples } = withRoute(withoutFree(inferred, drafts), drafts);
  return {
    taskId: task.id,
    version: version?.version ?? 1,
    versions: calibratedVersions(usable, splits),
    templateHash: version?.template.hash ?? '',
    inputSlots: slots,
    plan,
    examples,
    fingerprint: fingerprintOf(examples),
    notes: notesOf(examples, calls.length, usable.length),
  };
}

/** Longer reasonings say what matters before they end. */
const reasoningRead = 20_000;
const mostWords = 300;

function reasoningOf(text: string | null): Pick<Example, 'reasoning'> {
  const words =
    text
      ?.slice(0, reasoningRead)
      .toLowerCase()
      .match(/\p{L}{3,}/gu) ?? [];
  return words.length === 0 ? {} : { reasoning: [...new Set(words)].slice(0, mostWords) };
}

function answerGiven(request: ChatRequest, response: ChatResponse): Answer {
  const ending = endingOf(request, response);
  return ending === null ? answerOf(response) : { ...answerOf(response), ending };
}

function respelled(answer: Answer, spelling: (text: string) => string): Answer {
  return answer.text === null ? answer : { ...answer, text: spelling(answer.text) };
}

/** Versions with calibration rows of their own: the ones a certificate can speak of. */
function calibratedVersions(usable: readonly AssignedCall[], splits: readonly Split[]): number[] {
  const found = new Set<number>();
  usable.forEach(({ assignment }, i) => {
    if (splits[i] === 'calibration') found.add(assignment.version);
  });
  return [...found].sort((a, b) => a - b);
}

/** Enough answers to tell where values usually stand. */
const readForHabits = 1500;

function habitsOf(
  plan: OutputPlan,
  calls: readonly { readonly answer: Answer; readonly input: ModelInput }[],
): PlaceHabits {
  if (plan.kind === 'unplannable') return new Map();
  const nodes = plan.kind === 'text-answer' ? [plan.node] : plan.tools.map((tool) => tool.arguments);
  const slots = nodes.flatMap(spanSlots);
  if (slots.length === 0) return new Map();
  const sure = spread(calls, readForHabits).flatMap(({ answer, input }) => {
    const aligned = alignAnswer(plan, answer, input);
    if (!aligned.ok) return [];
    return slots.flatMap((slot) => {
      const target = aligned.value[slot.name];
      const spans = target?.kind === 'spans' ? target.spans : [];
      return spans
        .filter((span) => onlyPlace(slot, span, input) !== null)
        .map((span) => ({ slot: slot.name, span, input }));
    });
  });
  return placeHabits(sure);
}

/** What the caller has written of the answer: a last message of the assistant. */
function begunOf({ messages }: ChatRequest): string {
  const last = messages.at(-1);
  return last?.role === 'assistant' ? messageText(last) : '';
}

/**
 * A target counts only where rendering it gives the teacher's answer back: its bytes, or the same JSON where the teacher
 * has more than one habit of writing it. A free text has nothing to be rendered from: its call is routed by its field.
 */
function align(
  plan: OutputPlan,
  answer: Answer,
  input: ModelInput,
  habits: PlaceHabits,
): Pick<Example, 'targets' | 'unplanned'> {
  const aligned = alignAnswer(plan, answer, input, habits);
  if (!aligned.ok) return { targets: null, unplanned: aligned.error };
  const again = renderAnswer(plan, { targets: aligned.value, input });
  const free = again === null && Object.values(aligned.value).some((target) => target.kind === 'text');
  if (free) return { targets: aligned.value, unplanned: null };
  if (again === null || !(sameBytes(again, answer) || sameJson(again, answer)))
    return { targets: null, unplanned: 'the answer is written in another way than usual' };
  return { targets: aligned.value, unplanned: null };
}

/** The same calls or the same JSON text by value, apart from what every reader of JSON looks through. */
function sameJson(a: Answer, b: Answer): boolean {
  const texts = a.text === b.text || (a.text !== null && b.text !== null && sameValue(a.text, b.text));
  if (!texts || a.toolCalls.length !== b.toolCalls.length) return false;
  return a.toolCalls.every((call, i) => {
    const other = b.toolCalls[i]!;
    if (call.name !== other.name) return false;
    return call.arguments === other.arguments || sameValue(call.arguments, other.arguments);
  });
}

function sameValue(a: string, b: string): boolean {
  const [one, two] = [jsonFrame(a), jsonFrame(b)];
  if (one === null || two === null || !isTransparent(one) || !isTransparent(two)) return false;
  if (!isObject(one.value) && !isArray(one.value)) return false;
  return canonicalJson(one.value) === canonicalJson(two.value);
}

function sameBytes(a: Answer, b: Answer): boolean {
  return (
    a.text === b.text &&
    a.toolCalls.length === b.toolCalls.length &&
    a.toolCalls.every((call, i) => {
      const other = b.toolCalls[i]!;
      return call.name === other.name && call.arguments === other.arguments;
    })
  );
}

function notesOf(examples: readonly Example[], calls: number, usable: number): string[] {
  const unplanned = new Map<string, number>();
  for (const { unplanned: reason } of examples)
    if (reason !== null) unplanned.set(reason, (unplanned.get(reason) ?? 0) + 1);
  const lines = [...unplanned].sort((a, b) => b[1] - a[1]).slice(0, 5);
  return [
    `${usable} of ${calls} calls can be learned from.`,
    ...lines.map(([reason, count]) => `${count} answers are outside the plan: ${reason}.`),
  ];
}
