import { spread } from '../habit.ts';
import { normalise } from '../normaliser.ts';
import type { RecordSpan, SpanSlot } from '../plan.ts';
import { alignSpan } from '../spans.ts';
import type { ObjectSample } from './place.ts';
import { inferSpan } from './span.ts';
import { isClosed, learnable, tally } from './values.ts';

/** How the items of a list copy their fields from the input. */

/** How a field is copied, by its normalisers or as one of a closed set; null where it is not. */
export function copiedField(items: readonly ObjectSample[], key: string, name: string): SpanSlot | null {
  return spanOf(items, key, name) ?? spelledOf(items, key, name);
}

function spanOf(items: readonly ObjectSample[], key: string, name: string): SpanSlot | null {
  if (items.length === 0) return null;
  const own = items.map((item) => ({ value: item.value[key]!, input: item.input }));
  const span = inferSpan(own, name);
  if (span === null || span.node.kind !== 'span') return null;
  const few = isClosed(tally(own.map((sample) => sample.value)), own.length);
  return few && span.copied < 0.97 ? null : { ...span.node.slot, join: null };
}

/** "Two lemonades" are a "lemonade", "fries" are "fries": values of a closed set, found in whatever number they stand. */
function spelledOf(items: readonly ObjectSample[], key: string, name: string): SpanSlot | null {
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
export function countedField(
  items: readonly ObjectSample[],
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
export function isCopiedOnce(items: readonly ObjectSample[], key: string): boolean {
  return items.length < 20 && spanOf(items, key, key) !== null;
}
