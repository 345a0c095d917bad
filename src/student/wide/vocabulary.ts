import { placesIn } from '../hashes.ts';
import { type RawFeatures, rawFeatures } from './features.ts';

/** Rows of sparse vectors: row i is `indices[start[i] .. start[i+1])` with its `values`. */
export interface SparseRows {
  readonly start: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
  /** Share of each row's features (by idf weight) that the vocabulary does not know; in [0, 1]. */
  readonly unseen: Float32Array;
}

/** Features seen in training with their idf. `hashes` are sorted, the index of a hash is its feature number. */
export interface Vocabulary {
  readonly hashes: Uint32Array;
  /** 0 marks a feature as unknown (out-of-fold vocabularies). */
  readonly idf: Float32Array;
  /** idf of a feature never seen in training. */
  readonly unknownIdf: number;
}

/** How the branches share the unit length of a row: squared weights. */
const branchWeights = [1, 1, 0.5] as const;

export function buildVocabulary(rows: readonly RawFeatures[], largest = 1 << 16): Vocabulary {
  const frequency = new Map<number, number>();
  for (const branches of rows)
    for (const branch of branches)
      for (const hash of branch.keys()) frequency.set(hash, (frequency.get(hash) ?? 0) + 1);
  let kept = [...frequency];
  // Rare features carry the long tail of small sets; they go first where memory is short.
  for (let least = 2; kept.length > largest; least++) kept = kept.filter(([, n]) => n >= least);
  kept.sort((a, b) => (a[0] >>> 0) - (b[0] >>> 0));
  const idfOf = (n: number): number => Math.log((1 + rows.length) / (1 + n)) + 1;
  return {
    hashes: Uint32Array.from(kept, ([hash]) => hash),
    idf: Float32Array.from(kept, ([, n]) => idfOf(n)),
    unknownIdf: idfOf(0),
  };
}

/** Sublinear tf, idf, each branch at unit length times its weight (as scikit-learn's TfidfVectorizer, Salton and Buckley 1988). */
export function vectorise(vocabulary: Vocabulary, rows: readonly RawFeatures[]): SparseRows {
  const start = new Int32Array(rows.length + 1);
  const unseen = new Float32Array(rows.length);
  const placeOf = placesIn(vocabulary.hashes);
  const indices: number[] = [];
  const values: number[] = [];
  rows.forEach((branches, i) => {
    let missing = 0;
    let total = 0;
    branches.forEach((branch, b) => {
      const from = values.length;
      let square = 0;
      for (const [hash, n] of branch) {
        const index = placeOf(hash >>> 0);
        const known = index >= 0 && vocabulary.idf[index]! > 0;
        const value = (1 + Math.log(n)) * (known ? vocabulary.idf[index]! : vocabulary.unknownIdf);
        total += value;
        if (!known) missing += value;
        else {
          square += value * value;
          indices.push(index);
          values.push(value);
        }
      }
      const scale = square > 0 ? Math.sqrt(branchWeights[b]! / square) : 0;
      for (let j = from; j < values.length; j++) values[j]! *= scale;
    });
    unseen[i] = total === 0 ? 1 : missing / total;
    start[i + 1] = values.length;
  });
  return { start, indices: Int32Array.from(indices), values: Float32Array.from(values), unseen };
}

export function featuresOf(texts: readonly string[]): RawFeatures {
  return rawFeatures(texts);
}
