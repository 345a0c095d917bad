import { canonicalJson, isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { ModelInput, Target } from '../example.ts';
import { spread } from '../habit.ts';
import { isBare } from '../literals.ts';
import { normalise } from '../normaliser.ts';
import type { RecordList, RecordSpan, SpanSlot } from '../plan.ts';
import { alignRecords } from '../records.ts';
import { alignSpan } from '../spans.ts';
import { keyOrder } from './keys.ts';
import type { InferNode, InferredNode, Place, Sample } from './place.ts';
import { inferSpan } from './span.ts';
import { isClosed, learnable, tally } from './values.ts';

/** More combinations of closed fields would leave each tag too few examples. */
const mostCombinations = 24;
/** Fewer sightings of a combination teach nothing. */
const leastSeen = 3;
/** Lists must be found in the input at least this often. */
const leastAligned = 0.7;

interface Item {
  readonly value: JsonObject;
  readonly input: ModelInput;
}

/** The plan of a list of objects, each with at least one field that is copied from the input. */
export function inferRecords(samples: readonly Sample[], place: Place, inferNode: InferNode): InferredNode {
  const items = samples.flatMap(({ value, input }) =>
    isArray(value) ? value.flatMap((item): Item[] => (isObject(item) ? [{ value: item, input }] : [])) : [],
  );
  if (items.length === 0) return unknown(place, 'it is always empty');
  const keys = keysOf(items);
  const constants: Record<string, Json> = {};
  const closed: string[] = [];
  const omitted: string[] = [];
  const spans: (Pick<RecordSpan, 'key' | 'slot' | 'absent'> & { readonly always: boolean })[] = [];
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
    const found = spanOf(given, key, name) ?? spelledOf(given, key, name);
    const counted = found === null && own.length === items.length ? countOf(given, key, name) : null;
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
    } else return freeField(items, key, place, inferNode);
  }
  const anchor = spans.find((span) => span.always);
  if (anchor === undefined) return unknown(place, 'no field of its items is always copied from the input');
  const combinations = combinationsOf(items, closed);
  if (combinations === null) return unknown(place, 'its items have too many kinds');
  const base = {
    kind: 'record-list',
    name: place.name || 'value',
    keys,
    constants,
    closed,
    omitted,
    combinations,
    anchor: anchor.key,
    spans: spans.flatMap((span) => slotsOf(span, span === anchor ? combinations : null)),
  } as const;
  return withRule(base, samples) ?? unknown(place, 'its items cannot be found in the input in their order');
}

function keysOf(items: readonly Item[]): string[] {
  const counts = new Map<string, number>();
  for (const { value } of items)
    for (const key of Object.keys(value)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return keyOrder(
    items.map(({ value }) => Object.keys(value)),
    [...counts.keys()].filter((key) => counts.get(key)! >= 2),
  );
}

function spanOf(items: readonly Item[], key: string, name: string): SpanSlot | null {
  if (items.length === 0) return null;
  const own = items.map((item) => ({ value: item.value[key]!, input: item.input }));
  const span = inferSpan(own, name);
  if (span === null || span.node.kind !== 'span') return null;
  const few = isClosed(tally(own.map((sample) => sample.value)), own.length);
  return few && span.copied < 0.97 ? null : { ...span.node.slot, join: null };
}

/** "Two lemonades" are a "lemonade", "fries" are "fries": values of a closed set, found in whatever number they stand. */
function spelledOf(items: readonly Item[], key: string, name: string): SpanSlot | null {
  const values = items.map((item) => item.value[key]!);
  const tallies = tally(values);
  if (!values.every((value) => typeof value === 'string') || !isClosed(tallies, values.length)) return null;
  const normalisers = ['stem'];
  const spelled = Object.fromEntries(
    learnable(tallies).map(({ value }) => [normalise(String(value), normalisers) ?? '', String(value)]),
  );
  if (Object.keys(spelled).length < learnable(tallies).length) return null;
  const slot: SpanSlot = { name, normalisers, type: 'string', join: null, spelled };
  const some = spread(items, 400);
  const found = some.filter(({ value, input }) => alignSpan(slot, value[key]!, input, {}) === null);
  return found.length >= 0.97 * some.length ? slot : null;
}

/** A number that is copied where it is not the usual one: "a cola and two coffees". */
function countOf(
  items: readonly Item[],
  key: string,
  name: string,
): Pick<RecordSpan, 'slot' | 'absent'> | null {
  const [usual] = tally(items.map((item) => item.value[key]!));
  if (typeof usual?.value !== 'number' || items.length - usual.count < 10) return null;
  const slot = spanOf(
    items.filter((item) => item.value[key] !== usual.value),
    key,
    name,
  );
  return slot === null ? null : { slot, absent: { value: usual.value } };
}

/** A single value that is always found in the input is a copy all the same, where there are few items. */
function isCopiedOnce(items: readonly Item[], key: string): boolean {
  return items.length < 20 && spanOf(items, key, key) !== null;
}

/** Bare values of a closed set; flags are one however few. */
function isBareChoice(values: readonly Json[]): boolean {
  const flags = values.every((value) => typeof value === 'boolean');
  return values.every(isBare) && (flags || isClosed(tally(values), values.length));
}

function combinationsOf(items: readonly Item[], closed: readonly string[]): Json[][] | null {
  if (closed.length === 0) return [[]];
  const tallies = tally(items.map(({ value }) => closed.map((key) => value[key] ?? null)));
  const kept = tallies.filter((entry) => entry.count >= leastSeen);
  const covered = kept.reduce((sum, entry) => sum + entry.count, 0);
  if (kept.length > mostCombinations || covered < 0.9 * items.length) return null;
  return kept.flatMap((entry) => (isArray(entry.value) ? [[...entry.value]] : []));
}

function slotsOf(
  span: Pick<RecordSpan, 'key' | 'slot' | 'absent'>,
  combinations: readonly (readonly Json[])[] | null,
): RecordSpan[] {
  const { key, slot, absent } = span;
  if (combinations === null) return [{ key, slot, combination: null, absent }];
  return combinations.map((values, combination) => {
    const kind = values.map((value) => (typeof value === 'string' ? value : canonicalJson(value))).join('/');
    const name = kind === '' ? slot.name : `${slot.name}=${kind}`;
    return { key, slot: { ...slot, name }, combination, absent };
  });
}

/** The rule of grouping under which the most lists come back as they were. */
function withRule(base: Omit<RecordList, 'rule'>, samples: readonly Sample[]): RecordList | null {
  const some = spread(
    samples.filter(({ value }) => isArray(value) && value.length > 0),
    200,
  );
  let best: { node: RecordList; share: number } | null = null;
  const rules = (['repeat', 'order', 'line', 'near'] as const).map((rule): RecordList => ({ ...base, rule }));
  for (const node of [...rules, { ...base, rule: 'order', sequence: sequenceOf(base, samples) } as const]) {
    const hits = some.filter(({ value, input }) => alignRecords(node, value, input, {}) === null);
    const share = hits.length / Math.max(1, some.length);
    if (best === null || share > best.share + 0.005) best = { node, share };
  }
  return best !== null && best.share >= leastAligned ? best.node : null;
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
function freeField(items: readonly Item[], key: string, place: Place, inferNode: InferNode): InferredNode {
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
