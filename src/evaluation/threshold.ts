import { binomialCdf } from '../base/binomial.ts';
import type { JointRisk } from './certificate.ts';

/** What threshold selection sees of a scored call. Rows without an answer have confidence -Infinity. */
export interface Row {
  readonly confidence: number;
  readonly wrong: boolean;
}

/** A threshold that passed its test: serve where confidence >= threshold. */
export interface Selected {
  readonly threshold: number;
  /** Calibration rows served and disagreements among them. */
  readonly n: number;
  readonly errors: number;
  readonly pValue: number;
}

/** A candidate threshold with what validation says about it. */
export interface GridPoint {
  readonly threshold: number;
  /** Share of the validation rows at or above the threshold; ties make it larger than the grid's step. */
  readonly share: number;
  /** Disagreement on validation, (errors + 1/2) / (n + 1). */
  readonly risk: number;
  /** Chance that a calibration set of the planned size passes the test here. */
  readonly power: number;
}

/**
 * Split Fixed Sequence Testing (Learn then Test, Angelopoulos et al. 2021): candidates, order and starts are chosen on
 * validation rows, then exact binomial tests walk from strict to loose thresholds. Each start brings a share of delta,
 * and a test that passes hands its level on to the next one (the fallback procedure, Wiens 2003). Nothing of this looks
 * at the calibration rows, so P(risk of the result > epsilon) <= delta whatever the risk curve looks like.
 * null: no start passes.
 */
export function splitFixedSequence(
  validation: readonly Row[],
  calibration: readonly Row[],
  { epsilon, delta }: { readonly epsilon: number; readonly delta: number },
): Selected | null {
  const grid = thresholdGrid(validation, calibration.length, { epsilon, delta });
  const starts = startsOf(grid, calibration.length, { epsilon, delta });
  let best: Selected | null = null;
  let level = 0;
  for (const [index, { threshold }] of grid.entries()) {
    level += starts.get(index) ?? 0;
    if (level === 0) continue;
    const { n, errors } = servedAt(calibration, threshold);
    const pValue = n === 0 ? 1 : binomialCdf(errors, n, epsilon);
    if (pValue <= level) best = { threshold, n, errors, pValue };
    else level = 0;
  }
  return best;
}

/**
 * Where the walk starts, as index of the candidate -> share of delta. The main start promises most traffic but may fail
 * by bad luck; where a clearly stricter candidate is likely to pass, it takes most of delta and the walk from it reaches
 * the main one with all of it. Where the main start would pass with twice the errors it keeps most: few calls may be as
 * sure as a stricter one asks, and with small sets it failed where the main one passed. A candidate beside the main one fails with it: validation rows are read by models that
 * learned from fewer rows, so that at one threshold a finished student serves more calls, and errs more often, than they
 * do. With scores of three trainings of copied fields, kept apart like that, this refused 28 of 180 draws instead of 49
 * and served 48 % instead of 43; it changed nothing over 55 sets of scores without such a difference, and cost up to
 * seven points where 500 rows all err alike.
 */
export function startsOf(
  grid: readonly GridPoint[],
  calibrationRows: number,
  { epsilon, delta }: { readonly epsilon: number; readonly delta: number },
): ReadonlyMap<number, number> {
  const main = startOf(grid);
  const own = isSafe(grid[main], calibrationRows, { epsilon, delta }) ? 1 - safeShare : safeShare;
  let safest = main;
  let chance = likely;
  const most = clearlyStricter * (grid[main]?.share ?? 0);
  grid.slice(0, main).forEach(({ risk, share }, index) => {
    if (share > most) return;
    const passes = expectedPower(calibrationRows, share, risk, { epsilon, delta: delta * own });
    if (passes < chance) return;
    chance = passes;
    safest = index;
  });
  if (safest === main) return new Map([[main, delta]]);
  return new Map([
    [safest, delta * own],
    [main, delta - delta * own],
  ]);
}

/** A safer start serves at most so much of what the main one does. */
const clearlyStricter = 0.75;
const likely = 0.8;
const safeShare = 0.9;

/** Does a start pass, most probably, though twice as many answers be wrong as validation says? */
function isSafe(
  start: GridPoint | undefined,
  calibrationRows: number,
  level: { readonly epsilon: number; readonly delta: number },
): boolean {
  return start !== undefined && expectedPower(calibrationRows, start.share, 2 * start.risk, level) >= 0.9;
}

/**
 * Candidates are this many equal steps of coverage. Half as many gave away one to three points of coverage to rounding;
 * twice as many gained nothing measurable.
 */
export const gridSteps = 50;

/** Candidate thresholds, strict to loose: the confidences that serve 2, 4, ... % of the validation rows, and every answered one. */
export function thresholdGrid(
  validation: readonly Row[],
  calibrationRows: number,
  { epsilon, delta }: { readonly epsilon: number; readonly delta: number },
): GridPoint[] {
  const total = validation.length;
  // Rows without an answer are served at no threshold.
  const answered = validation
    .map((row) => row.confidence)
    .filter(Number.isFinite)
    .sort((a, b) => b - a);
  const grid: GridPoint[] = [];
  for (let step = 1; step <= gridSteps; step++) {
    const wanted = Math.ceil((total * step) / gridSteps);
    const threshold = answered[Math.min(answered.length, wanted) - 1];
    // Fewer than the first step are no candidate.
    if (threshold === undefined || (step === 1 && answered.length < wanted)) break;
    if (threshold === grid.at(-1)?.threshold) continue;
    const { n, errors } = servedAt(validation, threshold);
    const risk = (errors + 0.5) / (n + 1);
    const share = n / total;
    grid.push({
      threshold,
      share,
      risk,
      power: expectedPower(calibrationRows, share, risk, { epsilon, delta }),
    });
  }
  return grid;
}

