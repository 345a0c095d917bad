import { canonicalJson, isArray, isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import type { Result } from '../base/result.ts';
import { fail, ok } from '../base/result.ts';
import type { Answer } from '../wire/chat.ts';
import type { ModelInput, Span, Target } from './example.ts';
import { isAtOffsets } from './formula.ts';
import { elapsed } from './moments.ts';
import type { PlaceHabits } from './places.ts';
import { asText } from './plan/shortText.ts';
import type { ChoiceSlot, ObjectField, OutputPlan, PlanNode, ToolPlan } from './plan.ts';
import { acrossCalls } from './planSlots.ts';
import { alignRecords } from './records.ts';
import { alignRewritten } from './rewrite.ts';
import { alignMasked, alignSpan, alignSpanList } from './spans.ts';
import { readText } from './style.ts';
import { templateGaps } from './template.ts';
import { withoutMentions } from './worded.ts';
import { alignTags } from './wordTags.ts';

/** How reasons end that more traffic would mend. */
export const tooRare = 'too rare to learn';

export type Targets = Readonly<Record<string, Target>>;

/** What is being filled: targets by slot, and the input that spans point into. */
interface Work {
  readonly input: ModelInput;
  readonly targets: Record<string, Target>;
  /** Values chosen so far by choice slot: derived nodes look here. */
  readonly chosen: Map<string, Json>;
  /** Where values usually stand; settles which of several places is meant. */
  readonly habits: PlaceHabits | undefined;
  /** Tells the place that other fields speak of; absent where none do. */
  readonly isMeant?: (place: Span) => boolean;
}

/**
 * The inverse of `renderAnswer`: which slot values give this answer. Fails, in words, where none do; such an answer is
 * counted in every evaluation and never trained on.
 */
export function alignAnswer(
  plan: OutputPlan,
  answer: Answer,
  input: ModelInput,
  habits?: PlaceHabits,
): Result<Targets, string> {
  if (plan.kind === 'unplannable') return fail(plan.reason);
  const work: Work = { input, targets: {}, chosen: new Map(), habits };
  const problem =
    plan.kind === 'text-answer' ? alignText(plan, answer, work) : alignTools(plan, answer, work);
  return problem === null ? ok(work.targets) : fail(problem);
}

function alignText(plan: OutputPlan & { kind: 'text-answer' }, answer: Answer, work: Work): string | null {
  if (answer.text === null || answer.toolCalls.length > 0) return 'the answer is not a text';
  const value = readText(answer.text, plan.style);
  if (value === undefined) return 'the answer is not written as usual';
  return alignNode(plan.node, value, work);
}

function alignTools(plan: OutputPlan & { kind: 'tool-answer' }, answer: Answer, work: Work): string | null {
  const names = answer.toolCalls.map((call) => call.name);
  const problem = alignChoice(plan.choice, names, work);
  if (problem !== null) return problem;
  const seen = new Map<string, number>();
  const byTool = new Map<string, Targets>();
  for (const call of answer.toolCalls) {
    const occurrence = seen.get(call.name) ?? 0;
    seen.set(call.name, occurrence + 1);
    const tool = plan.tools.find((t) => t.name === call.name && t.occurrence === occurrence);
    if (tool === undefined) return `no plan for ${call.name}`;
    const value = parseJson(call.arguments === '' ? '{}' : call.arguments);
    if (value === undefined) return `the arguments of ${call.name} are not JSON`;
    const before = byTool.get(call.name) ?? {};
    const own = alignCall(tool, value, work, before);
    if (!own.ok) return own.error;
    byTool.set(call.name, { ...before, ...own.value });
    Object.assign(work.targets, own.value);
  }
  for (const targets of byTool.values()) {
    const problem = halfCommon(targets);
    if (problem !== null) return problem;
  }
  return alignBeside(plan, answer, work);
}

/**
 * The targets of one call. Tools are tagged apart: what one copies another may copy as well ("turn off the lamp and the
 * radio in the hall"), but words of its own are likelier.
 * @param before targets of the earlier calls of the same tool.
 */
function alignCall(tool: ToolPlan, value: Json, work: Work, before: Targets): Result<Targets, string> {
  const beside = (occupied: Targets): Result<Targets, string> => {
    const targets = { ...occupied };
    const problem = alignNode(tool.arguments, value, { ...work, targets });
    const own = Object.entries(targets).filter(([name]) => !Object.hasOwn(occupied, name));
    return problem === null ? ok(Object.fromEntries(own)) : fail(problem);
  };
  const first = beside(work.targets);
  if (first.ok) return first;
  const second = beside(before);
  return second.ok ? second : first;
}

/** What several calls have from one place, all of them have: a tag says no more. null where it is so. */
function halfCommon(targets: Targets): string | null {
  const families = new Map<string, string[]>();
  for (const [name, target] of Object.entries(targets)) {
    if (target.kind !== 'spans') continue;
    const [span] = target.spans;
    const places = families.get(acrossCalls(name)) ?? [];
    families.set(acrossCalls(name), [...places, span === undefined ? name : `${span.slot} ${span.start}`]);
  }
  for (const [name, places] of families) {
    const distinct = new Set(places).size;
    if (distinct > 1 && distinct < places.length) return `${name} is said once for some of the calls`;
  }
  return null;
}

/** The text beside the calls, or in place of them. */
function alignBeside(plan: OutputPlan & { kind: 'tool-answer' }, answer: Answer, work: Work): string | null {
  const target = work.targets[plan.choice.name];
  const node = (target?.kind === 'class' ? plan.texts[target.index] : null) ?? null;
  const text = answer.text ?? null;
  if (node !== null) {
    // Tagged by itself: what it copies may be copied into arguments as well.
    const own: Work = { ...work, targets: {} };
    const problem = alignNode(node, text, own);
    Object.assign(work.targets, own.targets);
    return problem;
  }
  if (text === null) return null;
  return answer.toolCalls.length > 0
    ? 'the text beside the calls is unusual'
    : 'it is answered with a text of its own instead of a call';
}

/** Aligns a part of an answer beside parts that are aligned already: null, or why it cannot be. */
export function alignPart(
  node: PlanNode,
  value: Json,
  input: ModelInput,
  targets: Record<string, Target>,
): string | null {
  return alignNode(node, value, { input, targets, chosen: new Map(), habits: undefined });
}

/** null where the node can express the value; the targets are then filled in. */
function alignNode(node: PlanNode, value: Json, work: Work): string | null {
  switch (node.kind) {
    case 'constant':
      return canonicalJson(node.value) === canonicalJson(value) ? null : 'a constant differs';
    case 'choice':
      return alignChoice(node.slot, value, work);
    case 'derived':
      // Checked by rendering: its source may come later in the tree.
      if (node.hint !== undefined) alignChoice(node.hint, value, work);
      return null;
    case 'span':
      if (node.missing !== undefined && canonicalJson(value) === canonicalJson(node.missing)) {
        work.targets[node.slot.name] = { kind: 'spans', spans: [] };
        return null;
      }
      return alignSpan(node.slot, value, work.input, work.targets, work.habits, work.isMeant);
    case 'span-list':
      return alignSpanList(node, value, work.input, work.targets);
    case 'word-tags':
      return alignTags(node, value, work.input, work.targets);
    case 'rewritten':
      return alignRewritten(node, value, work.input, work.targets);
    case 'masked-span':
      return null; // Needs its parameters: aligned with the object that holds both.
    case 'subset':
      return alignSubset(node, value, work);
    case 'object':
      return alignObject(node.fields, value, work);
    case 'maybe':
      work.targets[node.slot.name] = { kind: 'class', index: value === null ? 0 : 1 };
      return value === null ? null : alignNode(node.node, value, work);
    case 'record-list':
      return alignRecords(node, value, work.input, work.targets);
    case 'tuple': {
      if (!isArray(value) || value.length !== node.items.length)
        return 'a list has another length than usual';
      for (const [i, item] of node.items.entries()) {
        const problem = alignNode(item, value[i]!, work);
        if (problem !== null) return problem;
      }
      return null;
    }
    case 'formula':
      return null; // Checked by rendering, as derived values are.
    case 'worded':
    case 'after':
      return null; // Needs its neighbours: aligned with the object that holds them.
    case 'again':
      return null; // Compared with the gap that it repeats.
    case 'template':
      return alignTemplate(node, value, work);
    case 'text': {
      const { name, short } = node.slot;
      const text =
        typeof value === 'string' ? value : short === undefined ? canonicalJson(value) : asText(value);
      if (text === null) return `${name} is no text`;
      work.targets[name] = { kind: 'text', text };
      return null;
    }
  }
}

function alignTemplate(node: PlanNode & { kind: 'template' }, value: Json, work: Work): string | null {
  const gaps = typeof value === 'string' ? templateGaps(node.parts, value) : null;
  if (gaps === null) return 'a text is not worded as usual';
  for (const { node: inner, text } of gaps) {
    if (inner.kind === 'again' && text !== gaps[inner.gap]?.text) return 'a text is not worded as usual';
    const problem = alignNode(inner, text === '' ? null : text, work);
    if (problem !== null) return problem;
  }
  return null;
}

function alignChoice(slot: ChoiceSlot, value: Json, work: Work): string | null {
  const key = canonicalJson(value);
  const index = slot.values.findIndex((candidate) => canonicalJson(candidate) === key);
  if (index < 0) return `${slot.name} has a value that is ${tooRare}`;
  work.targets[slot.name] = { kind: 'class', index };
  work.chosen.set(slot.name, value);
  return null;
}

function alignSubset(node: PlanNode & { kind: 'subset' }, value: Json, work: Work): string | null {
  if (!isArray(value)) return 'a set is not a list';
  const present = new Set(value.map(canonicalJson));
  const known = node.values.filter((candidate) => present.has(canonicalJson(candidate)));
  if (known.length !== value.length) return 'a set holds an unknown value or one twice';
  node.values.forEach((candidate, i) => {
    const slot = node.slots[i]!;
    work.targets[slot.name] = { kind: 'class', index: present.has(canonicalJson(candidate)) ? 1 : 0 };
  });
  return null;
}

function alignObject(fields: readonly ObjectField[], value: Json, work: Work): string | null {
  if (!isObject(value)) return 'an object is missing';
  const keys = new Set(fields.map((field) => field.key));
  const foreign = Object.keys(value).find((key) => !keys.has(key));
  if (foreign !== undefined) return `the field ${foreign} is ${tooRare}`;
  const masked = fields.filter(
    (field) => field.node.kind === 'masked-span' && fieldOf(value, field.key) !== undefined,
  );
  const inside = new Set(masked.map(({ node }) => (node.kind === 'masked-span' ? node.params : '')));
  // Masked texts first: other fields are copied from elsewhere.
  for (const field of fields) {
    const item = fieldOf(value, field.key);
    if (field.node.kind !== 'masked-span' || item === undefined) continue;
    const params = fields.find((f) => paramsSlot(f.node) === (field.node as { params: string }).params);
    const list = params === undefined ? undefined : value[params.key];
    const problem = alignMasked(field.node, item, list ?? null, work.input, work.targets);
    if (problem !== null) return problem;
  }
  const formulas = fields.flatMap(({ key, node }) =>
    node.kind === 'formula' ? [[key, node.formula] as const] : [],
  );
  const isCounted = new Set(
    formulas.flatMap(([, formula]) => (formula.kind === 'place' ? [formula.of] : [])),
  );
  for (const field of fields) {
    const item = fieldOf(value, field.key);
    // The parameters of a masked text have their places from it, also where they are empty.
    const placed = inside.has(paramsSlot(field.node) ?? '');
    if (item !== undefined && placed) notePresence(field, work);
    if (item !== undefined && placed) continue;
    const isMeant = (place: Span): boolean => isAtOffsets(place, field.key, formulas, value, work.input);
    const own = field.node.kind === 'span' && isCounted.has(field.key) ? { ...work, isMeant } : work;
    const problem =
      item === undefined
        ? alignAbsent(field, work)
        : alignField(field, restOf(field, item, value, work), own);
    if (problem !== null) return problem;
  }
  return null;
}

/** What a field says beside what other fields have. */
function restOf({ node }: ObjectField, item: Json, value: JsonObject, work: Work): Json {
  if (node.kind === 'after') return elapsed(value[node.of] ?? null, item, node.unit) ?? null;
  if (node.kind !== 'worded' || typeof item !== 'string') return item;
  return withoutMentions(item, node.mentions, value, work.input.context);
}

/** How much later is read where it is said, though it be the usual time. */
function alignAfter({ by }: PlanNode & { kind: 'after' }, count: Json, work: Work): string | null {
  const problem = alignSpan(by.slot, count, work.input, work.targets, work.habits);
  if (problem === null || by.missing === undefined || count !== by.missing) return problem;
  work.targets[by.slot.name] = { kind: 'spans', spans: [] };
  return null;
}

/** A field may have the name of something that every object inherits ("constructor"). */
function fieldOf(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function paramsSlot(node: PlanNode): string | null {
  return node.kind === 'span-list' ? node.slot.name : null;
}

function alignAbsent(field: ObjectField, work: Work): string | null {
  if (field.presence === null) return `the field ${field.key} is missing`;
  if (field.presence === 'found') {
    const { node } = field;
    if (node.kind === 'span' || node.kind === 'span-list' || node.kind === 'masked-span')
      work.targets[node.slot.name] = { kind: 'spans', spans: [] };
    return null;
  }
  work.targets[field.presence.name] = { kind: 'class', index: 0 };
  return null;
}

function notePresence(field: ObjectField, work: Work): void {
  if (field.presence !== null && field.presence !== 'found')
    work.targets[field.presence.name] = { kind: 'class', index: 1 };
}

function alignField(field: ObjectField, value: Json, work: Work): string | null {
  notePresence(field, work);
  if (field.node.kind === 'after') return alignAfter(field.node, value, work);
  return alignNode(field.node.kind === 'worded' ? field.node.node : field.node, value, work);
}
