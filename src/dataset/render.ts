import type { Json, JsonObject } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Answer } from '../wire/chat.ts';
import type { Targets } from './align.ts';
import { ended } from './ending.ts';
import type { ModelInput, Span, Target } from './example.ts';
import { evaluate, operands } from './formula.ts';
import { fromItems } from './itemForms.ts';
import { later } from './moments.ts';
import { fromText } from './plan/shortText.ts';
import type { ChoiceSlot, Formula, ObjectField, OutputPlan, PlanNode } from './plan.ts';
import { choiceSlots } from './planSlots.ts';
import { recordItems } from './records.ts';
import { rewrittenText } from './rewrite.ts';
import { maskedText, spanListValue, spanValue } from './spans.ts';
import { writeJson, writeText } from './style.ts';
import { withMentions } from './worded.ts';
import { wordTags } from './wordTags.ts';

/** A plan's slots with their values, and the input that spans point into. An `Example` is one. */
export interface Filled {
  readonly targets: Targets;
  readonly input: ModelInput;
}

/** Marks a field that is left out; never part of an answer. */
const absent = Symbol('absent');
type Value = Json | typeof absent;

/** A slot without a value: the student has no answer to this call. */
class Unfilled extends Error {}

/** Renders the answer in the teacher's habit, byte for byte; null where a slot that is needed has no value. */
export function renderAnswer(plan: OutputPlan, filled: Filled): Answer | null {
  const filling = fillPlan(plan, filled);
  return filling.ok ? filling.value : null;
}

/** The answer, or why there is none, in words for the user. */
export function fillPlan(plan: OutputPlan, filled: Filled): Result<Answer, string> {
  if (plan.kind === 'unplannable') return fail(plan.reason);
  const route = plan.route === undefined ? undefined : filled.targets[plan.route.name];
  const passedOn = route?.kind === 'class' ? plan.route?.values[route.index] : null;
  if (typeof passedOn === 'string') return fail(passedOn);
  const slots = new Map(choiceSlots(plan).map((slot) => [slot.name, slot]));
  const work = { filled, slots };
  try {
    if (plan.kind === 'tool-answer') return ok(renderTools(plan, work));
    const value = renderNode(plan.node, work);
    const text = value === absent ? null : writeText(value, plan.style);
    if (text === null) return fail('a part of the answer cannot be filled');
    return ok(ended({ text, toolCalls: [] }, plan.endings));
  } catch (thrown) {
    if (thrown instanceof Unfilled) return fail(thrown.message);
    throw thrown;
  }
}

interface Work {
  readonly filled: Filled;
  readonly slots: ReadonlyMap<string, ChoiceSlot>;
}

function renderTools(plan: OutputPlan & { kind: 'tool-answer' }, work: Work): Answer {
  const chosen = classOf(plan.choice.name, work);
  const names = plan.choice.values[chosen] as readonly string[];
  const beside = plan.texts[chosen] ?? null;
  const text = beside === null ? null : renderNode(beside, work);
  const seen = new Map<string, number>();
  const toolCalls = names.map((name) => {
    const occurrence = seen.get(name) ?? 0;
    seen.set(name, occurrence + 1);
    const tool = plan.tools.find((t) => t.name === name && t.occurrence === occurrence);
    if (tool === undefined) throw new Unfilled(`no plan for ${name}`);
    const value = renderNode(tool.arguments, work);
    return { name, arguments: writeJson(value === absent ? {} : value, plan.style, name) };
  });
  return { text: text === absent || text === null ? null : String(text), toolCalls };
}

function renderNode(node: PlanNode, work: Work): Value {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'choice':
      return node.slot.values[classOf(node.slot.name, work)] ?? null;
    case 'derived':
      return node.values[classOf(node.from, work)] ?? null;
    case 'span': {
      const value = spanValue(node.slot, spansOf(node.slot.name, work), work.filled.input);
      return value ?? (node.missing === undefined ? absent : node.missing);
    }
    case 'span-list':
      return spanListValue(node, spansOf(node.slot.name, work), work.filled.input);
    case 'masked-span': {
      const params = spansOf(node.params, work);
      const text = maskedText(node, spansOf(node.slot.name, work), params, work.filled.input);
      return text ?? absent;
    }
    case 'word-tags':
      return wordTags(node, (name) => spansOf(name, work), work.filled.input);
    case 'rewritten':
      return rewrittenText(node, (name) => spansOf(name, work), work.filled.input) ?? absent;
    case 'subset':
      return node.values.filter((_, i) => classOf(node.slots[i]!.name, work) === 1);
    case 'object':
      return renderObject(node, work);
    case 'maybe':
      return classOf(node.slot.name, work) === 0 ? null : renderNode(node.node, work);
    case 'record-list': {
      const items = recordItems(node, (name) => spansOf(name, work), work.filled.input);
      if (items === null) throw new Unfilled(`the items of ${node.name} are not all found in the input`);
      return fromItems(node.form ?? {}, items);
    }
    case 'tuple': {
      const items = node.items.map((item) => renderNode(item, work));
      return items.some((item) => item === absent) ? absent : (items as Json[]);
    }
    case 'formula':
    case 'worded':
    case 'after':
    case 'again':
      return absent; // Needs its neighbours: rendered with what holds them.
    case 'template':
      return renderTemplate(node, work);
    case 'text': {
      const { name, short } = node.slot;
      const written = work.filled.targets[name];
      // Nothing writes other free text: what has it stays with the teacher.
      if (short === undefined) throw new Unfilled(`${name} is free text`);
      if (written?.kind !== 'text') throw new Unfilled(`${name} could not be written from the input`);
      return fromText(short, written.text);
    }
  }
}

