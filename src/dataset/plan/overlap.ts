import type { Json, JsonObject } from '../../base/json.ts';
import { alignPart } from '../align.ts';
import type { Target } from '../example.ts';
import { spread } from '../habit.ts';
import type { ObjectField, PlanNode } from '../plan.ts';
import { nodeSlots } from '../planSlots.ts';
import { withoutMentions } from '../worded.ts';
import type { ObjectSample } from './place.ts';

/** Of its copies, the share that lies within other fields from which on a field is tagged by itself. */
const leastWithin = 0.05;

/** Marks the fields whose copies often lie within those of fields before them: "red shoes" and "red". */
export function withApart(fields: readonly ObjectField[], objects: readonly ObjectSample[]): ObjectField[] {
  const counts = new Map<string, { copied: number; within: number }>();
  for (const { value, input } of spread(objects, 400)) {
    const targets: Record<string, Target> = {};
    for (const field of fields) {
      const { key, node } = field;
      const own = Object.hasOwn(value, key) ? value[key] : undefined;
      if (!copies(node) || own === undefined || own === null) continue;
      const count = counts.get(key) ?? { copied: 0, within: 0 };
      counts.set(key, count);
      const [inner, rest] = partOf(node, own, value, input.context);
      const isFree = alignPart(inner, rest, input, targets) === null;
      // Of what failed only the places of others are kept.
      if (!isFree) for (const { name } of nodeSlots(node).spans) delete targets[name];
      if (!isFree && alignPart(inner, rest, input, {}) !== null) continue;
      count.copied++;
      if (!isFree) count.within++;
    }
  }
  return fields.map((field): ObjectField => {
    if (field.node.kind === 'rewritten') {
      // What is copied elsewhere in the answer may well be what is replaced here.
      const others = fields.some((other) => other !== field && nodeSlots(other.node).spans.length > 0);
      return others ? { ...field, node: apart(field.node) } : field;
    }
    const { copied, within } = counts.get(field.key) ?? { copied: 0, within: 0 };
    if (within === 0 || within < leastWithin * copied) return field;
    return { ...field, node: apart(field.node) };
  });
}

function copies(node: PlanNode): boolean {
  return node.kind === 'span' || node.kind === 'template' || node.kind === 'worded';
}

function partOf(
  node: PlanNode,
  own: Json,
  fields: JsonObject,
  context: ObjectSample['input']['context'],
): [PlanNode, Json] {
  if (node.kind !== 'worded' || typeof own !== 'string') return [node, own];
  return [node.node, withoutMentions(own, node.mentions, fields, context)];
}

/** The node with its slots tagged by themselves. */
export function apart<T extends PlanNode>(node: T): T;
export function apart(node: PlanNode): PlanNode {
  switch (node.kind) {
    case 'span':
      return { ...node, slot: { ...node.slot, apart: true } };
    case 'rewritten':
      return {
        ...node,
        changes: node.changes.map((change) => ({ ...change, slot: { ...change.slot, apart: true } })),
      };
    case 'template':
      return { ...node, parts: node.parts.map((part) => (typeof part === 'string' ? part : apart(part))) };
    case 'after':
      return { ...node, by: apart(node.by) };
    case 'worded':
    case 'maybe':
      return { ...node, node: apart(node.node) };
    default:
      return node;
  }
}
