import { canonicalJson } from '../base/json.ts';
import type { Targets } from '../dataset/align.ts';
import type { OutputPlan, PlanNode } from '../dataset/plan.ts';
import type { Evidence } from './decode.ts';

/**
 * Which tools are called, and how often, read off the input where answers call several: each call copies something, and
 * its place stands for the call. Lists of calls are many and each is seen seldom; the calls themselves are few.
 */
export const callGroup = '*';

export interface CallAnchor {
  readonly tool: string;
  readonly slot: string;
  readonly occurrence: number;
}

const known = new WeakMap<OutputPlan, readonly CallAnchor[]>();

/** The value that every call of a tool copies, by tool and occurrence; empty where no answer calls several or a call copies nothing. */
export function callAnchors(plan: OutputPlan): readonly CallAnchor[] {
  const before = known.get(plan);
  if (before !== undefined) return before;
  const found = plan.kind === 'tool-answer' ? anchorsOf(plan) : [];
  known.set(plan, found);
  return found;
}

/** The field that every call of a tool copies for itself, of those that all of its plans have; null for none. */
export function anchorKey(nodes: readonly PlanNode[]): string | null {
  const copied = nodes.map((node) => [...alwaysThere(node)].filter(([, own]) => isCopy(own)));
  return (
    copied[0]?.map(([key]) => key).find((key) => copied.every((own) => own.some(([k]) => k === key))) ?? null
  );
}

/** Fields that every object of this plan has, by key. */
export function alwaysThere(node: PlanNode): ReadonlyMap<string, PlanNode> {
  if (node.kind !== 'object') return new Map();
  return new Map(
    node.fields.flatMap((field) => (field.presence === null ? [[field.key, field.node] as const] : [])),
  );
}

/**
 * Probabilities of the lists of calls where the places of several calls are found: what the tags say takes its own share,
 * the head divides what is left. A single call is the head's to name: one word that looks like a copy proves little.
 */
export function withCallTags(plan: OutputPlan, said: Evidence): Evidence['choices'] {
  if (plan.kind !== 'tool-answer' || said.tag === null || callAnchors(plan).length === 0) return said.choices;
  const head = said.choices.get(plan.choice.name);
  const { targets, probability } = said.tag(callGroup, {} as Targets);
  const target = targets[plan.choice.name];
  if (head === undefined || target?.kind !== 'class') return said.choices;
  const list = plan.choice.values[target.index];
  if (!Array.isArray(list) || list.length < 2) return said.choices;
  const rest = Math.max(1e-9, 1 - head[target.index]!);
  const mixed = head.map((p, k) => (k === target.index ? probability : ((1 - probability) * p) / rest));
  return new Map(said.choices).set(plan.choice.name, mixed);
}

function anchorsOf(plan: OutputPlan & { kind: 'tool-answer' }): CallAnchor[] {
  const lists = plan.choice.values.filter(Array.isArray);
  if (!lists.some((list) => list.length > 1)) return [];
  const called = new Set(lists.flat().map(canonicalJson));
  const anchors: CallAnchor[] = [];
  for (const tool of new Set(plan.tools.map(({ name }) => name))) {
    if (!called.has(canonicalJson(tool))) continue;
    const calls = plan.tools.filter(({ name }) => name === tool);
    const key = anchorKey(calls.map((call) => call.arguments));
    if (key === null) return [];
    for (const { occurrence, arguments: node } of calls) {
      const copy = alwaysThere(node).get(key);
      if (copy?.kind === 'span') anchors.push({ tool, slot: copy.slot.name, occurrence });
    }
  }
  return anchors;
}

function isCopy(node: PlanNode): boolean {
  return node.kind === 'span' && node.missing === undefined && !node.slot.join && !node.slot.common;
}
