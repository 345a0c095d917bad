import { spread } from '../habit.ts';
import { elapsed, later, type TimeUnit } from '../moments.ts';
import type { PlanNode } from '../plan.ts';
import { alignSpan } from '../spans.ts';
import type { InferredNode, ObjectSample, Sample, Sibling } from './place.ts';
import { isMoment } from './reckoning.ts';
import { inferSpan } from './span.ts';
import { tally } from './values.ts';

const judged = 400;
const leastObjects = 20;
/** Share of the objects whose time between must be read off the input, or be the usual one where nothing is said. */
const leastRead = 0.95;
const leastDistinct = 3;
/** The usual time is among the most frequent ones. */
const mostUsual = 5;
const units: readonly TimeUnit[] = ['minutes', 'days'];

type After = PlanNode & { readonly kind: 'after' };

/**
 * The plan of a date or time that is so much after another one, where the input says how much and the answer does not:
 * "at 3 pm for half an hour" as start and end. null where it is something else.
 */
export function inferAfter(
  key: string,
  name: string,
  node: InferredNode,
  siblings: readonly Sibling[],
  objects: readonly ObjectSample[],
): After | null {
  if (objects.length < leastObjects || !['unknown', 'template', 'choice'].includes(node.kind)) return null;
  const some = spread(objects, judged);
  if (!some.every(({ value }) => isMoment(value[key] ?? null))) return null;
  for (const { key: of, node: other } of siblings) {
    if (
      (other.kind !== 'span' && other.kind !== 'template') ||
      !some.every(({ value }) => isMoment(value[of] ?? null))
    )
      continue;
    for (const unit of units) {
      const counts = some.flatMap(({ value, input }): Sample[] => {
        const count = elapsed(value[of] ?? null, value[key] ?? null, unit);
        const isExact = count !== undefined && later(value[of] ?? null, count, unit) === value[key];
        return isExact && count >= 0 ? [{ value: count, input }] : [];
      });
      const distinct = new Set(counts.map(({ value }) => value)).size;
      if (counts.length < leastRead * some.length || distinct < leastDistinct) continue;
      const by = countRead(counts, `${name} after ${of}`);
      if (by !== null) return { kind: 'after', of, unit, by };
    }
  }
  return null;
}

/** How the time between is read; what it is where the input does not say it. */
function countRead(counts: readonly Sample[], name: string): After['by'] | null {
  const usual = tally(counts.map(({ value }) => value)).slice(0, mostUsual);
  const said = [counts, ...usual.map((entry) => counts.filter(({ value }) => value !== entry.value))];
  for (const own of said) {
    const span = own.length < leastObjects ? null : inferSpan(own, name);
    if (span?.node.kind !== 'span' || span.copied < leastRead) continue;
    const { slot } = span.node;
    const read = counts.filter(({ value, input }) => alignSpan(slot, value, input, {}) === null);
    const missed = counts.filter((sample) => !read.includes(sample));
    const [rest] = tally(missed.map(({ value }) => value));
    if (rest === undefined || read.length >= 0.99 * counts.length) return { kind: 'span', slot };
    if (read.length + rest.count >= leastRead * counts.length)
      return { kind: 'span', slot, missing: rest.value };
  }
  return null;
}
