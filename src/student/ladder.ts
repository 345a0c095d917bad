import { createRandom } from '../base/random.ts';
import type { Scored } from '../evaluation/prediction.ts';
import type { Acceptor } from './acceptor.ts';
import type { Rung } from './student.ts';

/** A rung that was trained, with its scores on rows that it was not trained on. */
export interface Candidate {
  readonly rung: Rung;
  readonly acceptor: Acceptor;
  /** Rows the certificate's search is started from. */
  readonly validation: readonly Scored[];
  /** The rows that all candidates were scored on, in one order. */
  readonly common: readonly Scored[];
}

/**
 * The cheapest rung, unless a higher one serves more at the same risk: its gain in coverage has to be positive in 90 of
 * 100 paired bootstrap draws (Efron and Tibshirani 1993). One that is surely right more often and not surely serves less
 * is taken as well. Candidates in order of cost.
 */
export function chooseRung<T extends Candidate>(
  candidates: readonly T[],
  epsilon: number,
  seed: number,
): { readonly chosen: T; readonly reason: string } {
  let chosen = candidates[0]!;
  let reason = 'the only rung that was trained';
  for (const higher of candidates.slice(1)) {
    const { gain, low, high, surer } = coverageGain(chosen.common, higher.common, epsilon, seed);
    const points = (gain * 100).toFixed(1);
    const agreement = `agrees in ${percent(higher)} instead of ${percent(chosen)} of them`;
    if (low > 0) {
      chosen = higher;
      reason = `${higher.rung} serves ${points} points more of the held-out rows at the same risk and ${agreement}`;
    } else if (surer && high >= 0) {
      chosen = higher;
      reason = `${higher.rung} ${agreement} and does not surely serve fewer (${points} points)`;
    } else
      reason = `${higher.rung} gains ${points} points of coverage, not surely more than none, and ${agreement}`;
  }
  return { chosen, reason };
}

function percent({ common }: Candidate): string {
  return `${((100 * common.filter((row) => row.agree).length) / Math.max(1, common.length)).toFixed(1)} %`;
}

const draws = 200;
/** Coverage is compared at the promised risk and at looser ones: at one risk alone, a few hundred rows say little. */
const risks = [1, 2, 4] as const;

export interface CoverageGain {
  readonly gain: number;
  readonly low: number;
  readonly high: number;
  /** Does the higher one agree with the teacher more often in 90 of 100 draws? */
  readonly surer: boolean;
}

/** Mean gain in coverage at epsilon, twice and four times epsilon on the same rows, and its 10 % quantile over bootstrap draws. */
export function coverageGain(
  lower: readonly Scored[],
  higher: readonly Scored[],
  epsilon: number,
  seed: number,
): CoverageGain {
  const random = createRandom(seed).derive('bootstrap');
  const [a, b] = [ranked(lower), ranked(higher)];
  const ones = new Uint16Array(lower.length).fill(1);
  const difference = (times: Uint16Array): number =>
    risks.reduce((sum, r) => sum + coverageAt(b, times, r * epsilon) - coverageAt(a, times, r * epsilon), 0) /
    risks.length;
  const gain = difference(ones);
  const agreed: number[] = [];
  const gains = Array.from({ length: draws }, () => {
    const times = new Uint16Array(lower.length);
    for (let i = 0; i < times.length; i++) times[random.int(times.length)]!++;
    agreed.push(
      times.reduce((sum, n, i) => sum + n * (Number(higher[i]!.agree) - Number(lower[i]!.agree)), 0),
    );
    return difference(times);
  }).sort((x, y) => x - y);
  agreed.sort((x, y) => x - y);
  return {
    gain,
    low: gains[Math.floor(draws * 0.1)] ?? 0,
    high: gains[Math.floor(draws * 0.9)] ?? 0,
    surer: (agreed[Math.floor(draws * 0.1)] ?? 0) > 0,
  };
}

/** Share of held-out rows that can be served at risk epsilon: what a higher rung could still add is the rest. */
export function coverageOf(rows: readonly Scored[], epsilon: number): number {
  return rows.length === 0 ? 0 : coverageAt(ranked(rows), new Uint16Array(rows.length).fill(1), epsilon);
}

interface Ranked {
  readonly row: number;
  readonly wrong: boolean;
}

function ranked(rows: readonly Scored[]): Ranked[] {
  return rows
    .map((row, i) => ({ row: i, wrong: !row.agree, confidence: row.answered ? row.confidence : -1 }))
    .sort((a, b) => b.confidence - a.confidence);
}

/** Largest share that can be served with at most a share epsilon of disagreements; rows count `times` times. */
function coverageAt(order: readonly Ranked[], times: Uint16Array, epsilon: number): number {
  let served = 0;
  let errors = 0;
  let best = 0;
  for (const { row, wrong } of order) {
    served += times[row]!;
    if (wrong) errors += times[row]!;
    // Half an error more keeps a lucky start of the ranking from counting as coverage.
    if (errors + 0.5 <= epsilon * served) best = served;
  }
  return best / order.length;
}
