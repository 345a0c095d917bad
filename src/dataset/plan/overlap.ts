import type { Target } from '../example.ts';
import { spread } from '../habit.ts';
import { nodeSlots, type ObjectField, type PlanNode } from '../plan.ts';
import { alignSpan } from '../spans.ts';
import type { ObjectSample } from './place.ts';

/** Of its copies, the share that lies within other fields from which on a field is tagged by itself. */
const leastWithin = 0.05;

/** Marks the fields whose copies often lie within those of fields before them: "red shoes" and "red". */
export function withApart(fields: readonly ObjectField[], objects: readonly ObjectSample[]): ObjectField[] {
  const counts = new Map<string, { copied: number; within: number }>();
  for (const { value, input } of spread(objects, 400)) {
    const targets: Record<string, Target> = {};
    for (const { key, node } of fields) {
      const own = Object.hasOwn(value, key) ? value[key] : undefined;
      if (node.kind !== 'span' || own === undefined || own === null) continue;
      const count = counts.get(key) ?? { copied: 0, within: 0 };
      counts.set(key, count);
      const isFree = alignSpan(node.slot, own, input, targets) === null;
      // Of what failed only the places of others are kept.
      if (!isFree) delete targets[node.slot.name];
      if (!isFree && alignSpan(node.slot, own, input, {}) !== null) continue;
      count.copied++;
      if (!isFree) count.within++;
    }
  }
  return fields.map((field): ObjectField => {
    if (field.node.kind === 'rewritten') {
      const others = fields.some((other) => other !== field && nodeSlots(other.node).spans.length > 0);
      return others ? { ...field, node: apartFrom(field.node) } : field;
    }
    const { copied, within } = counts.get(field.key) ?? { copied: 0, within: 0 };
    if (field.node.kind !== 'span' || within === 0 || within < leastWithin * copied) return field;
    return { ...field, node: { ...field.node, slot: { ...field.node.slot, apart: true } } };
  });
}

/** What is copied elsewhere in the answer may well be what is replaced here. */
function apartFrom(node: PlanNode & { kind: 'rewritten' }): PlanNode {
  return {
    ...node,
    changes: node.changes.map((change) => ({ ...change, slot: { ...change.slot, apart: true } })),
  };
}
