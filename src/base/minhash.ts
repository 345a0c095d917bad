import { hash32 } from './hash.ts';
import { normaliseText } from './text.ts';

/**
 * Near duplicates by MinHash over character 5-grams (Broder 1997): 128 permutations in 32 bands of 4 rows find the
 * candidates, the exact Jaccard similarity decides. Exact repeats after `normaliseText` always share a cluster.
 */

const PERMUTATIONS = 128;
const ROWS = 4;
const SHINGLE = 5;
/** A bucket's first members stand for it: comparing with all of them would make a burst of twins quadratic. */
const COMPARED = 8;

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
  const shingles: Uint32Array[] = [];
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

  const bands = Array.from({ length: PERMUTATIONS / ROWS }, () => new Map<string, number[]>());
  /** The text that each one was last compared with: the bands name the same pairs again and again. */
  const compared = new Int32Array(texts.length).fill(-1);
  for (const i of representatives) {
    const signature = minhash(shingles[i]!);
    for (const [band, buckets] of bands.entries()) {
      const key = keyOf(signature, band * ROWS);
      const others = buckets.get(key);
      if (others === undefined) {
        buckets.set(key, [i]);
        continue;
      }
      for (const other of others) {
        if (compared[other] === i || find(other) === find(i)) continue;
        compared[other] = i;
        if (isAlike(shingles[other]!, shingles[i]!, threshold)) parent[find(i)] = find(other);
      }
      if (others.length < COMPARED) others.push(i);
    }
  }
  return Int32Array.from(texts, (_, i) => find(i));
}

/** A band's part of a signature, two letters for each number. */
function keyOf(signature: Uint32Array, from: number): string {
  let key = '';
  for (let i = from; i < from + ROWS; i++)
    key += String.fromCharCode(signature[i]! >>> 16, signature[i]! & 0xffff);
  return key;
}

/** The distinct 5-grams of a text as sorted hashes. */
function shingle(text: string): Uint32Array {
  const padded = ` ${text} `;
  const grams = new Uint32Array(Math.max(1, padded.length - SHINGLE + 1));
  for (let i = 0; i < grams.length; i++)
    grams[i] = hash32(padded, 0, i, Math.min(i + SHINGLE, padded.length));
  grams.sort();
  let distinct = 1;
  for (let i = 1; i < grams.length; i++) if (grams[i] !== grams[i - 1]) grams[distinct++] = grams[i]!;
  return grams.slice(0, distinct);
}

const salts = Int32Array.from({ length: PERMUTATIONS }, (_, p) => p * 0x9e3779b1);

function minhash(grams: Uint32Array): Uint32Array {
  return Uint32Array.from(salts, (salt) => {
    let least = 0x7fffffff;
    for (let i = 0; i < grams.length; i++) {
      const h = Math.imul(grams[i]! ^ salt, 0x85ebca6b);
      // With the sign turned, unsigned numbers are in the order of signed ones, which compare faster.
      const turned = Math.imul(h ^ (h >>> 15), 0xc2b2ae35) ^ 0x80000000;
      if (turned < least) least = turned;
    }
    return least ^ 0x80000000;
  });
}

/** Is |a and b| / |a or b| at least the threshold? Ends as soon as too many grams of one are not in the other. */
function isAlike(a: Uint32Array, b: Uint32Array, threshold: number): boolean {
  const all = a.length + b.length;
  let needed = Math.floor((all * threshold) / (1 + threshold));
  while (needed / (all - needed) < threshold) needed++;
  let [left, right] = [a.length - needed, b.length - needed];
  for (let i = 0, j = 0; left >= 0 && right >= 0; ) {
    if (i === a.length) return right >= b.length - j;
    if (j === b.length) return left >= a.length - i;
    if (a[i] === b[j]) {
      i++;
      j++;
    } else if (a[i]! < b[j]!) {
      i++;
      left--;
    } else {
      j++;
      right--;
    }
  }
  return false;
}
