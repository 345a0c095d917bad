import { canonicalJson, isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import { inferObject } from './object.ts';
import type { InferredNode, Place, Sample } from './place.ts';
import { inferSpan, inferSpanList } from './span.ts';
import { isClosed, learnable, tally } from './values.ts';

/** The simplest node that expresses (nearly) all of the values. */
export function inferNode(samples: readonly Sample[], place: Place): InferredNode {
  const values = samples.map((sample) => sample.value);
  const tallies = tally(values);
  const optional = place.optional === true ? inferSpan(samples, place.name) : null;
  // What is sometimes left out and always copied is read off the input, even where it takes few values.
  if (optional !== null && optional.copied >= 0.97 && values.every((v) => typeof v !== 'boolean'))
    return optional.node;
  if (tallies.length === 1 && !isOpenSchema(place.schema, tallies[0]!.value, samples.length))
    return { kind: 'constant', value: tallies[0]!.value };
  if (share(values, isObject) >= 0.95 && place.name !== '?') return inferObject(samples, place, inferNode);
  if (share(values, isArray) >= 0.95) return inferList(samples, place);
  const listed = schemaEnum(place.schema);
  if (listed === null) {
    const span = inferSpan(samples, place.name);
    if (span !== null && !(isClosed(tallies, samples.length) && span.copied < 0.97)) return span.node;
  }
  const closed = listed !== null || values.every((v) => typeof v === 'boolean' || v === null);
  if (closed || isClosed(tallies, samples.length)) {
    const kept = learnable(tallies).map((entry) => entry.value);
    if (kept.length === 1) return { kind: 'constant', value: kept[0]! };
    if (kept.length > 1) return { kind: 'choice', slot: { name: place.name || 'value', values: kept } };
  }
  return {
    kind: 'unknown',
    reason: `The field ${place.name || 'value'} is free: ${tallies.length} different values in ${samples.length} answers, not copied from the input.`,
  };
}

/** A single observed value of an open type is a constant only once it has been seen often. */
function isOpenSchema(schema: JsonObject | null, value: Json, n: number): boolean {
  return schema !== null && schema['enum'] === undefined && typeof value === 'string' && n < 20;
}

function inferList(samples: readonly Sample[], place: Place): InferredNode {
  const lists = samples.map((sample) => (isArray(sample.value) ? sample.value : []));
  const items = lists.flat();
  const tallies = tally(items);
  const span = inferSpanList(samples, place.name);
  if (span !== null) return span;
  const sets = lists.every((list) => new Set(list.map(canonicalJson)).size === list.length);
  if (sets && isClosed(tallies, Math.max(items.length, samples.length))) {
    const values = orderOf(
      lists,
      learnable(tallies).map((entry) => entry.value),
    );
    return {
      kind: 'subset',
      values,
      slots: values.map((value) => ({ name: `${place.name}=${String(value)}`, values: [false, true] })),
    };
  }
  return {
    kind: 'unknown',
    reason: `The list ${place.name || 'value'} holds free values that are not copied from the input.`,
  };
}

/** An order of the values that most lists respect: by mean position. */
function orderOf(lists: readonly (readonly Json[])[], values: readonly Json[]): Json[] {
  const rank = new Map(values.map((value) => [canonicalJson(value), { sum: 0, count: 0 }]));
  for (const list of lists) {
    list.forEach((value, i) => {
      const entry = rank.get(canonicalJson(value));
      if (entry === undefined) return;
      entry.sum += list.length === 1 ? 0.5 : i / (list.length - 1);
      entry.count++;
    });
  }
  const mean = (value: Json): number => {
    const entry = rank.get(canonicalJson(value))!;
    return entry.sum / Math.max(1, entry.count);
  };
  return [...values].sort((a, b) => mean(a) - mean(b));
}

function schemaEnum(schema: JsonObject | null): readonly Json[] | null {
  const listed = schema?.['enum'];
  return isArray(listed) ? listed : null;
}

function share(values: readonly Json[], is: (value: Json) => boolean): number {
  return values.filter(is).length / values.length;
}
