import { canonicalJson, isObject, type Json, type JsonObject } from '../../base/json.ts';
import { operands } from '../formula.ts';
import type { ChoiceSlot, ObjectField, PlanNode } from '../plan.ts';
import { inferAfter } from './after.ts';
import { inferFormula } from './formulas.ts';
import { keyOrder } from './keys.ts';
import { inferMasked } from './masked.ts';
import { withApart } from './overlap.ts';
import type { InferNode, InferredNode, ObjectSample, Place, Sample } from './place.ts';
import { inferRecords, isDictionary } from './records.ts';
import { inferShortText } from './shortText.ts';
import { mostRouted, tally } from './values.ts';
import { inferWorded } from './worded.ts';

/** Fields rarer than this are left to the teacher: an answer that has one is not planned. */
const leastPresence = 2;

/** The plan of an object: each field's presence and node, in the teacher's order of keys. */
export function inferObject(samples: readonly Sample[], place: Place, inferNode: InferNode): InferredNode {
  const objects = samples.flatMap((s) => (isObject(s.value) ? [{ value: s.value, input: s.input }] : []));
  if (isDictionary(objects)) {
    const entries = inferRecords(samples, place, inferNode, true);
    if (entries.kind !== 'unknown') return entries;
  }
  const counts = new Map<string, number>();
  for (const { value } of objects)
    for (const key of Object.keys(value)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const keys = keyOrder(
    objects.map((o) => Object.keys(o.value)),
    [...counts.keys()].filter((key) => counts.get(key)! >= Math.min(leastPresence, objects.length)),
  );
  const masked = inferMasked(objects, keys, place.name);
  const drafts = keys.map((key): Draft => {
    const own = having(objects, key);
    const always = own.length === objects.length;
    const name = place.name === '' ? key : `${place.name}.${key}`;
    const schema = fieldSchema(place.schema, key);
    const node =
      masked.get(key) ?? inferNode(own, { name, schema, optional: !always, several: place.several === true });
    return { key, name, node, share: own.length / objects.length };
  });
  const fields: ObjectField[] = [];
  for (const draft of withBeside(withFormulas(drafts, objects), objects, inferNode)) {
    const { key, name, node, share } = draft;
    if (node.kind === 'unknown') {
      const short = inferShortText(having(objects, key), name);
      if (short === null && share > mostRouted) return node;
      // A field that is often left out and free where it is not costs the calls that have it, not the task.
      const presence = short !== null && share === 1 ? null : presenceSlot(name);
      fields.push({ key, presence, node: short ?? { kind: 'text', slot: { name } } });
    } else fields.push({ key, presence: share === 1 ? null : presenceOf(name, node), node });
  }
  const told = derive(fields, objects);
  // Of several calls of a tool the places tell them apart: they are tagged together.
  const node: PlanNode = { kind: 'object', fields: place.several ? told : withApart(told, objects) };
  return inInputOrder(objects, keys, fields) ? { ...node, order: 'input' } : node;
}

/** The values of a field where it is there. */
function having(objects: readonly ObjectSample[], key: string): Sample[] {
  return objects.flatMap((o) => {
    // A field may have the name of something that every object inherits ("constructor").
    const value = Object.hasOwn(o.value, key) ? o.value[key] : undefined;
    return value === undefined ? [] : [{ value, input: o.input }];
  });
}

interface Draft {
  readonly key: string;
  readonly name: string;
  readonly node: InferredNode;
  /** Of the objects, those that have the field. */
  readonly share: number;
}

/**
 * Replaces what is guessed or unknown by a formula over other fields, where one holds: a tax by the net amount, which is a
 * product itself.
 */
function withFormulas(drafts: readonly Draft[], objects: readonly ObjectSample[]): Draft[] {
  const result = [...drafts];
  // What others follow from stays as it is: no two fields follow from each other.
  const used = new Set<string>();
  for (let before = -1; before < countFormulas(result); ) {
    before = countFormulas(result);
    for (const [i, draft] of result.entries()) {
      if (draft.share < 1 || draft.node.kind === 'formula' || used.has(draft.key)) continue;
      const siblings = result.filter(({ key, node }) => key !== draft.key && node.kind !== 'unknown');
      const formula = inferFormula(draft.key, draft.node, siblings, objects);
      if (formula === null) continue;
      for (const key of operands(formula)) used.add(key);
      result[i] = { ...draft, node: { kind: 'formula', formula } };
    }
  }
  return result;
}

/** What says something of other fields is planned by what it says beside them. */
function withBeside(
  drafts: readonly Draft[],
  objects: readonly ObjectSample[],
  inferNode: InferNode,
): Draft[] {
  const result = [...drafts];
  for (const [i, { key, name, node, share }] of drafts.entries()) {
    if (share < 1) continue;
    const beside =
      inferAfter(key, name, node, result, objects) ??
      inferWorded(key, name, node, result, objects, inferNode);
    if (beside !== null) result[i] = { key, name, node: beside, share };
  }
  return result;
}

function countFormulas(drafts: readonly Draft[]): number {
  return drafts.filter(({ node }) => node.kind === 'formula').length;
}

function presenceSlot(name: string): ChoiceSlot {
  return { name: `${name}?`, values: [false, true] };
}

/** A copied field is there where it is found, unless it may also be there and empty. */
function presenceOf(name: string, node: PlanNode): ChoiceSlot | 'found' {
  const read = node.kind === 'masked-span' || (node.kind === 'span' && node.missing === undefined);
  return read ? 'found' : presenceSlot(name);
}

function fieldSchema(schema: JsonObject | null, key: string): JsonObject | null {
  const properties = schema?.['properties'];
  const field = isObject(properties) ? properties[key] : undefined;
  return isObject(field) ? field : null;
}

/** True where keys follow the places of their copied values and no fixed order explains the answers as well. */
function inInputOrder(
  objects: readonly ObjectSample[],
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
function derive(fields: readonly ObjectField[], objects: readonly { value: JsonObject }[]): ObjectField[] {
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
      derived.set(field.key, withHint(node, field));
      break;
    }
  }
  return fields.map((field) => ({ ...field, node: derived.get(field.key) ?? field.node }));
}

/** A coarser choice is easier than the one that decides it, and helps to make it. */
function withHint(node: PlanNode & { kind: 'derived' }, field: ObjectField): PlanNode {
  const own = field.node.kind === 'choice' ? field.node.slot : null;
  return own === null || own.values.length > mostHints * node.values.length ? node : { ...node, hint: own };
}

/** Values of a hint for each value that it speaks for: with more it would only say the same again. */
const mostHints = 0.7;

function follows(
  field: ObjectField,
  source: ObjectField,
  objects: readonly { value: JsonObject }[],
): (PlanNode & { kind: 'derived' }) | null {
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
