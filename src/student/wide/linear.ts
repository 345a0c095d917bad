import { createRandom } from '../../base/random.ts';
import type { Packing } from '../finished.ts';
import type { SparseRows } from './vocabulary.ts';

/** One linear head: the score of class k is bias[k] + scale[k] * sum of weights[feature * classes + k] over the row. */
export interface LinearHead {
  readonly classes: number;
  readonly weights: Float32Array | Int8Array;
  /** Present where `weights` holds only those that are not zero, feature by feature. */
  readonly places?: Places;
  readonly scale: Float32Array;
  readonly bias: Float32Array;
}

/** The weights of feature f are those from start[f] to start[f + 1], each of the class in `columns`. */
export interface Places {
  readonly start: Uint32Array;
  readonly columns: Uint8Array | Uint16Array;
}

export interface LinearOptions {
  /** Cost of a margin violation; larger fits the training rows more closely. */
  readonly cost: number;
  readonly seed: number;
  readonly maxPasses: number;
  readonly tolerance: number;
}

export const defaultLinear: LinearOptions = { cost: 1, seed: 1, maxPasses: 40, tolerance: 0.1 };

/**
 * One-against-rest support vector machines with squared hinge loss, by dual coordinate descent with shrinking
 * (Hsieh et al. 2008, algorithm 3; the solver behind LinearSVC). The bias is a constant feature of value 1.
 * @param rows indices into `data` to train on. @param labels class per entry of `rows`.
 * @param heads the classes whose problems an entry is a part of; null for all of them.
 */
export async function trainLinear(
  data: SparseRows,
  features: number,
  rows: Int32Array,
  labels: Int32Array,
  classes: number,
  weights: Float32Array | null = null,
  options: LinearOptions = defaultLinear,
  pause: () => Promise<void> = async () => {},
  heads: readonly (ReadonlySet<number> | null)[] | null = null,
): Promise<LinearHead> {
  const norms = squaredNorms(data, rows);
  const head: LinearHead = {
    classes,
    weights: new Float32Array(features * classes),
    scale: new Float32Array(classes).fill(1),
    bias: new Float32Array(classes),
  };
  const w = new Float64Array(features + 1);
  for (let k = 0; k < classes; k++) {
    // Two classes are one problem: the other's weights are its mirror image.
    if (classes === 2 && k === 1) {
      for (let f = 0; f < features; f++) head.weights[f * 2 + 1] = -head.weights[f * 2]!;
      head.bias[1] = -head.bias[0]!;
      break;
    }
    await pause();
    solve({ data, rows, labels, norms, target: k, weights, heads, options }, w);
    for (let f = 0; f < features; f++) head.weights[f * classes + k] = w[f]!;
    head.bias[k] = w[features]!;
  }
  return head;
}

/** Of heads as they are trained: every weight in its place, as f32. */
export const linearPacking: Packing<LinearHead> = {
  pack: ({ weights, scale, bias }) => ({
    numbers: {},
    tensors: { weights: weights as Float32Array, scale, bias },
  }),
  unpack: ({ tensors: { weights, scale, bias } }) => ({
    classes: bias!.length,
    weights: weights!,
    scale: scale!,
    bias: bias!,
  }),
};

interface Problem {
  readonly data: SparseRows;
  readonly rows: Int32Array;
  readonly labels: Int32Array;
  readonly norms: Float64Array;
  readonly target: number;
  readonly weights: Float32Array | null;
  readonly heads: readonly (ReadonlySet<number> | null)[] | null;
  readonly options: LinearOptions;
}

