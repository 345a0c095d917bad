import { exactRate, type Rate } from '../base/binomial.ts';
import { calibrationError, reliability } from './calibrate.ts';
import type { BucketReport, CertificationOutcome, EvaluationReport } from './certificate.ts';
import { serves } from './certify.ts';
import type { Scored } from './prediction.ts';

/** Share of disagreements for which `curve` says how much could be served. */
const curveRisks = [0.01, 0.02, 0.05];

/**
 * Held-out results of a student under a certification outcome. A row without an answer is left to the teacher: it costs
 * coverage, and says nothing of how often the student is right.
 */
export function evaluate(scored: readonly Scored[], outcome: CertificationOutcome): EvaluationReport {
  const served = scored.filter((row) => serves(outcome, row));
  const answered = scored.filter((row) => row.answered);
  const curve = riskCoverage(scored);
  return {
    n: scored.length,
    agreement: agreementOf(scored),
    unanswered: exactRate(scored.length - answered.length, scored.length),
    coverage: scored.length === 0 ? 0 : served.length / scored.length,
    disagreement: disagreementOf(served),
    curve: Object.fromEntries(curveRisks.map((risk) => [String(risk), largestCoverage(curve, risk)])),
    riskCoverage: thin(curve, 120),
    ece: calibrationError(answered),
    reliability: reliability(answered, 10),
    buckets: bucketsOf(scored, new Set(served)),
    cached: scored.filter((row) => row.cached).length,
    novelAgreement: agreementOf(scored.filter((row) => !row.cached)),
  };
}

export interface CurvePoint {
  readonly coverage: number;
  readonly risk: number;
  readonly threshold: number;
}

/** One point per distinct confidence, strict to loose; coverage counts all rows, also those without an answer. */
export function riskCoverage(scored: readonly Scored[]): CurvePoint[] {
  const sorted = scored.filter((row) => row.answered).sort((a, b) => b.confidence - a.confidence);
  const points: CurvePoint[] = [];
  for (let i = 0, errors = 0; i < sorted.length; ) {
    const threshold = sorted[i]!.confidence;
    for (; i < sorted.length && sorted[i]!.confidence === threshold; i++) if (!sorted[i]!.agree) errors++;
    points.push({ coverage: i / scored.length, risk: errors / i, threshold });
  }
  return points;
}

function largestCoverage(curve: readonly CurvePoint[], risk: number): number {
  return curve.reduce((best, point) => (point.risk <= risk ? Math.max(best, point.coverage) : best), 0);
}

/** At most about `limit` points, the ends kept. */
function thin<T>(points: readonly T[], limit: number): T[] {
  const step = Math.max(1, Math.ceil(points.length / limit));
  return points.filter((_, i) => i % step === 0 || i === points.length - 1);
}

function bucketsOf(scored: readonly Scored[], served: ReadonlySet<Scored>): BucketReport[] {
  const groups = new Map<string, Scored[]>();
  for (const row of scored) {
    const group = groups.get(row.bucket);
    if (group === undefined) groups.set(row.bucket, [row]);
    else group.push(row);
  }
  return [...groups]
    .map(([bucket, rows]) => {
      const taken = rows.filter((row) => served.has(row));
      return {
        bucket,
        n: rows.length,
        agreement: agreementOf(rows),
        served: taken.length,
        disagreement: disagreementOf(taken),
      };
    })
    .sort((a, b) => b.n - a.n || (a.bucket < b.bucket ? -1 : 1));
}

function agreementOf(rows: readonly Scored[]): Rate {
  const answered = rows.filter((row) => row.answered);
  return exactRate(answered.filter((row) => row.agree).length, answered.length);
}

function disagreementOf(rows: readonly Scored[]): Rate {
  return exactRate(rows.filter((row) => !row.agree).length, rows.length);
}
