import { canonicalJson, isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { ChoiceSlot, ObjectField, PlanNode } from '../plan.ts';
import { inferMasked } from './masked.ts';
import type { InferNode, InferredNode, Place, Sample } from './place.ts';
import { tally } from './values.ts';

/** Fields rarer than this are left to the teacher: an answer that has one is not planned. */
const leastPresence = 2;

/** The plan of an object: each field's presence and node, in the teacher's order of keys. */
export function inferObject(samples: readonly Sample[], place: Place, inferNode: InferNode): InferredNode {
  const objects = samples.flatMap((s) => (isObject(s.value) ? [{ value: s.value, input: s.input }] : []));
  const counts = new Map<string, number>();
  for (const { value } of objects)
    for (const key of Object.keys(value)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const keys = keyOrder(
    objects.map((o) => Object.keys(o.value)),
    [...counts.keys()].filter((key) => counts.get(key)! >= Math.min(leastPresence, objects.length)),
  );
  const fields: ObjectField[] = [];
  const masked = inferMasked(objects, keys, place.name);
  for (const key of keys) {
    const always = counts.get(key) === objects.length;
    const having = objects.flatMap((o) => {
      const value = o.value[key];
      return value === undefined ? [] : [{ value, input: o.input }];
    });
    const name = place.name === '' ? key : `${place.name}.${key}`;
    const node =
      masked.get(key) ??
      inferField(inferNode, having, { name, schema: fieldSchema(place.schema, key), optional: !always });
    if (node.kind === 'unknown') {
      if (having.length > 0.5 * objects.length) return node;
      // A rare free field costs the calls that have it, not the task.
      fields.push({ key, presence: presenceSlot(name), node: { kind: 'text', slot: { name } } });
      continue;
    }
    fields.push({ key, presence: always ? null : presenceOf(name, node), node });
  }
  const node: PlanNode = { kind: 'object', fields: derive(fields, objects, place.name) };
  return inInputOrder(objects, keys, fields) ? { ...node, order: 'input' } : node;
}

function inferField(inferNode: InferNode, samples: readonly Sample[], place: Place): InferredNode {
  const some = samples.filter((sample) => sample.value !== null);
  if (some.length === samples.length || some.length === 0) return inferNode(samples, place);
  const node = inferNode(some, place);
  if (node.kind === 'span') return { ...node, nullable: true };
  if (node.kind === 'choice' || node.kind === 'constant') {
    const values = node.kind === 'choice' ? node.slot.values : [node.value];
    return { kind: 'choice', slot: { name: place.name, values: [...values, null] } };
  }
  return {
    kind: 'unknown',
    reason: `The field ${place.name} is sometimes null and sometimes not, in a way no plan covers.`,
  };
}

function presenceSlot(name: string): ChoiceSlot {
  return { name: `${name}?`, values: [false, true] };
}

function presenceOf(name: string, node: PlanNode): ChoiceSlot | 'found' {
  return node.kind === 'span' || node.kind === 'masked-span' ? 'found' : presenceSlot(name);
}

function fieldSchema(schema: JsonObject | null, key: string): JsonObject | null {
  const properties = schema?.['properties'];
  const field = isObject(properties) ? properties[key] : undefined;
  return isObject(field) ? field : null;
}

/** One order of the keys that the most objects respect: each key after all keys that mostly precede it. */
export function keyOrder(lists: readonly (readonly string[])[], keys: readonly string[]): string[] {
  const position = new Map(keys.map((key) => [key, { sum: 0, count: 0 }]));
  const before = new Map<string, number>();
  for (const list of lists) {
    list.forEach((key, i) => {
      const entry = position.get(key);
      if (entry === undefined) return;
      entry.sum += i;
      entry.count++;
      for (const later of list.slice(i + 1))
        before.set(`${key}\u0000${later}`, (before.get(`${key}\u0000${later}`) ?? 0) + 1);
    });
  }
  const mean = (key: string): number => position.get(key)!.sum / Math.max(1, position.get(key)!.count);
  const ahead = (a: string, b: string): number => before.get(`${a}\u0000${b}`) ?? 0;
  const sorted = [...keys].sort((a, b) => mean(a) - mean(b));
  // Insertion by pairwise precedence mends what mean positions of optional keys get wrong.
  const order: string[] = [];
  for (const key of sorted) {
    let at = order.length;
    while (at > 0 && ahead(key, order[at - 1]!) > ahead(order[at - 1]!, key)) at--;
    order.splice(at, 0, key);
  }
  return order;
}

/** True where keys follow the places of their copied values and no fixed order explains the answers as well. */
function inInputOrder(
  objects: readonly { value: JsonObject; input: Sample['input'] }[],
  keys: readonly string[],
  fields: readonly ObjectField[],
): boolean {
  const spans = new Set(fields.filter((field) => field.node.kind === 'span').map((field) => field.key));
  if (spans.size < 2) return false;
  const rank = new Map(keys.map((key, i) => [key, i]));
  let byInput = 0;
  let byPlan = 0;
  for (const { value, input } of objects) {
    const own = Object.keys(value).filter((key) => spans.has(key));
    if (own.length < 2) continue;
    const text = Object.values(input.slots).join('\n');
    const places = own.map((key) => text.indexOf(String(value[key])));
    if (places.some((place) => place < 0)) continue;
    byInput += isSorted(places) ? 1 : 0;
    byPlan += isSorted(own.map((key) => rank.get(key) ?? 0)) ? 1 : 0;
  }
  return byInput > byPlan;
}

function isSorted(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || values[i - 1]! <= value);
}

/** Replaces a choice by a derived node where another choice of the same object always decides it. */
function derive(
  fields: readonly ObjectField[],
  objects: readonly { value: JsonObject }[],
  scope: string,
): ObjectField[] {
  const choices = fields.filter((field) => field.presence === null && field.node.kind === 'choice');
  const size = (field: ObjectField): number =>
    field.node.kind === 'choice' ? field.node.slot.values.length : 0;
  const ordered = [...choices].sort((a, b) => size(b) - size(a));
  const derived = new Map<string, PlanNode>();
  for (const field of ordered) {
    for (const source of ordered) {
      if (source === field || derived.has(source.key) || size(source) < size(field)) continue;
      const node = follows(field, source, objects);
      if (node === null) continue;
      derived.set(field.key, node);
      break;
    }
  }
  void scope;
  return fields.map((field) => ({ ...field, node: derived.get(field.key) ?? field.node }));
}

function follows(
  field: ObjectField,
  source: ObjectField,
  objects: readonly { value: JsonObject }[],
): PlanNode | null {
  if (source.node.kind !== 'choice') return null;
  const pairs = new Map<string, Json[]>();
  for (const { value } of objects) {
    const key = canonicalJson(value[source.key] ?? null);
    const list = pairs.get(key) ?? [];
    list.push(value[field.key] ?? null);
    pairs.set(key, list);
  }
  let violations = 0;
  const values: Json[] = [];
  for (const chosen of source.node.slot.values) {
    const seen = tally(pairs.get(canonicalJson(chosen)) ?? []);
    const total = seen.reduce((sum, entry) => sum + entry.count, 0);
    values.push(seen[0]?.value ?? null);
    violations += total - (seen[0]?.count ?? 0);
  }
  // A function of something with as many values as there are calls would be no function but a list.
  if (source.node.slot.values.length > objects.length / 3) return null;
  return violations <= 0.002 * objects.length
    ? { kind: 'derived', from: source.node.slot.name, values }
    : null;
}
