import type { Value } from './graph.ts';
import { sameShape, sizeOf } from './graph.ts';
import { add, div, gemm, min, mul, number, reduceMean, reshape, sqrt, sub, where } from './ops.ts';

/** Optimiser rows: pure functions from (parameter, gradient, state) to their next values, as parts of the graph. */
export interface Moments {
  readonly first: Value;
  readonly second: Value;
}

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled weight decay relative to the learning rate, a scalar or one number per element. */
  readonly decay?: Value;
  /** Multiplies the gradient. */
  readonly scale?: Value;
  /** Where this bool is false the step changes nothing, whatever the gradient is; missing: it is always taken. */
  readonly taken?: Value;
}

/** What changes from step to step: three scalars that are fed. `scheduleAt` computes them. */
export interface Schedule {
  readonly rate: Value;
  /** 1 / (1 - beta1^t) and 1 / (1 - beta2^t). */
  readonly correction1: Value;
  readonly correction2: Value;
}

export const adamDefaults = { beta1: 0.9, beta2: 0.98, epsilon: 1e-8 } as const;

/**
 * AdamW (Loshchilov and Hutter 2019) in the form of Kingma and Ba's section 2, with both bias corrections folded into the
 * rate: p - rate c1 / sqrt(c2) m / (sqrt(v) + epsilon) - rate decay p. Every operation here is a pass over all
 * parameters, so there are as few as possible: the moments are kept without their factors, m / (1 - beta1) and
 * v / (1 - beta2), which leaves one product less for each and is made up for by scalars.
 */
export function adamW(
  parameter: Value,
  gradient: Value,
  moments: Moments,
  schedule: Schedule,
  options: AdamWOptions = {},
): { readonly parameter: Value; readonly moments: Moments } {
  const g = prepared(gradient, options);
  return descend(parameter, g, mul(g, g), moments, schedule, options);
}

/**
 * AdamW for rows of an embedding table with one second moment per row, the mean over its elements (partial row-wise Adam,
 * as in FBGEMM): parameter, gradient and first moment are [R, D], the second moment [R, 1]. A row moves along its own
 * first moment, and half of the passes over all rows are saved.
 */
export function rowwiseAdamW(
  rows: Value,
  gradient: Value,
  moments: Moments,
  schedule: Schedule,
  options: AdamWOptions = {},
): { readonly parameter: Value; readonly moments: Moments } {
  const g = prepared(gradient, options);
  const squared = reduceMean(mul(g, g), [1], true);
  return descend(rows, g, squared, moments, schedule, options);
}

/** The gradient scaled, and zeros in place of one that is not to be used: zero times infinity would not be zero. */
function prepared(gradient: Value, { scale, taken }: AdamWOptions): Value {
  const g = scale === undefined ? gradient : mul(gradient, scale);
  return taken === undefined ? g : where(taken, g, number(0));
}

function descend(
  parameter: Value,
  g: Value,
  squared: Value,
  moments: Moments,
  schedule: Schedule,
  options: AdamWOptions,
): { readonly parameter: Value; readonly moments: Moments } {
  const { beta1, beta2, epsilon } = { ...adamDefaults, ...options };
  const { taken } = options;
  const kept = (beta: number): Value =>
    taken === undefined ? number(beta) : where(taken, number(beta), number(1));
  const first = add(mul(moments.first, kept(beta1)), g);
  const second = add(mul(moments.second, kept(beta2)), squared);
  const root = Math.sqrt(1 - beta2);
  const ratio = div(schedule.correction1, sqrt(schedule.correction2));
  const now = taken === undefined ? schedule.rate : where(taken, schedule.rate, number(0));
  const rate = mul(now, mul(ratio, number((1 - beta1) / root)));
  const size = add(sqrt(second), number(epsilon / root));
  // Where the size is one number per row, dividing the rate by it first costs next to nothing.
  const step = sameShape(size.shape, first.shape) ? mul(div(first, size), rate) : mul(first, div(rate, size));
  const shrunk =
    options.decay === undefined ? parameter : mul(parameter, sub(number(1), mul(options.decay, now)));
  return { parameter: sub(shrunk, step), moments: { first, second } };
}

/**
 * The factor that brings the joint Euclidean norm of gradients down to `limit`, and that norm. Of gradients of a loss that
 * was multiplied by `lossScale` the factor takes that off as well, and the norm is told without it.
 */
export function clipScale(
  gradients: readonly Value[],
  limit: number,
  lossScale?: Value,
): { readonly scale: Value; readonly norm: Value } {
  const squares = gradients.map((g) => {
    const n = sizeOf(g.shape);
    const row = reshape(g, [1, n]);
    // A product with itself reads the gradient once; squaring and summing would write it as well.
    return reshape(gemm(row, row, { transB: true }), []);
  });
  const whole = sqrt(squares.reduce((a, b) => add(a, b)));
  const norm = lossScale === undefined ? whole : div(whole, lossScale);
  const clip = min(number(1), div(number(limit), add(norm, number(1e-6))));
  return { scale: lossScale === undefined ? clip : div(clip, lossScale), norm };
}

/** Exponential moving average: decay * average + (1 - decay) * current. */
export function movingAverage(average: Value, current: Value, decay: Value): Value {
  return add(current, mul(decay, sub(average, current)));
}

/** The scalars of step t (from 0) of `steps`: linear warm-up, then a cosine down to `floor` of the peak rate. */
export function scheduleAt(
  t: number,
  options: {
    readonly steps: number;
    readonly peak: number;
    /** Share of the steps. */
    readonly warmup: number;
    readonly floor?: number;
  },
): { readonly rate: number; readonly correction1: number; readonly correction2: number } {
  const warm = Math.max(1, Math.round(options.steps * options.warmup));
  const floor = options.floor ?? 0;
  const progress = Math.min(1, (t + 1 - warm) / Math.max(1, options.steps - warm));
  const cosine = floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
  return {
    rate: options.peak * (t + 1 < warm ? (t + 1) / warm : cosine),
    correction1: 1 / (1 - adamDefaults.beta1 ** (t + 1)),
    correction2: 1 / (1 - adamDefaults.beta2 ** (t + 1)),
  };
}