function solve(problem: Problem, w: Float64Array): void {
  const { data, rows, labels, norms, target, weights, options } = problem;
  const { start, indices, values } = data;
  const biasAt = w.length - 1;
  w.fill(0);
  const alpha = new Float64Array(rows.length);
  const active = activeIn(problem);
  const n = active.length;
  const random = createRandom(options.seed).derive(`head ${target}`);
  let size = n;
  let ceiling = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < options.maxPasses; pass++) {
    let highest = Number.NEGATIVE_INFINITY;
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = size - 1; i > 0; i--) {
      const j = random.int(i + 1);
      const swap = active[i]!;
      active[i] = active[j]!;
      active[j] = swap;
    }
    for (let s = 0; s < size; s++) {
      const i = active[s]!;
      const row = rows[i]!;
      const y = labels[i] === target ? 1 : -1;
      const diagonal = 1 / (2 * options.cost * (weights === null ? 1 : weights[i]!));
      const [from, to] = [start[row]!, start[row + 1]!];
      let product = w[biasAt]!;
      for (let j = from; j < to; j++) product += w[indices[j]!]! * values[j]!;
      const gradient = y * product - 1 + alpha[i]! * diagonal;
      let projected = gradient;
      if (alpha[i] === 0) {
        if (gradient > ceiling) {
          size--;
          active[s] = active[size]!;
          active[size] = i;
          s--;
          continue;
        }
        if (gradient > 0) projected = 0;
      }
      if (projected > highest) highest = projected;
      if (projected < lowest) lowest = projected;
      if (projected > -1e-12 && projected < 1e-12) continue;
      const before = alpha[i]!;
      alpha[i] = Math.max(before - gradient / (norms[i]! + 1 + diagonal), 0);
      const step = (alpha[i]! - before) * y;
      if (step === 0) continue;
      for (let j = from; j < to; j++) w[indices[j]!]! += step * values[j]!;
      w[biasAt]! += step;
    }
    if (highest - lowest <= options.tolerance) {
      if (size === n) break;
      size = n;
      ceiling = Number.POSITIVE_INFINITY;
      continue;
    }
    ceiling = highest <= 0 ? Number.POSITIVE_INFINITY : highest;
  }
}

function activeIn({ rows, heads, target }: Problem): Int32Array {
  const all = Int32Array.from({ length: rows.length }, (_, i) => i);
  return heads === null ? all : all.filter((i) => heads[i]?.has(target) ?? true);
}

function squaredNorms(data: SparseRows, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => {
    let sum = 0;
    for (let j = data.start[row]!; j < data.start[row + 1]!; j++) sum += data.values[j]! * data.values[j]!;
    return sum;
  });
}

/** Class scores of one row into `out`. */
export function scoreRow(head: LinearHead, data: SparseRows, row: number, out: Float64Array): void {
  const { classes, weights, places } = head;
  out.fill(0);
  for (let j = data.start[row]!; j < data.start[row + 1]!; j++) {
    const feature = data.indices[j]!;
    const value = data.values[j]!;
    if (places === undefined) {
      const at = feature * classes;
      for (let k = 0; k < classes; k++) out[k]! += weights[at + k]! * value;
    } else {
      const { start, columns } = places;
      for (let i = start[feature]!; i < start[feature + 1]!; i++) out[columns[i]!]! += weights[i]! * value;
    }
  }
  for (let k = 0; k < classes; k++) out[k] = out[k]! * head.scale[k]! + head.bias[k]!;
}

/** The same head without the weights that are zero (after quantise nine in ten): the same scores from less memory. */
export function withoutZeros(head: LinearHead): LinearHead {
  const { classes } = head;
  const features = head.weights.length / classes;
  let count = 0;
  for (const weight of head.weights) if (weight !== 0) count++;
  const weights = head.weights instanceof Int8Array ? new Int8Array(count) : new Float32Array(count);
  const columns = classes <= 256 ? new Uint8Array(count) : new Uint16Array(count);
  const start = new Uint32Array(features + 1);
  let next = 0;
  for (let f = 0; f < features; f++) {
    for (let k = 0; k < classes; k++) {
      const weight = head.weights[f * classes + k]!;
      if (weight === 0) continue;
      weights[next] = weight;
      columns[next++] = k;
    }
    start[f + 1] = next;
  }
  return { ...head, weights, places: { start, columns } };
}

/** The same head with weights as 8-bit integers, one scale per class. */
export function quantise(head: LinearHead): LinearHead {
  const { classes } = head;
  const scale = new Float32Array(classes);
  head.weights.forEach((weight, i) => {
    scale[i % classes] = Math.max(scale[i % classes]!, Math.abs(weight) / 127);
  });
  const weights = new Int8Array(head.weights.length);
  head.weights.forEach((weight, i) => {
    const step = scale[i % classes]!;
    weights[i] = step === 0 ? 0 : Math.round(weight / step);
  });
  return { classes, weights, bias: head.bias, scale };
}
