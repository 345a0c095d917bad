import { HashCounts, placesIn } from '../hashes.ts';
import type { RawFeatures } from './features.ts';

/** Rows of sparse vectors: row i is `indices[start[i] .. start[i+1])` with its `values`. */
export interface SparseRows {
  readonly start: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
  /** Share of what is written in each row (by idf weight) that the vocabulary does not know; in [0, 1]. */
  readonly unseen: Float32Array;
}

/** Features seen in training with their idf. `hashes` are sorted, the index of a hash is its feature number. */
export interface Vocabulary {
  readonly hashes: Uint32Array;
  /** 0 marks a feature as unknown (out-of-fold vocabularies). */
  readonly idf: Float32Array;
  /** idf of a feature never seen in training. */
  readonly unknownIdf: number;
  /** Whether rows are read with what their words mean. */
  readonly english: boolean;
}

/** How the branches share the length of a row: squared weights. Those of patterns and of what is meant were chosen on folds of training rows. */
const branchWeights = [1, 1, 0.5, 0.25, 0.5, 0.3, 0.3] as const;
/** The first branches hold what is written, the others what it means: that a word's kind is known makes it no known word. */
const writtenBranches = 4;
/**
 * Words up to which what they mean counts in full; of more words it says less, and names no topic that the words do not.
 * Chosen on folds of training rows: questions of ten words gain three points by it, documents lost one.
 */
const fewWords = 15;

export function buildVocabulary(rows: readonly RawFeatures[], largest = 1 << 16): Vocabulary {
  const frequency = new HashCounts();
  const meant = new Set<number>();
  for (const { entries, ends } of rows)
    for (let j = 0; j < entries.length; j += 2) {
      const hash = entries[j]! >>> 0;
      frequency.add(hash);
      if (j >= ends[writtenBranches - 1]!) meant.add(hash);
    }
  const { hashes, counts } = frequency.atLeast(1);
  const all = Uint32Array.from(hashes.keys());
  const inRows = (least: number): Uint32Array =>
    all.filter((i) => counts[i]! >= (meant.has(hashes[i]!) ? leastMeant(least) : least));
  let kept = inRows(1);
  // Rare features carry the long tail of small sets; they go first where memory is short.
  for (let least = 2; kept.length > largest; least++) kept = inRows(least);
  const idfOf = (n: number): number => Math.log((1 + rows.length) / (1 + n)) + 1;
  return {
    hashes: kept.map((i) => hashes[i]!),
    idf: Float32Array.from(kept, (i) => idfOf(counts[i]!)),
    unknownIdf: idfOf(0),
    english: rows.some(({ ends }) => ends.length > writtenBranches),
  };
}

/** Rows that must have what a word means, where so many must have a word: what fewer mean is told by their words. */
function leastMeant(least: number): number {
  return least === 1 ? 3 : 2 * least;
}

/** Sublinear tf, idf, each branch at unit length times its weight (as scikit-learn's TfidfVectorizer, Salton and Buckley 1988). */
export function vectorise(vocabulary: Vocabulary, rows: readonly RawFeatures[]): SparseRows {
  // Memory that is never written takes none: the arrays need not be cut to what the vocabulary knows.
  const room = roomFor(rows.length, sizeOf(rows));
  rows.forEach((row, i) => {
    writeRow(vocabulary, row, room, i);
  });
  const { start, indices, values, unseen } = room;
  const end = start[rows.length]!;
  return { start, indices: indices.subarray(0, end), values: values.subarray(0, end), unseen };
}

let own = roomFor(1, 1024);

/** One row, as row 0, in memory that the next call writes over: serving leaves nothing for the collector. */
export function vectoriseOne(vocabulary: Vocabulary, row: RawFeatures): SparseRows {
  const size = sizeOf([row]);
  if (size > own.indices.length) own = roomFor(1, 2 * size);
  writeRow(vocabulary, row, own, 0);
  return own;
}

function roomFor(rows: number, entries: number): SparseRows {
  return {
    start: new Int32Array(rows + 1),
    indices: new Int32Array(entries),
    values: new Float32Array(entries),
    unseen: new Float32Array(rows),
  };
}

function sizeOf(rows: readonly RawFeatures[]): number {
  return rows.reduce((sum, { entries }) => sum + entries.length / 2, 0);
}

/** Values of one branch before they are scaled. */
let exact = new Float64Array(1024);

/** Writes row i behind the row before it. */
function writeRow(vocabulary: Vocabulary, { entries, ends }: RawFeatures, room: SparseRows, i: number): void {
  const { idf, unknownIdf } = vocabulary;
  const { indices, values } = room;
  const placeOf = placesIn(vocabulary.hashes);
  if (entries.length / 2 > exact.length) exact = new Float64Array(entries.length);
  let next = room.start[i]!;
  // Each word comes with about two phrases that it ends.
  const words = ends[0]! / 6;
  const brief = Math.min(1, fewWords / words) ** 2;
  let missing = 0;
  let total = 0;
  let j = 0;
  for (let b = 0; b < ends.length; b++) {
    const from = next;
    const end = ends[b]!;
    let square = 0;
    for (; j < end; j += 2) {
      const index = placeOf(entries[j]! >>> 0);
      const n = entries[j + 1]!;
      const isKnown = index >= 0 && idf[index]! > 0;
      const value = (n === 1 ? 1 : 1 + Math.log(n)) * (isKnown ? idf[index]! : unknownIdf);
      if (b < writtenBranches) {
        total += value;
        if (!isKnown) missing += value;
      }
      if (!isKnown) continue;
      square += value * value;
      exact[next - from] = value;
      indices[next++] = index;
    }
    const scale = square > 0 ? Math.sqrt(branchWeights[b]! / square) * (b < writtenBranches ? 1 : brief) : 0;
    for (let k = from; k < next; k++) values[k] = exact[k - from]! * scale;
  }
  room.unseen[i] = total === 0 ? 1 : missing / total;
  room.start[i + 1] = next;
}
