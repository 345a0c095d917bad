import type { Scored } from './prediction.ts';

/**
 * Confidence of rows by a model that knows their kind, and of rows of kinds that were hidden from it: how well that
 * model's confidence tells the two apart stands for how well a student's does.
 */
export interface Familiarity {
  readonly known: readonly number[];
  readonly strange: readonly number[];
}

export interface StressOptions {
  readonly epsilon: number;
  /** Share of the calls that are taken to be of a kind training never saw; every answer to one counts as wrong. */
  readonly share: number;
}

/** Coverage is looked at in steps of half a percent. */
const steps = 200;

/**
 * The loosest confidence at which the promise would still hold if `share` of the traffic were of kinds never seen. The
 * certificate holds for traffic like the calibration rows; this floor keeps it from leaning on inputs of new kinds being
 * as rare as they were. It looks at validation rows only, so a certificate above it stays valid.
 * @returns a confidence; +Infinity where no threshold holds, -Infinity where nothing strange was tried.
 */
export function stressFloor(
  validation: readonly Scored[],
  { known, strange }: Familiarity,
  { epsilon, share }: StressOptions,
): number {
  if (strange.length === 0 || known.length === 0 || validation.length === 0) return Number.NEGATIVE_INFINITY;
  const rows = validation
    .map((row) => ({
      confidence: row.answered ? row.confidence : Number.NEGATIVE_INFINITY,
      wrong: !row.agree,
    }))
    .sort((a, b) => b.confidence - a.confidence);
  const sureness = [...known].sort((a, b) => b - a);
  let floor = Number.POSITIVE_INFINITY;
  let served = 0;
  let wrong = 0;
  for (let step = 1; step <= steps; step++) {
    const count = Math.ceil((rows.length * step) / steps);
    for (; served < count; served++) if (rows[served]!.wrong) wrong++;
    const { confidence } = rows[count - 1]!;
    if (!Number.isFinite(confidence)) break;
    // The same share of known rows, by the model that has seen strange ones.
    const threshold = sureness[Math.ceil((sureness.length * step) / steps) - 1]!;
    const slipped = (share * strange.filter((c) => c >= threshold).length) / strange.length;
    const answered = ((1 - share) * served) / rows.length + slipped;
    const risk = (((1 - share) * wrong) / rows.length + slipped) / answered;
    if (risk <= epsilon) floor = confidence;
  }
  return floor;
}
