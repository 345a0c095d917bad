import { binomialCdf, upperBound } from '../../src/base/binomial.ts';
import { createRandom, type Random } from '../../src/base/random.ts';
import { certify, serves } from '../../src/evaluation/certify.ts';
import type { Scored } from '../../src/evaluation/prediction.ts';
import {
  jointRisk,
  type Row,
  type Selected,
  servedAt,
  splitFixedSequence,
} from '../../src/evaluation/threshold.ts';

/**
 * Draws calibration sets from a finite population whose true risk is known exactly: the population itself is the
 * traffic, rows are drawn with replacement, and a promise is broken where the chosen set's risk on the population is
 * above epsilon.
 */

/**
 * `certify` is the product's; `each` certifies every bucket by itself and breaks its promise where any served bucket's
 * risk is above epsilon; `joint` is the promise told beside it, about served and wrong calls among all calls.
 */
export type Method = 'certify' | 'each' | 'joint' | 'sfst' | 'naive' | 'clopper-pearson' | 'sgr';
export const methods: readonly Method[] = [
  'certify',
  'each',
  'joint',
  'sfst',
  'naive',
  'clopper-pearson',
  'sgr',
];

export interface Trial {
  readonly epsilon: number;
  readonly delta: number;
  readonly calibration: number;
  readonly validation: number;
  readonly draws: number;
  readonly seed: number;
}

export interface MethodResult {
  readonly coverage: number;
  readonly violations: number;
}

/** Error probability of a row with sureness u in [0, 1) in bucket b: what a made-up population is like. */
export type Noise = (u: number, bucket: number) => number;

export const noises: Readonly<Record<string, Noise>> = {
  /** Errors fall with confidence: an honest student. */
  rising: (u) => 0.4 * (1 - u) ** 3,
  /** The teacher itself is inconsistent: the same few errors at every confidence, just above the promise. */
  'flat just above 2 %': () => 0.0206,
  'flat just above 5 %': () => 0.0515,
  /** Surest where it is wrong most often: errors at the top of the confidence. */
  'wrong when sure': (u) => (u > 0.9 ? 0.08 : 0.012),
  /** One bucket in eight is bad at every confidence, the others are as in `rising`. */
  'bad buckets': (u, bucket) => (bucket % 8 === 0 ? 0.2 : 0.25 * (1 - u) ** 3),
  /** Bad buckets, so small that screening rarely sees them. */
  'flat buckets': (_u, bucket) => (bucket < 4 ? 0.05 : 0.017),
};

/** A population of scored calls; `levels` makes confidences tie (a student that knows few degrees of sureness). */
export function population(
  noise: Noise,
  { rows = 20_000, buckets = 24, levels = 0, unanswered = 0.03, seed = 1 } = {},
): Scored[] {
  const random = createRandom(`population/${seed}`);
  return Array.from({ length: rows }, (_, i) => {
    const u = random.next();
    // Zipf-like: bucket 0 is the most frequent.
    const bucket = Math.min(buckets - 1, Math.floor(buckets ** random.next()) - 1);
    return {
      callId: String(i),
      atMs: i,
      confidence: levels > 0 ? Math.floor(u * levels) / levels : u,
      agree: random.next() >= noise(u, bucket),
      answered: random.next() >= unanswered,
      bucket: `label:${bucket}`,
      cached: false,
    };
  });
}

/** A population in which every fourth call comes as a burst of 16 near duplicates that share confidence and outcome. */
export function burstyPopulation(noise: Noise, { bursts = 20_000, seed = 1 } = {}): Scored[][] {
  const random = createRandom(`bursts/${seed}`);
  return population(noise, { rows: bursts, seed }).map((row) => {
    const size = random.next() < 0.75 ? 1 : 16;
    return Array.from({ length: size }, (_, k) => ({ ...row, callId: `${row.callId}/${k}` }));
  });
}

