import { placesIn } from '../hashes.ts';
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

/** How the branches share the length of a row: squared weights. Those of what is meant were chosen on folds of training rows. */
const branchWeights = [1, 1, 0.5, 0.5, 0.3, 0.3] as const;
/** The first branches hold what is written, the others what it means: that a word's kind is known makes it no known word. */
const writtenBranches = 3;
/** What fewer rows mean is told by their words. */
const leastMeant = 3;

export function buildVocabulary(rows: readonly RawFeatures[], largest = 1 << 16): Vocabulary {
  const frequency = new Map<number, number>();
  const meant = new Set<number>();
  for (const branches of rows)
    for (const [b, branch] of branches.entries())
      for (const hash of branch.keys()) {
        frequency.set(hash, (frequency.get(hash) ?? 0) + 1);
        if (b >= writtenBranches) meant.add(hash);
      }
  let kept = [...frequency].filter(([hash, n]) => n >= leastMeant || !meant.has(hash));
  // Rare features carry the long tail of small sets; they go first where memory is short.
  for (let least = 2; kept.length > largest; least++)
    kept = kept.filter(([hash, n]) => n >= (meant.has(hash) ? 2 * least : least));
  kept.sort((a, b) => (a[0] >>> 0) - (b[0] >>> 0));
  const idfOf = (n: number): number => Math.log((1 + rows.length) / (1 + n)) + 1;
  return {
    hashes: Uint32Array.from(kept, ([hash]) => hash),
    idf: Float32Array.from(kept, ([, n]) => idfOf(n)),
    unknownIdf: idfOf(0),
    english: rows.some((branches) => branches.length > writtenBranches),
  };
}

/** Sublinear tf, idf, each branch at unit length times its weight (as scikit-learn's TfidfVectorizer, Salton and Buckley 1988). */
export function vectorise(vocabulary: Vocabulary, rows: readonly RawFeatures[]): SparseRows {
  const { idf, unknownIdf } = vocabulary;
  const start = new Int32Array(rows.length + 1);
  const unseen = new Float32Array(rows.length);
  const placeOf = placesIn(vocabulary.hashes);
  const sizes = rows.flatMap((branches) => branches.map(({ size }) => size));
  const indices = new Int32Array(sizes.reduce((a, b) => a + b, 0));
  const values = new Float32Array(indices.length);
  const list = createList(sizes.reduce((a, b) => Math.max(a, b), 0));
  let end = 0;
  for (const [i, branches] of rows.entries()) {
    let missing = 0;
    let total = 0;
    for (const [b, branch] of branches.entries()) {
      const { hashes, weights } = list(branch);
      let square = 0;
      let known = 0;
      for (let j = 0; j < branch.size; j++) {
        const index = placeOf(hashes[j]! >>> 0);
        const isKnown = index >= 0 && idf[index]! > 0;
        const value = weights[j]! * (isKnown ? idf[index]! : unknownIdf);
        if (b < writtenBranches) {
          total += value;
          if (!isKnown) missing += value;
        }
        if (!isKnown) continue;
        square += value * value;
        // No place is written to before it was read.
        weights[known] = value;
        indices[end + known++] = index;
      }
      const scale = square > 0 ? Math.sqrt(branchWeights[b]! / square) : 0;
      for (let j = 0; j < known; j++) values[end + j] = weights[j]! * scale;
      end += known;
    }
    unseen[i] = total === 0 ? 1 : missing / total;
    start[i + 1] = end;
  }
  return { start, indices: indices.slice(0, end), values: values.slice(0, end), unseen };
}

/**
 * Lists the hashes of a branch and the sublinear weights of their counts, in arrays that the next branch writes over: to
 * step through a map makes an array of each entry, which was half of the garbage that an answer left.
 */
function createList(longest: number) {
  const hashes = new Int32Array(longest);
  const weights = new Float64Array(longest);
  let length = 0;
  const put = (count: number, hash: number): void => {
    hashes[length] = hash;
    weights[length++] = count === 1 ? 1 : 1 + Math.log(count);
  };
  return (branch: RawFeatures[number]) => {
    length = 0;
    branch.forEach(put);
    return { hashes, weights };
  };
}
