import type { Scored } from './prediction.ts';

/**
 * Confidence of rows by a model that knows their kind, and of rows of kinds that were hidden from it (-Infinity where it
 * answers them rightly all the same): how well that model's confidence tells the two apart stands for how well a
 * student's does.
 */
export interface Familiarity {
  readonly known: readonly number[];
  readonly strange: readonly number[];
}

/** Coverage is looked at in steps of half a percent. */
const steps = 200;

/**
 * The loosest confidence at which at most a share epsilon of the calls of kinds never seen would be answered (every such
 * answer counts as wrong). The certificate holds for traffic like the calibration rows, where new kinds are rare; above
 * this floor a call of a new kind is answered wrongly no more often than a served one may be, however common new kinds
 * become. It looks at validation rows only, so a certificate above it stays valid.
 * @returns a confidence; +Infinity where no threshold holds, -Infinity where nothing strange was tried.
 */
export function strangeFloor(
  validation: readonly Scored[],
  { known, strange }: Familiarity,
  epsilon: number,
): number {
  if (strange.length === 0 || known.length === 0 || validation.length === 0) return Number.NEGATIVE_INFINITY;
  const confidences = validation
    .map((row) => (row.answered ? row.confidence : Number.NEGATIVE_INFINITY))
    .sort((a, b) => b - a);
  const sureness = [...known].sort((a, b) => b - a);
  let floor = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= steps; step++) {
    const confidence = confidences[Math.ceil((confidences.length * step) / steps) - 1]!;
    // The same share of known rows, by the model that has seen strange ones.
    const threshold = sureness[Math.ceil((sureness.length * step) / steps) - 1]!;
    const slipped = strange.filter((c) => c >= threshold).length;
    if (!Number.isFinite(confidence) || (slipped + 0.5) / (strange.length + 1) > epsilon) break;
    floor = confidence;
  }
  return floor;
}