/** How often the common promise breaks where whole bursts are drawn, counted row by row and once per burst. */
export function burstsKept(bursts: readonly (readonly Scored[])[], trial: Trial) {
  const random = createRandom(`burst draws/${trial.seed}`);
  const draw = (): (readonly Scored[])[] =>
    Array.from({ length: trial.calibration }, () => bursts[random.int(bursts.length)]!);
  const truth = indexed(bursts.flat());
  const violations = { rows: 0, once: 0 };
  for (let k = 0; k < trial.draws; k++) {
    const [validation, calibration] = [draw(), draw()];
    for (const way of ['rows', 'once'] as const) {
      const counted = (drawn: readonly (readonly Scored[])[]): Scored[] =>
        drawn.flatMap((burst) => (way === 'once' ? burst.slice(0, 1) : burst));
      const found = resultOf('certify', counted(validation), counted(calibration), trial, truth);
      if (found.broken) violations[way] += 1 / trial.draws;
    }
  }
  return violations;
}

/** Coverage and share of broken promises per method over many draws. */
export function promiseKept(traffic: readonly Scored[], trial: Trial): Record<Method, MethodResult> {
  const random = createRandom(`draws/${trial.seed}`);
  const truth = indexed(traffic);
  const sums = Object.fromEntries(
    methods.map((method) => [method, { coverage: 0, violations: 0 }]),
  ) as Record<Method, { coverage: number; violations: number }>;
  for (let draw = 0; draw < trial.draws; draw++) {
    const validation = drawFrom(traffic, trial.validation, random);
    const calibration = drawFrom(traffic, trial.calibration, random);
    for (const method of methods) {
      const { served, broken } = resultOf(method, validation, calibration, trial, truth);
      sums[method].coverage += served / traffic.length / trial.draws;
      if (broken) sums[method].violations += 1 / trial.draws;
    }
  }
  return sums;
}

/** The largest share of violations that chance allows a valid method: delta and two standard errors. */
export function allowedViolations({ delta, draws }: Trial): number {
  return delta + 2 * Math.sqrt((delta * (1 - delta)) / draws);
}

function drawFrom(traffic: readonly Scored[], n: number, random: Random): Scored[] {
  return Array.from({ length: n }, () => traffic[random.int(traffic.length)]!);
}

interface Totals {
  readonly served: number;
  readonly wrong: number;
}

interface Outcome {
  readonly served: number;
  readonly broken: boolean;
}

function resultOf(
  method: Method,
  validation: readonly Scored[],
  calibration: readonly Scored[],
  trial: Trial,
  truth: Truth,
): Outcome {
  const tooMany = ({ served, wrong }: Totals): boolean => served > 0 && wrong / served > trial.epsilon;
  if (method === 'certify' || method === 'each') {
    const promise = method === 'each' ? 'each' : 'common';
    const outcome = certify(validation, calibration, { ...trial, promise });
    if (outcome.kind === 'refused') return { served: 0, broken: false };
    const parts: Totals[] = [];
    for (const { bucket, threshold, serve } of outcome.buckets) {
      if (!serve) continue;
      assertServes(outcome, bucket, threshold);
      parts.push(atLeast(truth.buckets.get(bucket), threshold));
    }
    const served = parts.reduce((sum, part) => sum + part.served, 0);
    const wrong = parts.reduce((sum, part) => sum + part.wrong, 0);
    return { served, broken: method === 'each' ? parts.some(tooMany) : tooMany({ served, wrong }) };
  }
  if (method === 'joint') {
    const found = jointRisk(calibration.map(toRow), trial);
    if (found === null) return { served: 0, broken: false };
    const { served, wrong } = atLeast(truth.all, found.threshold);
    return { served, broken: wrong / truth.total > trial.epsilon };
  }
  const threshold = thresholdOf(method, validation.map(toRow), calibration.map(toRow), trial);
  if (threshold === null) return { served: 0, broken: false };
  const totals = atLeast(truth.all, threshold);
  return { served: totals.served, broken: tooMany(totals) };
}

