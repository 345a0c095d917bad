import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { PlanNode } from '../plan.ts';
import { alignSpan } from '../spans.ts';
import { inferList } from './list.ts';
import { inferObject } from './object.ts';
import type { InferredNode, Place, Sample } from './place.ts';
import { inferRewritten } from './rewritten.ts';
import { inferShortText } from './shortText.ts';
import { inferSpan } from './span.ts';
import { inferTemplate } from './template.ts';
import { isClosed, learnable, mostRouted, type Tally, tally } from './values.ts';

/** The simplest node that expresses (nearly) all of the values. */
export function inferNode(samples: readonly Sample[], place: Place): InferredNode {
  const some = samples.filter((sample) => sample.value !== null);
  if (some.length < samples.length && some.length > 0) return inferNullable(samples, some, place);
  const values = samples.map((sample) => sample.value);
  const tallies = tally(values);
  const optional = place.optional === true ? inferSpan(samples, place.name) : null;
  // What is sometimes left out and always copied is read off the input, even where it takes few values.
  if (optional !== null && optional.copied >= 0.97 && values.every((v) => typeof v !== 'boolean'))
    return optional.node;
  if (tallies.length === 1 && !isOpenSchema(place.schema, tallies[0]!.value, samples.length))
    return { kind: 'constant', value: tallies[0]!.value };
  if (share(values, isObject) >= 0.95) return inferObject(samples, place, inferNode);
  if (share(values, isArray) >= 0.95) return inferList(samples, place, inferNode);
  const listed = schemaEnum(place.schema);
  // Where a call is one of several, a copy says which of them a value belongs to.
  const copied = listed !== null && place.several === true ? inferSpan(samples, place.name) : null;
  if (copied !== null && copied.copied >= 0.97) return copied.node;
  if (listed === null) {
    const placeholder = inferPlaceholder(samples, tallies, place);
    if (placeholder !== null) return placeholder;
    const span = inferSpan(samples, place.name);
    const isSet = isClosed(tallies, samples.length) && !areMarks(tallies);
    if (span !== null && !(isSet && span.copied < 0.97)) return span.node;
  }
  if (listed === null && areMarks(tallies)) {
    // Times of a busy log come in bursts and look like a set; tomorrow's are other ones.
    const worded = inferTemplate(samples, place, inferNode);
    if (worded?.kind === 'template' && worded.parts.every(isRead)) return worded;
  }
  const closed = listed !== null || values.every((v) => typeof v === 'boolean');
  if (closed || isClosed(tallies, samples.length)) {
    const kept = learnable(tallies).map((entry) => entry.value);
    if (kept.length === 1) return { kind: 'constant', value: kept[0]! };
    if (kept.length > 1) return { kind: 'choice', slot: { name: place.name || 'value', values: kept } };
  }
  return (
    inferRewritten(samples, place) ??
    inferTemplate(samples, place, inferNode) ?? {
      kind: 'unknown',
      reason: `The field ${place.name || 'value'} is free: ${tallies.length} different values in ${samples.length} answers, not copied from the input. A closed list of values in the prompt, or a copy of the input's own words, could be learned.`,
    }
  );
}

/** So many different texts made of numbers are hardly a set. */
const manyMarks = 20;

function areMarks(tallies: readonly Tally[]): boolean {
  return tallies.length >= manyMarks && tallies.every(isMarked);
}

/** Numbers with something between them: a time, a version, an address. */
function isMarked({ value }: Tally): boolean {
  return typeof value === 'string' && /\d\D+\d/u.test(value);
}

function isRead(part: string | PlanNode): boolean {
  return typeof part === 'string' || ['span', 'constant', 'again'].includes(part.kind);
}

/** Values of which some are null. */
function inferNullable(samples: readonly Sample[], some: readonly Sample[], place: Place): InferredNode {
  const node = inferNode(some, place);
  if (node.kind === 'span' && node.missing === undefined) return { ...node, missing: null };
  if (node.kind === 'choice' || node.kind === 'constant') {
    const values = node.kind === 'choice' ? node.slot.values : [node.value];
    return { kind: 'choice', slot: { name: place.name, values: [...values, null] } };
  }
  const short = node.kind === 'unknown' ? inferShortText(some, place.name) : null;
  if (node.kind === 'unknown' && short === null && some.length > mostRouted * samples.length) return node;
  return {
    kind: 'maybe',
    slot: { name: `${place.name}=null`, values: [false, true] },
    // A field that is seldom free costs the calls where it is, not the task.
    node: node.kind === 'unknown' ? (short ?? { kind: 'text', slot: { name: place.name } }) : node,
  };
}

/** Values that may stand for "there is none" are among the most frequent ones. */
const placeholders = 3;

/** A copied text, and one word for "there is none": n/a, unknown, an empty text. null where it is no such field. */
function inferPlaceholder(
  samples: readonly Sample[],
  tallies: readonly Tally[],
  place: Place,
): InferredNode | null {
  for (const { value, count } of tallies.slice(0, placeholders)) {
    if (typeof value !== 'string' || count < Math.max(5, 0.02 * samples.length)) break;
    const without = samples.filter((sample) => sample.value === value);
    const rest = samples.filter((sample) => sample.value !== value);
    if (rest.length < 10 || isClosed(tally(rest.map((sample) => sample.value)), rest.length)) continue;
    const span = inferSpan(rest, place.name);
    if (span === null || span.node.kind !== 'span' || span.copied < 0.97) continue;
    const { slot } = span.node;
    const copied = without.filter((sample) => alignSpan(slot, sample.value, sample.input, {}) === null);
    if (copied.length <= 0.1 * without.length) return { kind: 'span', slot, missing: value };
  }
  return null;
}

/** A single observed value of an open type is a constant only once it has been seen often. */
function isOpenSchema(schema: JsonObject | null, value: Json, n: number): boolean {
  return schema !== null && schema['enum'] === undefined && typeof value === 'string' && n < 20;
}

function schemaEnum(schema: JsonObject | null): readonly Json[] | null {
  const listed = schema?.['enum'];
  return isArray(listed) ? listed : null;
}

function share(values: readonly Json[], is: (value: Json) => boolean): number {
  return values.filter(is).length / values.length;
}
