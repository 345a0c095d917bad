import { canonicalJson, type Json } from '../../base/json.ts';

/** How often each value occurs, most frequent first; equal counts in order of first sight. */
export interface Tally {
  readonly value: Json;
  readonly key: string;
  readonly count: number;
}

export function tally(values: readonly Json[]): Tally[] {
  const counts = new Map<string, { value: Json; key: string; count: number }>();
  for (const value of values) {
    const key = canonicalJson(value);
    const entry = counts.get(key);
    if (entry === undefined) counts.set(key, { value, key, count: 1 });
    else entry.count++;
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

/** Values seen often enough to be learned: at least twice, or all of them where a schema lists the set. */
export function learnable(tallies: readonly Tally[]): Tally[] {
  return tallies.filter((entry) => entry.count >= 2);
}

/** Larger sets are no choice any more: heads would take gigabytes, and each value a handful of calls. */
export const mostClasses = 2000;

/**
 * Is this a closed set? By Good and Turing the share of values seen once estimates the chance that the next is new:
 * at most 5 %. Values are short, and few in comparison with the calls.
 */
export function isClosed(tallies: readonly Tally[], n: number): boolean {
  if (n < 10 || tallies.length === 0) return false;
  const singletons = tallies.filter((entry) => entry.count === 1).length;
  if (singletons / n > 0.05) return false;
  if (tallies.length > Math.min(mostClasses, Math.max(12, n / 5))) return false;
  const words = tallies.map((entry) =>
    typeof entry.value === 'string' ? entry.value.split(/\s+/).length : 1,
  );
  words.sort((a, b) => a - b);
  // Whole sentences are a closed set only where each is said many times over.
  return words[Math.floor(words.length / 2)]! <= 8 || tallies.length <= Math.min(40, n / 20);
}

/** Where more answers than this have a field that no plan covers, too few are left to learn from. */
export const mostRouted = 0.8;