/** The totals above are those of the rule that report and routing use. */
function assertServes(outcome: Parameters<typeof serves>[0], bucket: string, confidence: number): void {
  if (!serves(outcome, { bucket, confidence, answered: true }))
    throw new Error('a served bucket is not served');
}

function thresholdOf(
  method: Exclude<Method, 'certify' | 'each' | 'joint'>,
  validation: readonly Row[],
  calibration: readonly Row[],
  trial: Trial,
): number | null {
  if (method === 'sfst') return splitFixedSequence(validation, calibration, trial)?.threshold ?? null;
  if (method === 'sgr') return selectiveGuaranteedRisk(calibration, trial)?.threshold ?? null;
  // What everybody writes first: the loosest threshold that looks good on the calibration rows, by its plain rate or by
  // a bound that forgets how many thresholds were tried.
  const candidates = [...new Set(calibration.map((row) => row.confidence))].filter(Number.isFinite);
  candidates.sort((a, b) => a - b);
  const step = Math.max(1, Math.floor(candidates.length / 100));
  for (let i = 0; i < candidates.length; i += step) {
    const { n, errors } = servedAt(calibration, candidates[i]!);
    const looksGood =
      method === 'naive'
        ? errors <= trial.epsilon * n
        : n > 0 && binomialCdf(errors, n, trial.epsilon) <= trial.delta;
    if (looksGood) return candidates[i]!;
  }
  return null;
}

function toRow(row: Scored): Row {
  return { confidence: row.answered ? row.confidence : Number.NEGATIVE_INFINITY, wrong: !row.agree };
}

/** Confidences from high to low with running counts, so that the truth of any threshold is one binary search. */
interface Running {
  readonly confidences: Float64Array;
  readonly wrong: Float64Array;
}

interface Truth {
  readonly total: number;
  readonly all: Running;
  readonly buckets: ReadonlyMap<string, Running>;
}

function indexed(traffic: readonly Scored[]): Truth {
  const names = [...new Set(traffic.map((row) => row.bucket))];
  return {
    total: traffic.length,
    all: running(traffic),
    buckets: new Map(names.map((name) => [name, running(traffic.filter((row) => row.bucket === name))])),
  };
}

function running(rows: readonly Scored[]): Running {
  const sorted = rows.filter((row) => row.answered).sort((a, b) => b.confidence - a.confidence);
  let errors = 0;
  return {
    confidences: Float64Array.from(sorted, (row) => row.confidence),
    wrong: Float64Array.from(sorted, (row) => (row.agree ? errors : ++errors)),
  };
}

function atLeast(list: Running | undefined, threshold: number): Totals {
  if (list === undefined) return { served: 0, wrong: 0 };
  let [low, high] = [0, list.confidences.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list.confidences[middle]! >= threshold) low = middle + 1;
    else high = middle;
  }
  return { served: low, wrong: low === 0 ? 0 : list.wrong[low - 1]! };
}

/**
 * SGR (Geifman and El-Yaniv 2017, algorithm 1): a binary search with a union bound. Valid, but too cautious at the
 * sizes met here; kept to be compared with.
 */
export function selectiveGuaranteedRisk(
  calibration: readonly Row[],
  { epsilon, delta }: { readonly epsilon: number; readonly delta: number },
): Selected | null {
  const scores = calibration.map((row) => row.confidence).sort((a, b) => a - b);
  const rounds = Math.max(1, Math.ceil(Math.log2(scores.length)));
  let low = 0;
  let high = scores.length - 1;
  let best: Selected | null = null;
  for (let round = 0; round < rounds && high >= 0; round++) {
    const middle = Math.ceil((low + high) / 2);
    const threshold = scores[middle]!;
    const { n, errors } = servedAt(calibration, threshold);
    const holds = Number.isFinite(threshold) && upperBound(errors, n, delta / rounds) <= epsilon;
    if (!holds) low = middle;
    else {
      high = middle;
      if (best === null || threshold < best.threshold)
        best = { threshold, n, errors, pValue: binomialCdf(errors, n, epsilon) };
    }
  }
  return best;
}
