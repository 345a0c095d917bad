import { canonicalJson, isArray, isObject, type Json } from '../../base/json.ts';
import type { Target } from '../example.ts';
import { spread } from '../habit.ts';
import { type ItemForm, itemsOf, nestedForm } from '../itemForms.ts';
import { isBare } from '../literals.ts';
import type { Formula, RecordList, RecordSpan, SpanSlot } from '../plan.ts';
import { alignRecords, closedValues } from '../records.ts';
import { inferFormula } from './formulas.ts';
import { keyOrder } from './keys.ts';
import type { InferNode, InferredNode, ObjectSample, Place, Sample } from './place.ts';
import { copiedField, countedField, isCopiedOnce } from './recordFields.ts';
import { isClosed, tally } from './values.ts';

/** More combinations of closed fields would leave each tag too few examples. */
const mostCombinations = 24;
/** Fewer sightings of a combination teach nothing. */
const leastSeen = 3;
/** Lists must be found in the input at least this often. */
const leastAligned = 0.7;

/** A field that items copy. */
type Copied = Pick<RecordSpan, 'key' | 'slot' | 'absent'> & { readonly always: boolean };

/** The plan of lists of records in any form. */
export function inferRecords(
  samples: readonly Sample[],
  place: Place,
  inferNode: InferNode,
  dictionary?: true,
): InferredNode {
  const asLists = samples.flatMap(({ value, input }) => {
    const list = itemsOf(dictionary ? { dictionary } : {}, value);
    return list === null ? [] : [{ value: list, input }];
  });
  const nested = nestedForm(asLists.map(({ value }) => value));
  if (nested === null) return flatRecords(asLists, place, inferNode);
  const form: ItemForm = { ...nested, ...(dictionary ? { dictionary } : {}) };
  const flat = nested.nested
    ? samples.map(({ value, input }) => ({ value: itemsOf(form, value) ?? [], input }))
    : asLists;
  const node = flatRecords(flat, place, inferNode);
  return node.kind === 'record-list' && Object.keys(form).length > 0 ? { ...node, form } : node;
}

/** Keys of an object, of which so many are names of their own and no fields. */
const manyKeys = 30;

/** Is this object a dictionary: are its keys no closed set? */
export function isDictionary(objects: readonly ObjectSample[]): boolean {
  const keys = tally(objects.flatMap(({ value }) => Object.keys(value)));
  const all = keys.reduce((sum, { count }) => sum + count, 0);
  return keys.length > manyKeys && keys[0]!.count < objects.length / 2 && !isClosed(keys, all);
}

/** The plan of a list of objects, each with at least one field that is copied from the input. */
function flatRecords(samples: readonly Sample[], place: Place, inferNode: InferNode): InferredNode {
  const items = samples.flatMap(({ value, input }) =>
    isArray(value)
      ? value.flatMap((item): ObjectSample[] => (isObject(item) ? [{ value: item, input }] : []))
      : [],
  );
  if (items.length === 0) return unknown(place, 'it is always empty');
  const keys = keysOf(items);
  const constants: Record<string, Json> = {};
  const closed: string[] = [];
  const omitted: string[] = [];
  const mixed: string[] = [];
  const spans: Copied[] = [];
  const formulas = new Map<string, Formula>();
  const copies = new Map(keys.map((key) => [key, copiedWhere(items, key, `${place.name}[].${key}`)]));
  for (const key of keys) {
    const own = items.filter((item) => item.value[key] !== undefined);
    const given = own.filter((item) => item.value[key] !== null);
    const values = own.map((item) => item.value[key]!);
    const tallies = tally(values);
    if (tallies.length === 1 && own.length === items.length && !isCopiedOnce(own, key)) {
      constants[key] = values[0]!;
      continue;
    }
    const name = `${place.name}[].${key}`;
    const found = copies.get(key) ?? null;
    const formula =
      found === null && own.length === items.length ? reckoned(key, keys, copies, formulas, items) : null;
    if (formula !== null) {
      formulas.set(key, formula);
      continue;
    }
    const counted = found === null && own.length === items.length ? countedField(given, key, name) : null;
    if (found !== null)
      spans.push({
        key,
        slot: found,
        absent: given.length < own.length ? 'null' : 'omit',
        always: given.length === items.length,
      });
    else if (counted !== null) spans.push({ key, ...counted, always: false });
    else if (isBareChoice(values) && (own.length === items.length || given.length === own.length)) {
      closed.push(key);
      if (own.length < items.length) omitted.push(key);
    } else mixed.push(key);
  }
  const combinations = combinationsOf(items, closed);
  if (mixed.length > 1 || combinations === null) {
    const free = mixed[0];
    return free === undefined
      ? unknown(place, 'its items have too many kinds')
      : freeField(items, free, place, inferNode);
  }
  const anchor = anchorOf(spans, combinations) ?? mixedAnchor(items, mixed, closed, combinations, place.name);
  if (anchor === null)
    return mixed.length > 0
      ? freeField(items, mixed[0]!, place, inferNode)
      : unknown(place, 'no field of its items is always copied from the input');
  const key = anchor[0]!.key;
  const others = spans.filter((span) => span.key !== key);
  const base = {
    kind: 'record-list',
    name: place.name || 'value',
    keys,
    constants,
    closed,
    omitted,
    combinations,
    ...(formulas.size > 0 ? { formulas: Object.fromEntries(formulas) } : {}),
    anchor: key,
    spans: [
      ...anchor,
      ...others.map(({ slot, absent, key: own }) => ({ key: own, slot, absent, combination: null })),
    ],
  } as const;
  return withRule(base, samples) ?? unknown(place, 'its items cannot be found in the input in their order');
}

