import { createRandom } from '../../base/random.ts';
import type { Packing } from '../finished.ts';
import type { Threads } from '../threads.ts';
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

/** Rows to learn from, of sparse vectors with their classes. */
export interface LinearProblem {
  readonly data: Pick<SparseRows, 'start' | 'indices' | 'values'>;
  readonly features: number;
  /** Indices into `data` to train on. */
  readonly rows: Int32Array;
  /** Class per entry of `rows`. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** Per entry of `rows`; left out: 1. */
  readonly weights?: Float32Array;
  /** The classes whose problems an entry is a part of, null for all; left out: all are a part of each. */
  readonly heads?: readonly (ReadonlySet<number> | null)[];
  readonly options?: LinearOptions;
}

export interface LinearWork {
  readonly pause: () => Promise<void>;
  /** null: all is done here. */
  readonly threads: Threads | null;
}

/** A share of the classes, for a thread of its own. */
export interface ClassShare {
  readonly problem: LinearProblem;
  readonly wanted: Int32Array;
}

/** What was learned of a share: the weights of each class in turn, one per feature. */
export interface ClassWeights {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

const alone: LinearWork = { pause: async () => {}, threads: null };
/** With fewer products in a pass over all rows and classes, threads take longer to start than to learn. */
const leastForThreads = 50_000_000;

/**
 * One-against-rest support vector machines with squared hinge loss, by dual coordinate descent with shrinking
 * (Hsieh et al. 2008, algorithm 3; the solver behind LinearSVC). The bias is a constant feature of value 1. Each class is
 * learned apart from the others, so threads change how long it takes and no number.
 */
export async function trainLinear(
  given: LinearProblem,
  { pause, threads }: LinearWork = alone,
): Promise<LinearHead> {
  const { features, classes, rows } = given;
  const head: LinearHead = {
    classes,
    weights: new Float32Array(features * classes),
    scale: new Float32Array(classes).fill(1),
    bias: new Float32Array(classes),
  };
  const { data, featureOf } = commonFirst(given);
  const problem = { ...given, data };
  const put = (k: number, weights: Float32Array | Float64Array, bias: number): void => {
    for (let f = 0; f < features; f++) head.weights[featureOf[f]! * classes + k] = weights[f]!;
    head.bias[k] = bias;
  };
  // Two classes are one problem: the other's weights are its mirror image.
  const wanted = Int32Array.from({ length: classes === 2 ? 1 : classes }, (_, k) => k);
  const products = (rows.length * data.indices.length * wanted.length) / data.start.length;
  if (threads === null || products < leastForThreads) await trainEach(problem, wanted, put, pause);
  else await trainApart(problem, wanted, put, threads);
  if (classes === 2) {
    for (let f = 0; f < features; f++) head.weights[f * 2 + 1] = -head.weights[f * 2]!;
    head.bias[1] = -head.bias[0]!;
  }
  return head;
}

/** What a thread does: learns its share of the classes. */
export async function trainShare({ problem, wanted }: ClassShare): Promise<ClassWeights> {
  const { features } = problem;
  const weights = new Float32Array(features * wanted.length);
  const bias = new Float32Array(wanted.length);
  let next = 0;
  await trainEach(
    problem,
    wanted,
    (_, w, b) => {
      weights.set(w.subarray(0, features), next * features);
      bias[next++] = b;
    },
    alone.pause,
  );
  return { weights, bias };
}

type Put = (k: number, weights: Float32Array | Float64Array, bias: number) => void;

async function trainEach(
  problem: LinearProblem,
  wanted: Int32Array,
  put: Put,
  pause: () => Promise<void>,
): Promise<void> {
  const norms = squaredNorms(problem);
  const w = new Float64Array(problem.features + 1);
  for (const k of wanted) {
    await pause();
    solve({ ...problem, norms, target: k }, w);
    put(k, w, w[problem.features]!);
  }
}

/** Smaller shares than there are threads, so that a slow one does not keep the others waiting. */
const sharesPerThread = 2;

async function trainApart(
  problem: LinearProblem,
  wanted: Int32Array,
  put: Put,
  threads: Threads,
): Promise<void> {
  const count = Math.min(wanted.length, threads.count * sharesPerThread);
  const shares = Array.from({ length: count }, (_, share) => wanted.filter((k) => k % count === share));
  await Promise.all(
    shares.map(async (share) => {
      const thread = await threads.borrow();
      try {
        const { weights, bias } = await thread.run('classes', { problem, wanted: share });
        const { features } = problem;
        share.forEach((k, i) => {
          put(k, weights.subarray(i * features, (i + 1) * features), bias[i]!);
        });
      } finally {
        thread.giveBack();
      }
    }),
  );
}

/** Rows with their features numbered by how common they are: weights asked for often lie together. */
interface Ranked {
  readonly data: LinearProblem['data'];
  readonly featureOf: Int32Array;
}

const ranked = new WeakMap<LinearProblem['data'], Ranked>();

/**
 * The rows in memory that threads read where it lies: each share of a head would get a copy of its own. Made once, for all
 * heads and folds learn from the same rows, and threads at rest keep hold of what they were given.
 */
function commonFirst({ data, features }: LinearProblem): Ranked {
  const known = ranked.get(data);
  if (known !== undefined) return known;
  const { start, indices, values } = data;
  const counts = new Int32Array(features);
  for (const feature of indices) counts[feature]!++;
  const featureOf = Int32Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const rank = new Int32Array(features);
  featureOf.forEach((feature, r) => {
    rank[feature] = r;
  });
  const shared = {
    start: new Int32Array(new SharedArrayBuffer(start.byteLength)),
    indices: new Int32Array(new SharedArrayBuffer(indices.byteLength)),
    values: new Float32Array(new SharedArrayBuffer(values.byteLength)),
  };
  shared.start.set(start);
  shared.values.set(values);
  for (let j = 0; j < indices.length; j++) shared.indices[j] = rank[indices[j]!]!;
  const made = { data: shared, featureOf };
  ranked.set(data, made);
  return made;
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

interface ClassProblem extends LinearProblem {
  readonly norms: Float64Array;
  readonly target: number;
}

function solve(problem: ClassProblem, w: Float64Array): void {
  const { data, rows, labels, norms, target, weights, options = defaultLinear } = problem;
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
      const diagonal = 1 / (2 * options.cost * (weights?.[i] ?? 1));
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

function activeIn({ rows, heads, target }: ClassProblem): Int32Array {
  const all = Int32Array.from(rows.keys());
  return heads === undefined ? all : all.filter((i) => heads[i]?.has(target) ?? true);
}

function squaredNorms({ data, rows }: LinearProblem): Float64Array {
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

/** The same head with zeros for the weights that are next to nothing beside the others of their class. */
export function withoutDust(head: LinearHead): LinearHead {
  const { classes } = head;
  const [logs, counts] = [new Float64Array(classes), new Uint32Array(classes)];
  head.weights.forEach((weight, i) => {
    if (weight === 0) return;
    logs[i % classes]! += Math.log(Math.abs(weight));
    counts[i % classes]!++;
  });
  // The geometric mean: a few great weights do not make the others small.
  const least = logs.map((sum, k) => dust * Math.exp(sum / Math.max(1, counts[k]!)));
  const weights = Float32Array.from(head.weights, (weight, i) =>
    Math.abs(weight) < least[i % classes]! ? 0 : weight,
  );
  return { ...head, weights };
}

const dust = 0.03;

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