function renderObject(node: PlanNode & { kind: 'object' }, work: Work): JsonObject {
  const values = new Map<string, Json>();
  for (const field of node.fields) {
    const value = renderField(field, work);
    if (value !== absent) values.set(field.key, value);
  }
  reckon(node.fields, values, work);
  const known = Object.fromEntries(values);
  for (const { key, node: inner } of node.fields) {
    const value = renderBeside(inner, known, work);
    if (value !== undefined) values.set(key, value);
  }
  const entries: { key: string; value: Json; place: number }[] = [];
  for (const field of node.fields) {
    const value = values.get(field.key);
    if (value !== undefined) entries.push({ key: field.key, value, place: placeOf(field.node, work) });
    else if (field.presence === null) throw new Unfilled(`nothing in the input is found for ${field.key}`);
  }
  // A stable sort: fields without a place of their own stay ahead, in the plan's order.
  if (node.order === 'input') entries.sort((a, b) => a.place - b.place);
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

/** What stands in a field that says something of others, once they are known. */
function renderBeside(node: PlanNode, fields: JsonObject, work: Work): Json | undefined {
  if (node.kind === 'worded') {
    const rest = renderNode(node.node, work);
    const { context } = work.filled.input;
    return typeof rest === 'string'
      ? (withMentions(rest, node.mentions, fields, context) ?? undefined)
      : undefined;
  }
  if (node.kind !== 'after') return undefined;
  const count = renderNode(node.by, work);
  return typeof count === 'number' ? later(fields[node.of] ?? null, count, node.unit) : undefined;
}

/** Adds what follows from other fields, those first that it follows from. */
function reckon(fields: readonly ObjectField[], values: Map<string, Json>, work: Work): void {
  const open = new Map(
    fields.flatMap(({ key, node }) => (node.kind === 'formula' ? [[key, node.formula] as const] : [])),
  );
  if (open.size === 0) return;
  const places = placesOfFields(fields, work);
  const settle = (key: string, formula: Formula): void => {
    if (!open.delete(key)) return;
    for (const of of operands(formula)) {
      const before = open.get(of);
      if (before !== undefined) settle(of, before);
    }
    const value = evaluate(formula, Object.fromEntries(values), work.filled.input, places, (name) =>
      spansOf(name, work),
    );
    if (value !== undefined) values.set(key, value);
  };
  for (const [key, formula] of [...open]) settle(key, formula);
}

/** Where the copied fields stand. */
function placesOfFields(fields: readonly ObjectField[], work: Work): Record<string, Span> {
  return Object.fromEntries(
    fields.flatMap(({ key, node }) => {
      const target = node.kind === 'span' ? work.filled.targets[node.slot.name] : undefined;
      const place = target?.kind === 'spans' ? target.spans[0] : undefined;
      return place === undefined ? [] : [[key, place]];
    }),
  );
}

function renderTemplate(node: PlanNode & { kind: 'template' }, work: Work): Value {
  let text = '';
  const gaps: string[] = [];
  for (const part of node.parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const value = part.kind === 'again' ? (gaps[part.gap] ?? absent) : renderNode(part, work);
    if (value === absent) return absent;
    gaps.push(value === null ? '' : String(value));
    text += gaps.at(-1);
  }
  return text;
}

function renderField(field: ObjectField, work: Work): Value {
  if (field.presence !== null && field.presence !== 'found' && classOf(field.presence.name, work) === 0)
    return absent;
  const value = renderNode(field.node, work);
  const empty = field.presence === 'found' && field.node.kind === 'span-list';
  return empty && (value as readonly Json[]).length === 0 ? absent : value;
}

function placeOf(node: PlanNode, work: Work): number {
  if (node.kind !== 'span' && node.kind !== 'span-list') return -1;
  return spansOf(node.slot.name, work)[0]?.start ?? -1;
}

function targetOf(name: string, work: Work): Target {
  const target = work.filled.targets[name];
  if (target === undefined) throw new Unfilled(`nothing fills ${name}`);
  return target;
}

function classOf(name: string, work: Work): number {
  const target = targetOf(name, work);
  if (target.kind !== 'class') throw new Unfilled(`nothing fills ${name}`);
  return target.index;
}

function spansOf(name: string, work: Work) {
  const target = targetOf(name, work);
  if (target.kind !== 'spans') throw new Unfilled(`nothing fills ${name}`);
  return target.spans;
}
