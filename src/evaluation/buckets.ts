import { binomialCdf } from '../base/binomial.ts';
import type { Scored } from './prediction.ts';
import { type Row, servedAt, startOf, thresholdGrid } from './threshold.ts';
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

export function gateOf(gates: Gates, bucket: string): Gate {
  return gates.get(bucket) ?? unseen;
}

/**
 * Finds the buckets that would spend the error budget of all others, on validation rows only, so that the test on the
 * calibration rows stays exact. A bucket is left as it is unless its errors at the expected threshold are too many to
 * be chance; then it gets a floor of its own above which they are not, or goes to the teacher altogether. Level 0.02
 * and at least two errors: among buckets that are in truth all alike, next to none is lost.
 */
export function screenBuckets(
  validation: readonly Scored[],
  calibrationRows: number,
  options: { readonly epsilon: number; readonly delta: number },
): Gates {
  const rowsOf = new Map<string, Row[]>();
  for (const row of validation) {
    const list = rowsOf.get(row.bucket) ?? [];
    list.push({ confidence: row.answered ? row.confidence : Number.NEGATIVE_INFINITY, wrong: !row.agree });
    rowsOf.set(row.bucket, list);
  }
  const names = [...rowsOf.keys()].sort();
  let gates: Gates = new Map(names.map((name) => [name, { floor: Number.NEGATIVE_INFINITY, reason: null }]));
  // Each round may lower the expected threshold and so bring new rows into play; it settles in two or three.
  for (let round = 0; round < 5; round++) {
    const expected = expectedThreshold(rowsOf, gates, calibrationRows, options);
    const next: Gates = new Map(
      names.map((name) => [name, gateFor(rowsOf.get(name)!, expected, options.epsilon)]),
    );
    const settled = names.every((name) => gateOf(next, name).floor === gateOf(gates, name).floor);
    gates = next;
    if (settled) break;
  }
  return gates;
}

/** The loosest threshold that a calibration set is more likely than not to reach, walking from the likeliest start. */
function expectedThreshold(
  rowsOf: ReadonlyMap<string, readonly Row[]>,
  gates: Gates,
  calibrationRows: number,
  options: { readonly epsilon: number; readonly delta: number },
): number {
  const rows = [...rowsOf].flatMap(([name, list]) =>
    list.map((row) =>
      row.confidence >= gateOf(gates, name).floor ? row : { ...row, confidence: Number.NEGATIVE_INFINITY },
    ),
  );
  const grid = thresholdGrid(rows, calibrationRows, options);
  const start = startOf(grid);
  let expected = grid[start]?.threshold ?? Number.POSITIVE_INFINITY;
  for (const point of grid.slice(start)) {
    if (point.power < 0.5) break;
    expected = point.threshold;
  }
  return expected;
}

function gateFor(rows: readonly Row[], expected: number, epsilon: number): Gate {
  const open: Gate = { floor: Number.NEGATIVE_INFINITY, reason: null };
  if (!isTooMany(servedAt(rows, expected), epsilon)) return open;
  const candidates = [...new Set(rows.map((row) => row.confidence))]
    .filter((confidence) => confidence > expected)
    .sort((a, b) => a - b);
  for (const floor of candidates) {
    const served = servedAt(rows, floor);
    if (served.errors * 2 <= served.n && !isTooMany(served, epsilon)) return { floor, reason: null };
  }
  const { n, errors } = servedAt(rows, expected);
  const reason = `${errors} of ${calls(n)} disagreed on validation: more than chance at ${percent(epsilon)}, stays with the teacher`;
  return { floor: Number.POSITIVE_INFINITY, reason };
}

function isTooMany({ n, errors }: { n: number; errors: number }, epsilon: number): boolean {
  return errors >= 2 && 1 - binomialCdf(errors - 1, n, epsilon) <= 0.02;
}
