import type { Value } from './graph.ts';
import { add, div, min, mul, number, reduceSum, sqrt, sub } from './ops.ts';

/** Optimiser rows: pure functions from (parameter, gradient, state) to their next values, as parts of the graph. */
export interface Moments {
  readonly first: Value;
  readonly second: Value;
}

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled weight decay per step, relative to the learning rate; a value may vary by element. */
  readonly decay?: Value | number;
}

/** What changes from step to step: three scalars that are fed. `scheduleAt` computes them. */
export interface Schedule {
  readonly rate: Value;
  /** 1 / (1 - beta1^t) and 1 / (1 - beta2^t). */
  readonly correction1: Value;
  readonly correction2: Value;
}

export const adamDefaults = { beta1: 0.9, beta2: 0.98, epsilon: 1e-8 } as const;

/** AdamW (Loshchilov and Hutter 2019): p - rate (m / (sqrt(v) + epsilon) + decay p) with bias-corrected moments. */
export function adamW(
  parameter: Value,
  gradient: Value,
  moments: Moments,
  schedule: Schedule,
  options: AdamWOptions = {},
): { readonly parameter: Value; readonly moments: Moments } {
  const { beta1, beta2, epsilon } = { ...adamDefaults, ...options };
  const first = add(mul(moments.first, number(beta1)), mul(gradient, number(1 - beta1)));
  const second = add(mul(moments.second, number(beta2)), mul(mul(gradient, gradient), number(1 - beta2)));
  const denominator = add(sqrt(mul(second, schedule.correction2)), number(epsilon));
  const step = mul(div(first, denominator), mul(schedule.rate, schedule.correction1));
  const decay = typeof options.decay === 'number' ? number(options.decay) : options.decay;
  const shrunk = decay === undefined ? parameter : sub(parameter, mul(parameter, mul(decay, schedule.rate)));
  return { parameter: sub(shrunk, step), moments: { first, second } };
}

/** Scales gradients so that their joint Euclidean norm is at most `limit`; also returns the norm before. */
export function clipByGlobalNorm(
  gradients: readonly Value[],
  limit: number,
): { readonly gradients: readonly Value[]; readonly norm: Value } {
  const squares = gradients.map((g) =>
    reduceSum(
      mul(g, g),
      g.shape.map((_, i) => i),
    ),
  );
  const norm = sqrt(squares.reduce((a, b) => add(a, b)));
  const scale = min(number(1), div(number(limit), add(norm, number(1e-6))));
  return { gradients: gradients.map((g) => mul(g, scale)), norm };
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
