import type { OutputPlan, PlanNode, ToolPlan } from '../dataset/plan.ts';
import { isCalledAgain, nodeSlots, spanSlots } from '../dataset/planSlots.ts';
import { alwaysThere, anchorKey } from './callTags.ts';

/**
 * Choices of a tool that an answer calls several times. Read from the whole input, "turn on the lamp and turn off the
 * fan" would say the same of both calls: they are read where the call's own words are, by the tag of a value that every
 * call copies.
 */
export interface CarriedChoices {
  /** Names the tag group that reads several calls of the tool. */
  readonly group: string;
  /** Choices that the tag of the anchor decides. */
  readonly slots: ReadonlySet<string>;
  readonly marks: readonly CarriedMark[];
}

/** What the anchor of one call is tagged with where its choices are these. */
export interface CarriedMark {
  readonly anchor: string;
  readonly occurrence: number;
  /** The classes in short: the same for the same choices of every call. */
  readonly kind: string;
  /** Class by choice slot. */
  readonly classes: Readonly<Record<string, number>>;
}

/** More combinations would leave each tag too few calls to learn from. */
const mostCombinations = 16;

const known = new WeakMap<OutputPlan, ReadonlyMap<string, CarriedChoices>>();

/** By tool; tools that are called once, choose nothing or copy nothing in every call have none. */
export function carriedChoices(plan: OutputPlan): ReadonlyMap<string, CarriedChoices> {
  const before = known.get(plan);
  if (before !== undefined) return before;
  const found = new Map<string, CarriedChoices>();
  if (plan.kind === 'tool-answer')
    for (const name of new Set(plan.tools.map((tool) => tool.name))) {
      if (!isCalledAgain(plan.choice.values, name)) continue;
      const carried = carriedOf(plan.tools.filter((tool) => tool.name === name));
      if (carried !== null) found.set(name, carried);
    }
  known.set(plan, found);
  return found;
}

/** Does each slot below take one span? Only then a second span of a kind means a second call. */
export function isSingle(node: PlanNode): boolean {
  return (
    spanSlots(node).length === nodeSlots(node).spans.length && spanSlots(node).every((slot) => !slot.join)
  );
}

/** @param calls plans of one tool by occurrence; they differ in the names of their slots alone. */
function carriedOf(calls: readonly ToolPlan[]): CarriedChoices | null {
  if (calls.length < 2 || !calls.every((call) => isSingle(call.arguments))) return null;
  const anchor = anchorKey(calls.map((call) => call.arguments));
  if (anchor === null) return null;
  const chosen: string[] = [];
  let combinations: readonly (readonly number[])[] = [[]];
  for (const [key, node] of alwaysThere(calls[0]!.arguments)) {
    if (node.kind !== 'choice' || combinations.length * node.slot.values.length > mostCombinations) continue;
    combinations = combinations.flatMap((before) => node.slot.values.map((_, index) => [...before, index]));
    chosen.push(key);
  }
  if (chosen.length === 0) return null;
  const marks = calls.flatMap(({ arguments: node, occurrence }) => {
    const fields = alwaysThere(node);
    const [copy, slots] = [fields.get(anchor), chosen.map((key) => fields.get(key))];
    if (copy?.kind !== 'span') return [];
    return combinations.map((indices): CarriedMark => {
      const classes = indices.map((index, k) => [nameOf(slots[k]), index] as const);
      return {
        anchor: copy.slot.name,
        occurrence,
        kind: indices.join('/'),
        classes: Object.fromEntries(classes),
      };
    });
  });
  const slots = new Set(marks.flatMap(({ classes }) => Object.keys(classes)));
  return { group: `${calls[0]!.name}+`, slots, marks };
}

function nameOf(node: PlanNode | undefined): string {
  return node?.kind === 'choice' ? node.slot.name : '';
}
