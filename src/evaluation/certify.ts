import { binomialCdf } from '../base/binomial.ts';
import { type Gates, gateOf, screenBuckets } from './buckets.ts';
import type { BucketDecision, Certificate, CertificationOutcome, JointRisk } from './certificate.ts';
import type { Scored } from './prediction.ts';
import { refusal } from './refusal.ts';
import { gridSteps, jointRisk, type Row, type Selected, splitFixedSequence } from './threshold.ts';
import { calls, percent } from './words.ts';

export interface CertifyOptions {
  /** Largest share of disagreements among served calls. */
  readonly epsilon: number;
  /** Chance over the calibration draw that the promise is wrong. */
  readonly delta: number;
  /**
   * `common`: the served calls together keep the promise. `each`: every served bucket keeps it by itself, which needs
   * enough calibration calls of its own. Default `common`.
   */
  readonly promise?: 'common' | 'each';
  /** Nothing below this confidence is served; chosen on validation rows (`strangeFloor`, `changeFloor`). Default: no floor. */
  readonly floor?: number;
}

/**
 * Decides what a student may answer. The validation rows choose (candidates, start, bucket floors), the calibration
 * rows only test; neither may have been used to fit the student, and the calibration rows must be spent once.
 *
 * Why the common promise holds with probability 1 - delta. (1) The set served at threshold t, {confidence >= t and
 * confidence >= the bucket's floor}, is fixed by validation; Split Fixed Sequence Testing at 0.9 delta gives a t whose
 * risk is <= epsilon. (2) Buckets are then taken away where calibration shows their risk to be > epsilon at 0.1 delta,
 * shared over all buckets and candidates. Where validation says that no bucket has the calibration rows for that, the
 * first step has all of delta. Unless one of the two fails, a set of risk <= epsilon loses only parts of
 * risk > epsilon, so what remains has risk <= epsilon: risk is an average weighted by traffic.
 */
export function certify(
  allValidation: readonly Scored[],
  allCalibration: readonly Scored[],
  options: CertifyOptions,
): CertificationOutcome {
  const { floor = Number.NEGATIVE_INFINITY } = options;
  const validation = atLeast(floor, allValidation);
  const calibration = atLeast(floor, allCalibration);
  if (
    validation.length > 0 &&
    !validation.some((row) => row.answered) &&
    allValidation.some((row) => row.answered)
  ) {
    // The floor is to blame only where the student would pass without it.
    const without = certify(allValidation, allCalibration, { ...options, floor: Number.NEGATIVE_INFINITY });
    const reason = without.kind === 'refused' ? without.reason : floorReason;
    return { kind: 'refused', reason, joint: null };
  }
  const joint = jointRisk(toRows(calibration), options);
  if (options.promise === 'each') return certifyEach(validation, calibration, options, joint);

  const gates = screenBuckets(validation, calibration.length, options);
  const gated = (rows: readonly Scored[]): Row[] => rows.map((row) => gateRow(gates, row));
  const refuting = refutingLevel(gates, validation, calibration.length, options);
  const delta = refuting === 0 ? options.delta : options.delta * (1 - refutingShare);
  const level = { epsilon: options.epsilon, delta };
  const selected = splitFixedSequence(gated(validation), gated(calibration), level);
  if (selected === null) {
    // With every bucket closed the refusal is about the student as it is.
    const rows = [...gates.values()].some((gate) => gate.reason === null) ? gated : toRows;
    return { kind: 'refused', reason: refusal(rows(validation), rows(calibration), level), joint };
  }

  const buckets = decideBuckets(gates, calibration, selected, { epsilon: options.epsilon, refuting });
  return {
    kind: 'certified',
    certificate: certificateOf(selected, calibration, buckets, options),
    buckets,
    joint,
  };
}

/** Would a call with this confidence and bucket be served under the outcome? The one rule that report and routing share. */
export function serves(
  outcome: CertificationOutcome,
  row: { readonly confidence: number; readonly bucket: string; readonly answered: boolean },
): boolean {
  if (outcome.kind === 'refused' || !row.answered) return false;
  const decision = outcome.buckets.find(({ bucket }) => bucket === row.bucket);
  return (
    decision?.serve === true &&
    row.confidence >= decision.threshold &&
    row.confidence >= outcome.certificate.threshold
  );
}

const floorReason =
  'The student cannot tell calls of a kind it has never seen, or that differ as the newest ones do, from the ones it knows: if some came, it would answer them wrongly without a doubt.';

/** Rows below the floor are as good as unanswered. */
function atLeast(floor: number, rows: readonly Scored[]): readonly Scored[] {
  if (floor === Number.NEGATIVE_INFINITY) return rows;
  return rows.map((row) => (row.confidence >= floor ? row : { ...row, answered: false }));
}

function toRows(rows: readonly Scored[]): Row[] {
  return rows.map(toRow);
}

function toRow(row: Scored): Row {
  return { confidence: row.answered ? row.confidence : Number.NEGATIVE_INFINITY, wrong: !row.agree };
}

function gateRow(gates: Gates, row: Scored): Row {
  const open = row.answered && row.confidence >= gateOf(gates, row.bucket).floor;
  return { confidence: open ? row.confidence : Number.NEGATIVE_INFINITY, wrong: !row.agree };
}

