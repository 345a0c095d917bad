import { canonicalJson, isArray, isObject, type Json } from '../../base/json.ts';
import type { PlanNode } from '../plan.ts';
import type { InferNode, InferredNode, Place, Sample } from './place.ts';
import { inferRecords } from './records.ts';
import { inferSpanList } from './span.ts';
import { isClosed, learnable, tally } from './values.ts';
import { inferWordTags } from './wordTags.ts';

/** Below this share of lists in the order of the plan, the order says something of its own. */
const leastOrdered = 0.9;

/** The plan of a list: copied texts, objects with copied fields, one of a few lists, or a set of known values. */
export function inferList(samples: readonly Sample[], place: Place, inferNode: InferNode): InferredNode {
  const lists = samples.map((sample) => (isArray(sample.value) ? sample.value : []));
  const copied = inferWordTags(samples, place) ?? inferSpanList(samples, place.name);
  if (copied !== null) return copied;
  const items = lists.flat();
  // Copies are read off the input even where they are few so far: tomorrow's names are other ones.
  const records = items.every((item) => isObject(item) || isArray(item))
    ? inferRecords(samples, place, inferNode)
    : null;
  if (records !== null && records.kind !== 'unknown') return records;
  const tuple = items.every(isObject) ? inferTuple(samples, lists, place, inferNode) : null;
  if (tuple !== null) return tuple;
  const whole = wholeLists(samples, place.name);
  if (whole !== null && isFew(whole, items)) return whole;
  const set = inferSubset(lists, place.name, samples.length);
  if (set !== null) return set;
  if (whole !== null) return whole;
  return (
    (items.every(isObject) ? records : null) ?? {
      kind: 'unknown',
      reason: `The list ${place.name || 'value'} holds free values that are not copied from the input; a closed set of values, or the input's own words, could be learned.`,
    }
  );
}

const longestTuple = 4;

/** Lists that always have so many objects, each with a plan of its own; null where lengths or items vary. */
function inferTuple(
  samples: readonly Sample[],
  lists: readonly (readonly Json[])[],
  place: Place,
  inferNode: InferNode,
): PlanNode | null {
  const length = lists[0]?.length ?? 0;
  if (length === 0 || length > longestTuple || lists.some((list) => list.length !== length)) return null;
  const items: PlanNode[] = [];
  for (let i = 0; i < length; i++) {
    const own = samples.map(({ input }, s) => ({ value: lists[s]![i]!, input }));
    const node = inferNode(own, { name: `${place.name}[${i}]`, schema: null });
    if (node.kind === 'unknown') return null;
    items.push(node);
  }
  return { kind: 'tuple', items };
}

/** Each list as one value of a choice; null where lists are too many. */
function wholeLists(samples: readonly Sample[], name: string): (PlanNode & { kind: 'choice' }) | null {
  const tallies = tally(samples.map((sample) => sample.value));
  if (!isClosed(tallies, samples.length)) return null;
  const values = learnable(tallies).map((entry) => entry.value);
  return values.length < 2 ? null : { kind: 'choice', slot: { name: name || 'value', values } };
}

/** Fewer lists than values in them: the values go together and are no set to choose from one by one. */
function isFew(whole: PlanNode & { kind: 'choice' }, items: readonly Json[]): boolean {
  return whole.slot.values.length <= tally(items).length;
}

/** A set of known values, each list in the one order; null where the values are no set or orders differ. */
export function inferSubset(
  lists: readonly (readonly Json[])[],
  name: string,
  n: number,
): (PlanNode & { kind: 'subset' }) | null {
  const items = lists.flat();
  const tallies = tally(items);
  const sets = lists.every((list) => new Set(list.map(canonicalJson)).size === list.length);
  if (!sets || !isClosed(tallies, Math.max(items.length, n))) return null;
  const values = orderOf(
    lists,
    learnable(tallies).map((entry) => entry.value),
  );
  const rank = new Map(values.map((value, i) => [canonicalJson(value), i]));
  const several = lists.filter((list) => list.length > 1);
  const ordered = several.filter((list) =>
    list.every((value, i) => i === 0 || rankOf(rank, list[i - 1]!) < rankOf(rank, value)),
  );
  if (ordered.length < leastOrdered * several.length) return null;
  return subsetNode(values, name);
}

function rankOf(rank: ReadonlyMap<string, number>, value: Json): number {
  return rank.get(canonicalJson(value)) ?? -1;
}

function subsetNode(values: readonly Json[], name: string): PlanNode & { kind: 'subset' } {
  return {
    kind: 'subset',
    values,
    slots: values.map((value) => ({
      name: `${name}=${typeof value === 'string' ? value : canonicalJson(value)}`,
      values: [false, true],
    })),
  };
}

/** An order of the values that most lists respect: by mean position, mended by which mostly comes first. */
function orderOf(lists: readonly (readonly Json[])[], values: readonly Json[]): Json[] {
  const rank = new Map(values.map((value) => [canonicalJson(value), { sum: 0, count: 0 }]));
  const before = new Map<string, number>();
  for (const list of lists) {
    const keys = list.map(canonicalJson);
    keys.forEach((key, i) => {
      const entry = rank.get(key);
      if (entry === undefined) return;
      entry.sum += list.length === 1 ? 0.5 : i / (list.length - 1);
      entry.count++;
      for (const later of keys.slice(i + 1)) {
        const pair = `${key}\u0000${later}`;
        before.set(pair, (before.get(pair) ?? 0) + 1);
      }
    });
  }
  const ahead = (a: Json, b: Json): number => before.get(`${canonicalJson(a)}\u0000${canonicalJson(b)}`) ?? 0;
  const mean = (value: Json): number => {
    const entry = rank.get(canonicalJson(value))!;
    return entry.sum / Math.max(1, entry.count);
  };
  const order: Json[] = [];
  for (const value of [...values].sort((a, b) => mean(a) - mean(b))) {
    let at = order.length;
    while (at > 0 && ahead(value, order[at - 1]!) > ahead(order[at - 1]!, value)) at--;
    order.splice(at, 0, value);
  }
  return order;
}
