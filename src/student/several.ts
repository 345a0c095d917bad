import { canonicalJson, type Json } from '../base/json.ts';
import {
  isCalledAgain,
  nodeSlots,
  type OutputPlan,
  type PlanNode,
  spanSlots,
  type ToolPlan,
} from '../dataset/plan.ts';

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
  /** The choices in short: the same for the same choices of every call. */
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

function carriedOf(calls: readonly ToolPlan[]): CarriedChoices | null {
  if (calls.length < 2 || !calls.every((call) => isSingle(call.arguments))) return null;
  const fields = calls.map((call) => alwaysThere(call.arguments));
  const keys = [...fields[0]!.keys()].filter((key) => fields.every((own) => own.has(key)));
  const anchor = keys.find((key) =>
    fields.every((own) => {
      const node = own.get(key)!;
      return node.kind === 'span' && node.missing === undefined;
    }),
  );
  if (anchor === undefined) return null;
  let combinations: readonly (readonly Json[])[] = [[]];
  const chosen: string[] = [];
  for (const key of keys) {
    const values = valuesOf(fields.map((own) => own.get(key)!));
    if (values === null || combinations.length * values.length > mostCombinations) continue;
    combinations = combinations.flatMap((before) => values.map((value) => [...before, value]));
    chosen.push(key);
  }
  if (chosen.length === 0) return null;
  const marks = calls.flatMap((call, c) =>
    combinations.flatMap((values): CarriedMark[] => {
      const classes = classesOf(
        chosen.map((key) => fields[c]!.get(key)!),
        values,
      );
      const node = fields[c]!.get(anchor)!;
      if (classes === null || node.kind !== 'span') return [];
      const kind = values.map((value) => canonicalJson(value)).join('/');
      return [{ anchor: node.slot.name, occurrence: call.occurrence, kind, classes }];
    }),
  );
  const slots = new Set(marks.flatMap(({ classes }) => Object.keys(classes)));
  return { group: `${calls[0]!.name}+`, slots, marks };
}

function alwaysThere(node: PlanNode): ReadonlyMap<string, PlanNode> {
  if (node.kind !== 'object') return new Map();
  return new Map(
    node.fields.flatMap((field) => (field.presence === null ? [[field.key, field.node] as const] : [])),
  );
}

/** The values that any call chooses here, be it always one; null where they are not chosen. */
function valuesOf(nodes: readonly PlanNode[]): readonly Json[] | null {
  const values = new Map<string, Json>();
  for (const node of nodes) {
    if (node.kind !== 'choice' && node.kind !== 'constant') return null;
    for (const value of offered(node)) values.set(canonicalJson(value), value);
  }
  return values.size < 2 ? null : [...values.values()];
}

function offered(node: PlanNode & { kind: 'choice' | 'constant' }): readonly Json[] {
  return node.kind === 'choice' ? node.slot.values : [node.value];
}

/** null where a call has never been seen with one of the values. */
function classesOf(nodes: readonly PlanNode[], values: readonly Json[]): Record<string, number> | null {
  const classes: Record<string, number> = {};
  for (const [k, node] of nodes.entries()) {
    if (node.kind !== 'choice' && node.kind !== 'constant') return null;
    const key = canonicalJson(values[k]!);
    const index = offered(node).findIndex((value) => canonicalJson(value) === key);
    if (index < 0) return null;
    if (node.kind === 'choice') classes[node.slot.name] = index;
  }
  return classes;
}