function certificateOf(
  selected: Selected,
  calibration: readonly Scored[],
  buckets: readonly BucketDecision[],
  { epsilon, delta }: CertifyOptions,
): Certificate {
  const served = buckets.reduce((sum, bucket) => sum + (bucket.serve ? bucket.n : 0), 0);
  return { epsilon, delta, ...selected, coverage: served / calibration.length };
}

/** Share of delta that goes to the tests that take buckets away. */
const refutingShare = 0.1;
/** A bucket that disagrees so many times as often as is promised has to be found out more often than not. */
const foundOut = 3;

/**
 * The level at which a bucket is taken away; 0 where the largest has too few calibration rows, by its share of the validation
 * rows, for one that errs three times as often as promised to be found out.
 */
function refutingLevel(
  gates: Gates,
  validation: readonly Scored[],
  calibrationRows: number,
  { epsilon, delta }: CertifyOptions,
): number {
  const level = (delta * refutingShare) / (Math.max(1, gates.size) * gridSteps);
  const counts = new Map<string, number>();
  for (const { bucket, answered } of validation)
    if (answered) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  const largest = Math.max(0, ...counts.values()) / Math.max(1, validation.length);
  const n = Math.round(largest * calibrationRows);
  let errors = 1;
  while (errors <= n && 1 - binomialCdf(errors - 1, n, epsilon) > level) errors++;
  const power = errors > n ? 0 : 1 - binomialCdf(errors - 1, n, Math.min(1, foundOut * epsilon));
  return power < 0.5 ? 0 : level;
}

function decideBuckets(
  gates: Gates,
  calibration: readonly Scored[],
  selected: Selected,
  { epsilon, refuting }: { readonly epsilon: number; readonly refuting: number },
): BucketDecision[] {
  const results = new Map<string, { n: number; errors: number }>();
  for (const row of calibration) {
    if (!(gateRow(gates, row).confidence >= selected.threshold)) continue;
    const result = results.get(row.bucket) ?? { n: 0, errors: 0 };
    result.n++;
    if (!row.agree) result.errors++;
    results.set(row.bucket, result);
  }
  return [...gates].map(([bucket, gate]) => {
    const { n, errors } = results.get(bucket) ?? { n: 0, errors: 0 };
    const refuted = errors > 0 && 1 - binomialCdf(errors - 1, n, epsilon) <= refuting;
    const threshold = Math.max(selected.threshold, gate.floor);
    const serve = gate.reason === null && !refuted;
    const disagree = `${errors} of ${calls(n)} disagreed`;
    const reason =
      gate.reason ??
      (refuted
        ? `${disagree} on calibration: worse than ${percent(epsilon)}, stays with the teacher`
        : n === 0
          ? 'served under the common promise; no calibration call of its kind was sure enough to be served'
          : `served under the common promise; here ${disagree} on calibration`);
    return { bucket, serve, threshold: Number.isFinite(threshold) ? threshold : 1, n, errors, reason };
  });
}

/** Every bucket tested by itself, with a share of delta that follows its validation traffic (floor 1 / 4 of an equal share). */
function certifyEach(
  validation: readonly Scored[],
  calibration: readonly Scored[],
  options: CertifyOptions,
  joint: JointRisk | null,
): CertificationOutcome {
  const { epsilon, delta } = options;
  const names = [...new Set(validation.map((row) => row.bucket))].sort();
  const tests = names.map((bucket) => {
    const own = validation.filter((row) => row.bucket === bucket).map(toRow);
    const calibrated = calibration.filter((row) => row.bucket === bucket).map(toRow);
    // The weights add up to one: three quarters follow the traffic, one quarter is shared equally.
    const weight = (0.75 * own.length) / validation.length + 0.25 / names.length;
    const level = { epsilon, delta: delta * weight };
    const selected = splitFixedSequence(own, calibrated, level);
    return { bucket, selected, why: selected === null ? refusal(own, calibrated, level) : '' };
  });
  const passed = tests.flatMap(({ selected }) => (selected === null ? [] : [selected]));
  if (passed.length === 0)
    return {
      kind: 'refused',
      reason: `No bucket keeps the promise by itself. ${tests[0]?.why ?? ''}`.trim(),
      joint,
    };
  const buckets = tests.map(({ bucket, selected, why }) => ownDecision(bucket, selected, why));
  const total: Selected = {
    threshold: Math.min(...passed.map((test) => test.threshold)),
    n: passed.reduce((sum, test) => sum + test.n, 0),
    errors: passed.reduce((sum, test) => sum + test.errors, 0),
    pValue: Math.max(...passed.map((test) => test.pValue)),
  };
  return {
    kind: 'certified',
    certificate: certificateOf(total, calibration, buckets, options),
    buckets,
    joint,
  };
}

function ownDecision(bucket: string, selected: Selected | null, why: string): BucketDecision {
  if (selected === null) return { bucket, serve: false, threshold: 1, n: 0, errors: 0, reason: why };
  const { threshold, n, errors } = selected;
  return {
    bucket,
    serve: true,
    threshold,
    n,
    errors,
    reason: `keeps the promise by itself: ${errors} of ${calls(n)} disagreed`,
  };
}