function copiedWhere(items: readonly ObjectSample[], key: string, name: string): SpanSlot | null {
  const given = items.filter(({ value }) => value[key] !== undefined && value[key] !== null);
  return copiedField(given, key, name);
}

/** What a field of an item follows from: its copied fields, and what follows from those. */
function reckoned(
  key: string,
  keys: readonly string[],
  copies: ReadonlyMap<string, SpanSlot | null>,
  before: ReadonlyMap<string, Formula>,
  items: readonly ObjectSample[],
): Formula | null {
  const siblings = keys.flatMap((other): { key: string; node: InferredNode }[] => {
    const slot = other === key ? null : (copies.get(other) ?? null);
    const formula = before.get(other);
    if (slot !== null) return [{ key: other, node: { kind: 'span', slot } }];
    return formula === undefined ? [] : [{ key: other, node: { kind: 'formula', formula } }];
  });
  if (siblings.length === 0) return null;
  const formula = inferFormula(key, { kind: 'unknown', reason: '' }, siblings, items);
  return formula?.kind === 'measure' ? null : formula;
}

function keysOf(items: readonly ObjectSample[]): string[] {
  const counts = new Map<string, number>();
  for (const { value } of items)
    for (const key of Object.keys(value)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return keyOrder(
    items.map(({ value }) => Object.keys(value)),
    [...counts.keys()].filter((key) => counts.get(key)! >= 2),
  );
}

/** Bare values of a closed set; flags are one however few. */
function isBareChoice(values: readonly Json[]): boolean {
  const flags = values.every((value) => typeof value === 'boolean');
  return values.every(isBare) && (flags || isClosed(tally(values), values.length));
}

function combinationsOf(items: readonly ObjectSample[], closed: readonly string[]): Json[][] | null {
  if (closed.length === 0) return [[]];
  const tallies = tally(items.map(({ value }) => closed.map((key) => value[key] ?? null)));
  const kept = tallies.filter((entry) => entry.count >= leastSeen);
  const covered = kept.reduce((sum, entry) => sum + entry.count, 0);
  if (kept.length > mostCombinations || covered < 0.9 * items.length) return null;
  return kept.flatMap((entry) => (isArray(entry.value) ? [[...entry.value]] : []));
}

/** The first field that every item copies, with a slot for each combination; null where there is none. */
function anchorOf(
  spans: readonly Copied[],
  combinations: readonly (readonly Json[])[],
): readonly RecordSpan[] | null {
  const always = spans.find((span) => span.always);
  if (always === undefined) return null;
  const { key, slot, absent } = always;
  return combinations.map((values, combination) => {
    return { key, slot: { ...slot, name: nameOf(slot.name, values) }, combination, absent };
  });
}

/**
 * A field that each combination copies in its own way: of filters a brand, a colour, the number of a price. null where
 * one of them does not.
 */
function mixedAnchor(
  items: readonly ObjectSample[],
  mixed: readonly string[],
  closed: readonly string[],
  combinations: readonly (readonly Json[])[],
  list: string,
): readonly RecordSpan[] | null {
  const [key] = mixed;
  if (key === undefined || closed.length === 0) return null;
  const anchor = combinations.flatMap((values, combination): RecordSpan[] => {
    const wanted = canonicalJson([...values]);
    const own = items.filter(({ value }) => closedValues(value, closed) === wanted);
    const isThere = own.every(({ value }) => value[key] !== undefined && value[key] !== null);
    const slot = isThere ? copiedField(own, key, nameOf(`${list}[].${key}`, values)) : null;
    return slot === null ? [] : [{ key, slot, combination, absent: 'omit' }];
  });
  return anchor.length === combinations.length ? anchor : null;
}

/** A slot's name with its combination of closed values, if there is any. */
function nameOf(slot: string, combination: readonly Json[]): string {
  const words = combination.map((value) => (typeof value === 'string' ? value : canonicalJson(value)));
  return words.length === 0 ? slot : `${slot}=${words.join('/')}`;
}

/** The rule of grouping under which the most lists come back as they were. */
function withRule(base: Omit<RecordList, 'rule'>, samples: readonly Sample[]): RecordList | null {
  const some = spread(
    samples.filter(({ value }) => isArray(value) && value.length > 0),
    200,
  );
  let best: { node: RecordList; share: number } | null = null;
  for (const node of candidates(base, samples)) {
    if (best !== null && best.share > 0.995) break;
    const hits = some.filter(({ value, input }) => alignRecords(node, value, input, {}) === null);
    const share = hits.length / Math.max(1, some.length);
    if (best === null || share > best.share + 0.005) best = { node, share };
  }
  return best !== null && best.share >= leastAligned ? best.node : null;
}

function* candidates(base: Omit<RecordList, 'rule'>, samples: readonly Sample[]): Generator<RecordList> {
  const rules = ['repeat', 'order', 'line', 'near'] as const;
  for (const rule of rules) yield { ...base, rule };
  yield { ...base, rule: 'order', sequence: sequenceOf(base, samples) };
  if (base.combinations.length < 2) return;
  const sorted = byKind(base, samples);
  for (const rule of rules) yield { ...sorted, rule };
}

/** The same list with its kinds in the order in which answers have them: by the mean of their places in a list. */
function byKind(base: Omit<RecordList, 'rule'>, samples: readonly Sample[]): Omit<RecordList, 'rule'> {
  const places = new Map<string, { sum: number; n: number }>();
  for (const { value } of samples)
    (isArray(value) ? value : []).forEach((item, i) => {
      if (!isObject(item)) return;
      const kind = closedValues(item, base.closed);
      const own = places.get(kind) ?? { sum: 0, n: 0 };
      places.set(kind, { sum: own.sum + i, n: own.n + 1 });
    });
  const mean = (combination: number): number => {
    const own = places.get(canonicalJson([...base.combinations[combination]!]));
    return own === undefined ? 0 : own.sum / own.n;
  };
  const order = [...base.combinations.keys()].sort((a, b) => mean(a) - mean(b));
  const spans = base.spans.map((span) =>
    span.combination === null ? span : { ...span, combination: order.indexOf(span.combination) },
  );
  return { ...base, byKind: true, combinations: order.map((k) => base.combinations[k]!), spans };
}

/** Fields in the order of the input, by their mean places in lists of one item, where nothing can be mixed up. */
function sequenceOf(base: Omit<RecordList, 'rule'>, samples: readonly Sample[]): string[] {
  const single = spread(
    samples.filter(({ value }) => isArray(value) && value.length === 1),
    200,
  );
  const ranks = new Map<string, { sum: number; n: number }>();
  for (const { value, input } of single) {
    const targets: Record<string, Target> = {};
    if (alignRecords({ ...base, rule: 'near' }, value, input, targets) !== null) continue;
    const starts = base.spans.flatMap(({ key, slot }) => {
      const target = targets[slot.name];
      const start = target?.kind === 'spans' ? target.spans[0]?.start : undefined;
      return start === undefined ? [] : [{ key, start }];
    });
    const anchor = starts.find(({ key }) => key === base.anchor)?.start ?? 0;
    for (const { key, start } of starts) {
      const own = ranks.get(key) ?? { sum: 0, n: 0 };
      ranks.set(key, { sum: own.sum + Math.sign(start - anchor) + (start - anchor) / 1000, n: own.n + 1 });
    }
  }
  const mean = (key: string): number => {
    const own = ranks.get(key);
    return own === undefined ? 0 : own.sum / own.n;
  };
  return [...base.keys].sort((a, b) => mean(a) - mean(b));
}

/** Why a field of the items cannot be planned, in the words of the field's own inference. */
function freeField(
  items: readonly ObjectSample[],
  key: string,
  place: Place,
  inferNode: InferNode,
): InferredNode {
  const own = items.flatMap(({ value, input }) => {
    const field = value[key];
    return field === undefined ? [] : [{ value: field, input }];
  });
  const node = inferNode(own, { name: `${place.name}[].${key}`, schema: null });
  if (node.kind === 'unknown') return node;
  return unknown(place, `the field ${key} of its items is no plain copy`);
}

function unknown(place: Place, why: string): InferredNode {
  return { kind: 'unknown', reason: `The list ${place.name || 'value'} cannot be planned: ${why}.` };
}
