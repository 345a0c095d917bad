import { isArray, type Json } from '../base/json.ts';
import type { ChoiceSlot, OutputPlan, PlanNode, SpanSlot, TextSlot } from './plan.ts';

/** The slots of short texts, which a generator may write. */
export function shortSlots(plan: OutputPlan): TextSlot[] {
  if (plan.kind === 'unplannable') return [];
  const nodes = plan.kind === 'text-answer' ? [plan.node] : plan.tools.map((tool) => tool.arguments);
  return nodes.flatMap((node) => nodeSlots(node).texts).filter(({ short }) => short !== undefined);
}

/** Every choice slot of a plan, outermost first. */
export function choiceSlots(plan: OutputPlan): ChoiceSlot[] {
  if (plan.kind === 'unplannable') return [];
  const route = plan.route === undefined ? [] : [plan.route];
  if (plan.kind === 'text-answer') return [...route, ...nodeSlots(plan.node).choices];
  return [
    ...route,
    plan.choice,
    ...plan.tools.flatMap((tool) => nodeSlots(tool.arguments).choices),
    ...plan.texts.flatMap((node) => (node === null ? [] : nodeSlots(node).choices)),
  ];
}

/** Is there a list of called tools that has this one more than once? */
export function isCalledAgain(lists: readonly Json[], tool: string): boolean {
  return lists.some((list) => isArray(list) && list.indexOf(tool) !== list.lastIndexOf(tool));
}

/** Slots below a node, in the order of the answer. Span slots of masked spans are included. */
export function nodeSlots(node: PlanNode): { choices: ChoiceSlot[]; spans: SpanSlot[]; texts: TextSlot[] } {
  const found = { choices: [] as ChoiceSlot[], spans: [] as SpanSlot[], texts: [] as TextSlot[] };
  collect(node, found);
  return found;
}

/** The slots of values that are one copy, or joined from a few. */
export function spanSlots(node: PlanNode): SpanSlot[] {
  if (node.kind === 'span') return [node.slot];
  if (node.kind === 'maybe' || node.kind === 'worded') return spanSlots(node.node);
  if (node.kind === 'after') return [node.by.slot];
  if (node.kind === 'object') return node.fields.flatMap((field) => spanSlots(field.node));
  if (node.kind === 'tuple') return node.items.flatMap(spanSlots);
  if (node.kind === 'template')
    return node.parts.flatMap((part) => (typeof part === 'string' ? [] : spanSlots(part)));
  return [];
}

function collect(node: PlanNode, found: ReturnType<typeof nodeSlots>): void {
  switch (node.kind) {
    case 'choice':
      found.choices.push(node.slot);
      return;
    case 'derived':
      if (node.hint !== undefined) found.choices.push(node.hint);
      return;
    case 'subset':
      found.choices.push(...node.slots);
      return;
    case 'maybe':
      found.choices.push(node.slot);
      collect(node.node, found);
      return;
    case 'worded':
      collect(node.node, found);
      return;
    case 'after':
      found.spans.push(node.by.slot);
      return;
    case 'text':
      found.texts.push(node.slot);
      return;
    case 'span':
    case 'span-list':
    case 'masked-span':
      found.spans.push(node.slot);
      return;
    case 'word-tags':
      found.spans.push(...node.kinds.map(({ slot }) => slot));
      return;
    case 'rewritten':
      found.spans.push(...node.changes.map(({ slot }) => slot));
      return;
    case 'record-list':
      found.spans.push(...node.spans.map((span) => span.slot));
      return;
    case 'tuple':
      for (const item of node.items) collect(item, found);
      return;
    case 'template':
      for (const part of node.parts) if (typeof part !== 'string') collect(part, found);
      return;
    case 'object':
      for (const field of node.fields) {
        if (field.presence !== null && field.presence !== 'found') found.choices.push(field.presence);
        collect(field.node, found);
      }
  }
}

/** A slot's name without the number of its call: the same for the same argument of every call of a tool. */
export function acrossCalls(slot: string): string {
  return slot.replace(/#\d+(?=\.)/u, '');
}
