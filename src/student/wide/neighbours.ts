import type { SparseRows } from './vocabulary.ts';

/**
 * How close is an input to training inputs of one class? Rows are projected to a few signed dimensions (Achlioptas 2003),
 * which keeps cosines to about 1 / sqrt(dimensions), and stored as 8-bit integers, class by class.
 */
export interface Neighbours {
  /** The choice slot whose classes these are. */
  readonly slot: string;
  /** Projected rows of class k: `rows[start[k] * dimensions .. start[k + 1] * dimensions)`. */
  readonly rows: Int8Array;
  readonly start: Int32Array;
}

const dimensions = 192;
/** Rows kept per class; more add little to the nearest three. */
const mostPerClass = 150;
const nearest = 3;

/** @param members rows of `data` by class. */
export function buildNeighbours(
  slot: string,
  data: SparseRows,
  members: readonly (readonly number[])[],
): Neighbours {
  const kept = members.map((rows) => spread(rows, mostPerClass));
  const start = new Int32Array(kept.length + 1);
  kept.forEach((rows, k) => {
    start[k + 1] = start[k]! + rows.length;
  });
  const projected = new Int8Array(start.at(-1)! * dimensions);
  let at = 0;
  for (const rows of kept)
    for (const row of rows) {
      const vector = project(data, row);
      for (let d = 0; d < dimensions; d++) projected[at * dimensions + d] = Math.round(vector[d]! * 127 * 3);
      at++;
    }
  return { slot, rows: projected, start };
}

/** Mean cosine to the nearest three training rows of a class; null for slots without neighbours. */
export function nearnessOf(
  { slot, rows, start }: Neighbours,
  data: SparseRows,
  row: number,
): (name: string, index: number) => number | null {
  let vector: Float64Array | null = null;
  return (name, index) => {
    if (name !== slot) return null;
    vector ??= project(data, row);
    const best = new Float64Array(nearest);
    for (let i = start[index]!; i < start[index + 1]!; i++) {
      let product = 0;
      let square = 0;
      for (let d = 0; d < dimensions; d++) {
        const value = rows[i * dimensions + d]!;
        product += value * vector[d]!;
        square += value * value;
      }
      const cosine = square === 0 ? 0 : product / Math.sqrt(square);
      for (let b = 0; b < nearest; b++) {
        if (cosine <= best[b]!) continue;
        best.copyWithin(b + 1, b, nearest - 1);
        best[b] = cosine;
        break;
      }
    }
    return best.reduce((sum, value) => sum + value, 0) / nearest;
  };
}

/** The projected row at unit length. Signs are bits of a hash of feature and block, 32 dimensions at a time. */
function project(data: SparseRows, row: number): Float64Array {
  const vector = new Float64Array(dimensions);
  for (let j = data.start[row]!; j < data.start[row + 1]!; j++) {
    const value = data.values[j]!;
    for (let block = 0; block < dimensions; block += 32) {
      let bits = Math.imul(data.indices[j]! + 1, 0x9e3779b1) ^ Math.imul(block + 1, 0x85ebca6b);
      bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
      bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
      bits ^= bits >>> 16;
      for (let d = 0; d < 32; d++) vector[block + d]! += ((bits >>> d) & 1) === 1 ? value : -value;
    }
  }
  let square = 0;
  for (let d = 0; d < dimensions; d++) square += vector[d]! * vector[d]!;
  const norm = Math.sqrt(square) || 1;
  for (let d = 0; d < dimensions; d++) vector[d]! /= norm;
  return vector;
}

function spread<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!);
}
