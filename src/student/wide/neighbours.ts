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

/** Rows as they are stored: row i of the data it was made for, whoever asks and how often. */
export type Projected = (row: number) => Int8Array;

/** Projects each row once, when it is first asked for: every fold's neighbours are drawn from the same rows. */
export function projectedRows(data: SparseRows): Projected {
  const projected = new Int8Array(data.unseen.length * dimensions);
  const done = new Uint8Array(data.unseen.length);
  return (row) => {
    const mine = projected.subarray(row * dimensions, (row + 1) * dimensions);
    if (done[row] === 0) {
      const vector = project(data, row);
      for (let d = 0; d < dimensions; d++) mine[d] = Math.round(vector[d]! * 127 * 3);
      done[row] = 1;
    }
    return mine;
  };
}

/** @param members row numbers by class. */
export function buildNeighbours(
  slot: string,
  projected: Projected,
  members: readonly (readonly number[])[],
): Neighbours {
  const kept = members.map((rows) => spread(rows, mostPerClass));
  const start = new Int32Array(kept.length + 1);
  kept.forEach((rows, k) => {
    start[k + 1] = start[k]! + rows.length;
  });
  const rows = new Int8Array(start.at(-1)! * dimensions);
  kept.flat().forEach((row, i) => {
    rows.set(projected(row), i * dimensions);
  });
  return { slot, rows, start };
}

/**
 * Mean cosine to the nearest three training rows of a class; null for slots without neighbours. The row is projected at
 * once, so that what asks later keeps no hold of the data.
 */
export function nearnessOf(
  { slot, rows, start }: Neighbours,
  data: SparseRows,
  row: number,
): (name: string, index: number) => number | null {
  const vector = project(data, row);
  const lengths = lengthsOf(rows);
  return (name, index) => {
    if (name !== slot) return null;
    const best = new Float64Array(nearest);
    for (let i = start[index]!; i < start[index + 1]!; i++) {
      const at = i * dimensions;
      let product = 0;
      for (let d = 0; d < dimensions; d++) product += rows[at + d]! * vector[d]!;
      const cosine = lengths[i] === 0 ? 0 : product / lengths[i]!;
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

/** What four signs say together, for each four dimensions: of the row that is projected at the moment. */
const sums = new Float64Array(dimensions * 4);
const knownLengths = new WeakMap<Int8Array, Float64Array>();

/** Lengths of the stored rows, worked out once: every input is compared with the same ones. */
function lengthsOf(rows: Int8Array): Float64Array {
  const known = knownLengths.get(rows);
  if (known !== undefined) return known;
  const lengths = new Float64Array(rows.length / dimensions);
  rows.forEach((value, i) => {
    lengths[Math.floor(i / dimensions)]! += value * value;
  });
  lengths.forEach((square, i) => {
    lengths[i] = Math.sqrt(square);
  });
  knownLengths.set(rows, lengths);
  return lengths;
}

/**
 * The projected row at unit length. Signs are bits of a hash of feature and block, 32 dimensions at a time. Values are
 * summed by what four bits say together, and each dimension then adds up the sixteen sums: a third of the additions.
 */
function project(data: SparseRows, row: number): Float64Array {
  sums.fill(0);
  for (let j = data.start[row]!; j < data.start[row + 1]!; j++) {
    const value = data.values[j]!;
    for (let block = 0; block < dimensions; block += 32) {
      let bits = Math.imul(data.indices[j]! + 1, 0x9e3779b1) ^ Math.imul(block + 1, 0x85ebca6b);
      bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
      bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
      bits ^= bits >>> 16;
      const at = block * 4;
      for (let four = 0; four < 8; four++) sums[at + four * 16 + ((bits >>> (four * 4)) & 15)]! += value;
    }
  }
  const vector = new Float64Array(dimensions);
  let square = 0;
  for (let d = 0; d < dimensions; d++) {
    const at = (d >> 2) * 16;
    let sum = 0;
    for (let bits = 0; bits < 16; bits++)
      sum += ((bits >>> (d & 3)) & 1) === 1 ? sums[at + bits]! : -sums[at + bits]!;
    vector[d] = sum;
    square += sum * sum;
  }
  const norm = Math.sqrt(square) || 1;
  for (let d = 0; d < dimensions; d++) vector[d]! /= norm;
  return vector;
}

function spread<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]!);
}
