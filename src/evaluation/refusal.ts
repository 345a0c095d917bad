import { upperBound } from '../base/binomial.ts';
import { type Row, rowsNeeded, servedAt, startsOf, thresholdGrid } from './threshold.ts';
import { calls, count, percent, roughly } from './words.ts';

/** Why no threshold was certified, in words with the figures behind them, and what would change it. */
export function refusal(
  validation: readonly Row[],
  calibration: readonly Row[],
  { epsilon, delta }: { readonly epsilon: number; readonly delta: number },
): string {
  const promise = `a promise of at most ${percent(epsilon)} disagreement`;
  if (calibration.length === 0) return `There are no calibration calls yet, so ${promise} cannot be tested.`;
  const answered = calibration.filter((row) => Number.isFinite(row.confidence)).length;
  const grid = thresholdGrid(validation, calibration.length, { epsilon, delta });
  const strictest = Math.min(...startsOf(grid, calibration.length, { epsilon, delta }).keys());
  const start = grid[strictest];
  if (answered === 0 || start === undefined) {
    const right = calibration.filter((row) => !row.wrong).length;
    return `The student agrees with the teacher on ${count(right)} of the ${calls(calibration.length)} held out for calibration (${percent(right / calibration.length)}), and is sure enough of none of them to serve it.`;
  }

  const { n, errors } = servedAt(calibration, start.threshold);
  const best = Math.min(...grid.map((point) => point.risk));
  const least = rowsNeeded(0, epsilon, delta);
  if (n < least)
    return `${sentence(promise)} needs at least ${count(least)} served calibration calls without a disagreement; there are ${count(n)}${needed(best, epsilon, delta)}.`;
  const needs = rowsNeeded(best, epsilon, delta);
  if (Number.isFinite(needs) && needs > n && errors <= n * epsilon)
    return `${sentence(promise)} needs about ${roughly(needs)} served calibration calls at the student's present quality; there are ${count(n)}, of which ${count(errors)} disagreed.`;
  const surest = `Of the ${calls(n)} the student is surest of, ${count(errors)} disagree with the teacher (${percent(errors / n)})`;
  if (errors > n * epsilon) return `${surest}: too many for ${promise}.`;
  const most = mostErrors(n, epsilon, delta);
  if (errors <= most)
    return `${sentence(promise)} needs somewhat more than the ${calls(n)} the student is surest of, of which ${count(errors)} disagree.`;
  return `${surest}: too many to prove ${promise}, for which no more than ${count(most)} of so many may.`;
}

/** Errors among n calls that still prove a risk of at most epsilon. */
function mostErrors(n: number, epsilon: number, delta: number): number {
  let k = 0;
  while (k < n && upperBound(k + 1, n, delta) <= epsilon) k++;
  return k;
}

function needed(risk: number, epsilon: number, delta: number): string {
  const needs = rowsNeeded(risk, epsilon, delta);
  return Number.isFinite(needs)
    ? `, and at the student's present quality about ${roughly(needs)} are needed`
    : '';
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
