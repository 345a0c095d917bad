import { hash32 } from './hash.ts';
import { normaliseText } from './text.ts';

/**
 * Near duplicates by MinHash over character 5-grams (Broder 1997): 128 permutations in 32 bands of 4 rows find the
 * candidates, the exact Jaccard similarity decides. Exact repeats after `normaliseText` always share a cluster.
 */

const PERMUTATIONS = 128;
const ROWS = 4;
const SHINGLE = 5;

/**
 * Clusters texts that are the same or nearly so.
 * @param threshold Jaccard similarity of character 5-grams at and above which two texts belong together.
 * @returns one cluster number per text; equal numbers mean one cluster (single linkage).
 */
export function nearDuplicateClusters(texts: readonly string[], threshold = 0.8): Int32Array {
  const parent = Int32Array.from({ length: texts.length }, (_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    while (parent[i] !== root) [parent[i], i] = [root, parent[i]!];
    return root;
  };
  const distinct = new Map<string, number>();
  const representatives: number[] = [];
  const shingles: (Set<number> | undefined)[] = [];
  texts.forEach((text, i) => {
    const key = normaliseText(text);
    const first = distinct.get(key);
    if (first !== undefined) {
      parent[i] = first;
      return;
    }
    distinct.set(key, i);
    representatives.push(i);
    shingles[i] = shingle(key);
  });

  const buckets = new Map<string, number[]>();
  for (const i of representatives) {
    const signature = minhash(shingles[i]!);
    for (let band = 0; band < PERMUTATIONS / ROWS; band++) {
      const key = `${band}:${signature.subarray(band * ROWS, band * ROWS + ROWS).join()}`;
      const others = buckets.get(key);
      if (others === undefined) {
        buckets.set(key, [i]);
        continue;
      }
      // A bucket's first members stand for it: comparing with all of them would make a burst of twins quadratic.
      for (const other of others.slice(0, 8)) {
        if (find(other) !== find(i) && jaccard(shingles[other]!, shingles[i]!) >= threshold)
          parent[find(i)] = find(other);
      }
      others.push(i);
    }
  }
  return Int32Array.from(texts, (_, i) => find(i));
}

function shingle(text: string): Set<number> {
  const grams = new Set<number>();
  const padded = ` ${text} `;
  if (padded.length <= SHINGLE) grams.add(hash32(padded));
  for (let i = 0; i + SHINGLE <= padded.length; i++) grams.add(hash32(padded.slice(i, i + SHINGLE)));
  return grams;
}

function minhash(grams: ReadonlySet<number>): Uint32Array {
  const signature = new Uint32Array(PERMUTATIONS).fill(0xffffffff);
  for (const gram of grams) {
    for (let p = 0; p < PERMUTATIONS; p++) {
      let h = Math.imul(gram ^ (p * 0x9e3779b1), 0x85ebca6b);
      h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35) >>> 0;
      if (h < signature[p]!) signature[p] = h;
    }
  }
  return signature;
}

/** |a and b| / |a or b|; 1 for two empty sets. */
export function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  if (a.size === 0 && b.size === 0) return 1;
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let common = 0;
  for (const gram of small) if (large.has(gram)) common++;
  return common / (a.size + b.size - common);
}
