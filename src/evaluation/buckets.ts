import { binomialCdf } from '../base/binomial.ts';
import { applyIsotonic, fitIsotonic, type Isotonic } from './calibrate.ts';
import type { Scored } from './prediction.ts';
import { type Row, reachableThreshold, servedAt, thresholdGrid } from './threshold.ts';
import { calls, percent } from './words.ts';

/** What validation says about one bucket before calibration is looked at. */
export interface Gate {
  /** Answers below this confidence are never served; +Infinity: none are. */
  readonly floor: number;
  /** Why the whole bucket stays with the teacher; null where it may be served. */
  readonly reason: string | null;
}

export type Gates = ReadonlyMap<string, Gate>;

/** A bucket that validation never saw is not served: nothing is known about it. */
const unseen: Gate = { floor: Number.POSITIVE_INFINITY, reason: 'never seen in validation' };
const open: Gate = { floor: Number.NEGATIVE_INFINITY, reason: null };

export function gateOf(gates: Gates, bucket: string): Gate {
  return gates.get(bucket) ?? unseen;
}

interface Level {
  readonly epsilon: number;
  readonly delta: number;
}

/**
 * Finds the buckets that would spend the error budget of all others, on validation rows only, so that the test on the
 * calibration rows stays exact. A bucket is left as it is unless it has more errors than its confidences explain, or
 * too many to be chance where it would be served, or none that agreed; then it gets a floor above which neither holds, or goes to the
 * teacher altogether. The levels are low: among buckets that are in truth all alike, next to none is lost.
 */
export function screenBuckets(validation: readonly Scored[], calibrationRows: number, level: Level): Gates {
  const rowsOf = new Map<string, Row[]>();
  for (const row of validation) {
    const list = rowsOf.get(row.bucket) ?? [];
    list.push({ confidence: row.answered ? row.confidence : Number.NEGATIVE_INFINITY, wrong: !row.agree });
    rowsOf.set(row.bucket, list);
  }
  const names = [...rowsOf.keys()].sort();
  let gates: Gates = new Map(names.map((name) => [name, open]));
  // A round that closes a bucket shows the others in a better light and lowers the threshold; it settles in a few.
  for (let round = 0; round < 6; round++) {
    const rest = names.flatMap((name) =>
      rowsOf.get(name)!.filter((row) => row.confidence >= gateOf(gates, name).floor),
    );
    const curve = fitIsotonic(
      rest.map((row) => row.confidence),
      rest.map((row) => !row.wrong),
    );
    const total = validation.length;
    const padded = [...rest, ...Array.from({ length: total - rest.length }, () => unanswered)];
    const expected = reachableThreshold(thresholdGrid(padded, calibrationRows, level));
    const next: Gates = new Map(
      names.map((name) => {
        const gate = gateFor(rowsOf.get(name)!, expected, curve, level.epsilon);
        const before = gateOf(gates, name);
        return [name, gate.floor > before.floor ? gate : before];
      }),
    );
    const settled = names.every((name) => gateOf(next, name).floor === gateOf(gates, name).floor);
    gates = next;
    if (settled) break;
  }
  return gates;
}

const unanswered: Row = { confidence: Number.NEGATIVE_INFINITY, wrong: true };

function gateFor(rows: readonly Row[], expected: number, curve: Isotonic, epsilon: number): Gate {
  const answered = rows
    .filter((row) => Number.isFinite(row.confidence))
    .sort((a, b) => b.confidence - a.confidence);
  if (!answered.some((row) => !row.wrong))
    return {
      floor: Number.POSITIVE_INFINITY,
      reason: answered.length === 0 ? noneSure(rows.length) : noneAgreed(answered.length),
    };
  const excess = excessOf(answered, curve);
  if (excess === 1 && !isTooMany(servedAt(answered, expected), epsilon)) return open;
  const floor = loosestFloor(answered, expected, curve, epsilon / excess);
  if (floor < Number.POSITIVE_INFINITY) return { floor, reason: null };
  const errors = answered.filter((row) => row.wrong).length;
  return {
    floor,
    reason: `${errors} of ${calls(answered.length)} disagreed on validation: more than its confidence explains and too many for ${percent(epsilon)}, stays with the teacher`,
  };
}

function noneSure(n: number): string {
  return n === 1
    ? 'the only validation call of its kind was not sure enough to be served'
    : `none of its ${calls(n)} in validation was sure enough to be served: stays with the teacher`;
}

function noneAgreed(n: number): string {
  return n === 1
    ? 'the only validation call of its kind did not agree'
    : `none of its ${calls(n)} in validation agreed: stays with the teacher`;
}

/** The lowest confidence, from the expected threshold up, above which the errors explained and seen are few enough. */
function loosestFloor(
  sorted: readonly Row[],
  expected: number,
  curve: Isotonic,
  explainable: number,
): number {
  let floor = Number.POSITIVE_INFINITY;
  let [n, errors, explained] = [0, 0, 0];
  for (const [i, row] of sorted.entries()) {
    if (row.confidence < expected) break;
    n++;
    if (row.wrong) errors++;
    explained += 1 - applyIsotonic(curve, row.confidence);
    if (row.confidence === sorted[i + 1]?.confidence) continue;
    if (explained <= explainable * n && errors * 2 <= n && !isTooMany({ n, errors }, explainable))
      floor = row.confidence;
  }
  return floor;
}

/** How many times more errors than the other buckets' curve explains; 1 where chance explains it (level 0.005). */
function excessOf(rows: readonly Row[], curve: Isotonic): number {
  const errors = rows.filter((row) => row.wrong).length;
  const explained = rows.reduce((sum, row) => sum + 1 - applyIsotonic(curve, row.confidence), 0);
  return errors >= 2 && poissonTail(errors, explained) <= 0.005 ? (errors + 1) / (explained + 1) : 1;
}

function isTooMany({ n, errors }: { n: number; errors: number }, epsilon: number): boolean {
  return errors >= 2 && 1 - binomialCdf(errors - 1, n, epsilon) <= 0.02;
}

/** P(Poisson(mean) >= k), which is at least that of a sum of independent errors with the same mean (for k above it). */
function poissonTail(k: number, mean: number): number {
  let term = Math.exp(-mean);
  let below = 0;
  for (let i = 0; i < k; i++) {
    below += term;
    term *= mean / (i + 1);
  }
  return Math.max(0, 1 - below);
}
