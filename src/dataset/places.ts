import type { ModelInput, Span } from './example.ts';

/**
 * Where values of a slot usually stand. A total of 33 may also be the price of the one item: of several places with the
 * wanted text the one is meant whose surroundings are those of the places that were the only one.
 */
export type PlaceHabits = ReadonlyMap<string, Surroundings>;

interface Surroundings {
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
}

/** Fewer sure places show no habit. */
const leastSure = 8;

/** Habits from places that were the only ones for their values. */
export function placeHabits(
  sure: Iterable<{ readonly slot: string; readonly span: Span; readonly input: ModelInput }>,
): PlaceHabits {
  const found = new Map<string, { counts: Map<string, number>; total: number }>();
  for (const { slot, span, input } of sure) {
    const own = found.get(slot) ?? { counts: new Map<string, number>(), total: 0 };
    found.set(slot, own);
    own.total++;
    for (const sign of signsOf(span, input)) own.counts.set(sign, (own.counts.get(sign) ?? 0) + 1);
  }
  return new Map([...found].filter(([, { total }]) => total >= leastSure));
}

/** The most usual of several places; the first of equals. */
export function usualPlace(
  habits: PlaceHabits | undefined,
  slot: string,
  places: readonly Span[],
  input: ModelInput,
): Span | null {
  const own = habits?.get(slot);
  if (own === undefined || places.length < 2) return null;
  const score = (place: Span): number =>
    signsOf(place, input).reduce(
      (sum, sign) => sum + Math.log(((own.counts.get(sign) ?? 0) + 0.2) / (own.total + 1)),
      0,
    );
  const scored = places.map((place) => ({ place, score: score(place) }));
  return scored.reduce((best, next) => (next.score > best.score ? next : best)).place;
}

/** The slot, the words around, and how the line begins; digits alike. */
function signsOf({ slot, start, end }: Span, input: ModelInput): string[] {
  const text = input.slots[slot] ?? '';
  const [before, after] = [text.slice(Math.max(0, start - 60), start), text.slice(end, end + 40)];
  const line = /[^\n]*$/u.exec(text.slice(0, start))?.[0] ?? '';
  const signs = {
    slot,
    before: /(\S+)\s*$/u.exec(before)?.[1] ?? '',
    after: /^\s*(\S+)/u.exec(after)?.[1] ?? '',
    line: /^\s*(\S+)/u.exec(line)?.[1] ?? '',
    ends: String(/^\s*(?:\n|$)/u.test(after)),
  };
  return Object.entries(signs).map(
    ([name, sign]) =>
      `${name}=${sign
        .toLowerCase()
        .replace(/\p{N}+/gu, '0')
        .slice(0, 24)}`,
  );
}
