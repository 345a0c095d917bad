import { type Repeats, WINDOW_MS, worthOf } from './effective.ts';
import type { Tally } from './tally.ts';
import type { Entry } from './universe.ts';

const DAY_MS = 86_400_000;
const SLICES = 24;

/** Opportunities of one kind: the same for many capabilities, counted once. */
export interface Place {
  readonly calls: readonly number[];
  readonly effective: number;
  readonly days: number;
  readonly windows: number;
}

/** Counts opportunities and what they are worth; each kind of opportunity once. */
export function createCounts(tally: Tally, repeats: Repeats, entries: readonly Entry[]) {
  const all = Array.from(tally.times, (_, i) => i);
  const normal = all.filter((i) => tally.normal[i] === 1);
  const signature = signaturesOf(all.length, entries);
  const { thinning } = worthOf(normal, repeats.near, tally.times, signature);
  const stamp = new Int32Array(all.length).fill(-1);
  let round = 0;
  const distinct = (calls: readonly number[], clusters: Int32Array): number => {
    round++;
    let count = 0;
    for (const i of calls) {
      const cluster = clusters[i]!;
      if (stamp[cluster] !== round) count++;
      stamp[cluster] = round;
    }
    return count;
  };
  const places = new Map<string, Place>();
  const slice = (tally.times.at(-1) ?? 0) - (tally.times[0] ?? 0);
  return {
    thinning,
    /** Normal answers, and what they are worth. */
    normal: normal.length,
    effective: distinct(normal, repeats.near) * thinning,
    distinct,
    place(entry: Entry): Place {
      const key = `${entry.offer.within}|${entry.versionsKey}`;
      const known = places.get(key);
      if (known !== undefined) return known;
      const source =
        entry.offer.within === ''
          ? normal
          : entry.offer.within === '*'
            ? all
            : (tally.uses.get(entry.offer.within)?.calls ?? []);
      const calls = source.filter(
        (i) =>
          entry.versions.has(tally.versions[i]!) && (entry.offer.within === '*' || tally.normal[i] === 1),
      );
      const place = {
        calls,
        effective: distinct(calls, repeats.near) * thinning,
        days: countDistinct(calls, tally.times, DAY_MS),
        windows: countDistinct(calls, tally.times, WINDOW_MS),
      };
      places.set(key, place);
      return place;
    },
    daysOf: (calls: readonly number[]): number => countDistinct(calls, tally.times, DAY_MS),
    trend(calls: readonly number[]): number[] {
      const bins = new Array<number>(SLICES).fill(0);
      for (const i of calls) {
        const at = slice === 0 ? 0 : (tally.times[i]! - tally.times[0]!) / slice;
        bins[Math.min(SLICES - 1, Math.floor(at * SLICES))]!++;
      }
      return bins;
    },
  };
}

/** One number per call for what its answer says; equal numbers, (nearly surely) equal labels, values and tools. */
export function signaturesOf(
  calls: number,
  entries: readonly { readonly offer: { readonly kind: string }; readonly calls: readonly number[] }[],
): Int32Array {
  const signature = new Int32Array(calls);
  entries.forEach((entry, k) => {
    const { kind } = entry.offer;
    if (kind !== 'label' && kind !== 'enum' && kind !== 'tool') return;
    for (const i of entry.calls) signature[i] = (Math.imul(signature[i]!, 31) + k + 1) | 0;
  });
  return signature;
}

/** Distinct multiples of `unit` among ascending times. */
function countDistinct(calls: readonly number[], times: Float64Array, unit: number): number {
  let count = 0;
  let last = Number.NaN;
  for (const i of calls) {
    const at = Math.floor(times[i]! / unit);
    if (at !== last) count++;
    last = at;
  }
  return count;
}

/** Number of entries below `value` in an ascending list. */
export function lowerIndex(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The most of `calls` that lie between two of `hits`, or before the first of them; both ascending. */
export function longestGap(calls: readonly number[], hits: readonly number[]): number {
  let longest = 0;
  let at = 0;
  let gap = 0;
  for (const hit of hits) {
    for (; at < calls.length && calls[at]! < hit; at++) gap++;
    longest = Math.max(longest, gap);
    gap = 0;
    if (calls[at] === hit) at++;
  }
  return longest;
}
