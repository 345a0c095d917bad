import { logGamma } from './binomial.ts';

/** Hits in a number of trials. */
export interface Hits {
  readonly hits: number;
  readonly n: number;
}

/**
 * Chance, were both rates the same, that the first of two samples has as many of the hits in both as it has or more:
 * Fisher's exact test, one-sided. Unlike a binomial test against the other's rate it does not take that rate for known.
 */
export function chanceOfMore(sample: Hits, other: Hits): number {
  const hits = sample.hits + other.hits;
  const all = sample.n + other.n;
  const most = Math.min(hits, sample.n);
  let chance = 0;
  for (let k = Math.max(sample.hits, hits - other.n); k <= most; k++)
    chance += Math.exp(logChoose(hits, k) + logChoose(all - hits, sample.n - k) - logChoose(all, sample.n));
  return Math.min(1, chance);
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}