/** Midpoints of five parts of a normal distribution that are equally likely. */
const fifths = [-1.28, -0.52, 0, 0.52, 1.28] as const;

/** Chance to pass where about a share of the rows is served: how many it will be is chance as well, and few may be too few. */
function expectedPower(
  rows: number,
  share: number,
  risk: number,
  { epsilon, delta }: { readonly epsilon: number; readonly delta: number },
): number {
  const deviation = Math.sqrt(rows * share * (1 - share));
  const counts = fifths.map((z) => Math.min(rows, Math.round(rows * share + z * deviation)));
  return counts.reduce((sum, n) => sum + power(n, risk, epsilon, delta), 0) / counts.length;
}

/**
 * Index of the candidate to start from: the one from which the walk is expected to certify most traffic. A walk gets as
 * far as its weakest step lets it, so each further candidate counts with the least power on the way to it.
 */
export function startOf(grid: readonly GridPoint[]): number {
  let start = 0;
  let most = -1;
  grid.forEach((_, index) => {
    const expected = expectedShare(grid.slice(index));
    if (expected >= most) {
      most = expected;
      start = index;
    }
  });
  return start;
}

/** Share of the traffic that so many calibration rows are expected to certify. */
export function expectedCoverage(
  validation: readonly Row[],
  calibrationRows: number,
  level: { readonly epsilon: number; readonly delta: number },
): number {
  const grid = thresholdGrid(validation, calibrationRows, level);
  return expectedShare(grid.slice(startOf(grid)));
}

function expectedShare(walk: readonly GridPoint[]): number {
  let [expected, power, before] = [0, 1, 0];
  for (const point of walk) {
    power = Math.min(power, point.power);
    expected += power * (point.share - before);
    before = point.share;
  }
  return expected;
}

/** The loosest threshold that a walk from the start is more likely than not to reach; +Infinity for an empty grid. */
export function reachableThreshold(grid: readonly GridPoint[]): number {
  const start = startOf(grid);
  let reached = grid[start]?.threshold ?? Number.POSITIVE_INFINITY;
  for (const point of grid.slice(start)) {
    if (point.power < 0.5) break;
    reached = point.threshold;
  }
  return reached;
}

/** Chance that n served rows with true disagreement `risk` pass the exact test at (epsilon, delta). */
export function power(n: number, risk: number, epsilon: number, delta: number): number {
  const allowed = allowedErrors(n, epsilon, delta);
  return allowed < 0 ? 0 : binomialCdf(allowed, n, risk);
}

/** The most errors among n served rows that still show risk <= epsilon at level delta; -1 where not even 0 do. */
export function allowedErrors(n: number, epsilon: number, delta: number): number {
  if (n <= 0 || binomialCdf(0, n, epsilon) > delta) return -1;
  let low = 0;
  let high = Math.ceil(n * epsilon) + 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (binomialCdf(middle, n, epsilon) <= delta) low = middle;
    else high = middle;
  }
  return low;
}

/** Served rows needed so that a student with this true risk passes with 80 % chance; Infinity where risk >= epsilon. */
export function rowsNeeded(risk: number, epsilon: number, delta: number, chance = 0.8): number {
  if (risk >= epsilon) return Number.POSITIVE_INFINITY;
  let high = Math.ceil(Math.log(delta) / Math.log1p(-epsilon));
  const limit = 1_000_000;
  while (power(high, risk, epsilon, delta) < chance) {
    high *= 2;
    if (high > limit) return Number.POSITIVE_INFINITY;
  }
  let low = 0;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (power(middle, risk, epsilon, delta) >= chance) high = middle;
    else low = middle;
  }
  return high;
}

/** Rows at or above a threshold and the disagreements among them. */
export function servedAt(rows: readonly Row[], threshold: number): { n: number; errors: number } {
  let n = 0;
  let errors = 0;
  for (const row of rows) {
    if (!(row.confidence >= threshold)) continue;
    n++;
    if (row.wrong) errors++;
  }
  return { n, errors };
}

/**
 * The second promise, P(served and disagree) <= epsilon. It grows as the threshold falls, so every calibration
 * confidence is a candidate and the walk starts at the strictest; all rows count, served or not.
 */
export function jointRisk(
  calibration: readonly Row[],
  { epsilon, delta }: { readonly epsilon: number; readonly delta: number },
): JointRisk | null {
  const total = calibration.length;
  const allowed = allowedErrors(total, epsilon, delta);
  const sorted = calibration
    .filter((row) => Number.isFinite(row.confidence))
    .sort((a, b) => b.confidence - a.confidence);
  let best: JointRisk | null = null;
  for (let i = 0, errors = 0; i < sorted.length; ) {
    const threshold = sorted[i]!.confidence;
    for (; i < sorted.length && sorted[i]!.confidence === threshold; i++) if (sorted[i]!.wrong) errors++;
    if (errors > allowed) break;
    best = { epsilon, threshold, coverage: i / total };
  }
  return best;
}
