import { createRandom } from '../base/random.ts';

/**
 * Does one discrete thing tell about another? Mutual information against its permutation distribution. Values are
 * permuted within blocks of neighbouring calls only: what merely drifts along in time is not mistaken for information.
 */
export interface Information {
  /** Plug-in mutual information in bits. */
  readonly bits: number;
  /** Entropy of what is to be told, in bits. */
  readonly entropy: number;
  /** Mean information of the permuted values: what chance alone gives. */
  readonly chance: number;
  /** Share of permutations (and the observed order) with at least as much information. */
  readonly p: number;
}

const PERMUTATIONS = 199;
const BLOCK = 50;

/** @param about and `from` hold one small number per call, in order of time. */
export function informationBetween(about: Int32Array, from: Int32Array, seed = 1): Information {
  const n = about.length;
  const entropy = entropyOf(about);
  const separate = entropy + entropyOf(from);
  const bits = separate - jointEntropy(about, from);
  const random = createRandom(seed);
  const shuffled = from.slice();
  let above = 1;
  let sum = 0;
  for (let round = 0; round < PERMUTATIONS; round++) {
    for (let start = 0; start < n; start += BLOCK) {
      for (let i = Math.min(n, start + BLOCK) - 1; i > start; i--) {
        const j = start + Math.floor(random.next() * (i - start + 1));
        [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
      }
    }
    const permuted = separate - jointEntropy(about, shuffled);
    sum += permuted;
    if (permuted >= bits - 1e-12) above++;
  }
  return { bits, entropy, chance: sum / PERMUTATIONS, p: above / (PERMUTATIONS + 1) };
}

function entropyOf(values: Int32Array): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return entropyOfCounts(counts.values(), values.length);
}

function jointEntropy(a: Int32Array, b: Int32Array): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < a.length; i++) {
    const key = a[i]! * 0x100000 + b[i]!;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return entropyOfCounts(counts.values(), a.length);
}

function entropyOfCounts(counts: Iterable<number>, n: number): number {
  let sum = 0;
  for (const count of counts) sum -= (count / n) * Math.log2(count / n);
  return sum;
}
