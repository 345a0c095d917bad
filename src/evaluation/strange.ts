import type { Scored } from './prediction.ts';

/**
 * Confidence of rows by a model that knows their kind, and of rows of kinds that were hidden from it (-Infinity where it
 * answers them rightly all the same): how well that model's confidence tells the two apart stands for how well a
 * student's does.
 */
export interface Familiarity {
  readonly known: readonly number[];
  readonly strange: readonly Stranger[];
}

export interface Stranger {
  readonly confidence: number;
  /** What was hidden: rows of one kind share it. */
  readonly kind: number;
}

/** Coverage is looked at in steps of half a percent. */
const steps = 200;
/**
 * One kind in so many is left out of the count, the one that slips most: it differs from a known kind by a detail and is
 * answered like it at any threshold, so that it alone would decide how sure a student has to be of everything else.
 */
const finerKinds = 10;

/**
 * The loosest confidence at which, of nine kinds in ten that were never seen, at most a share epsilon of the calls would
 * be answered (every such answer counts as wrong). The certificate holds for traffic like the calibration rows, where new
 * kinds are rare; above this floor a call of a new kind is answered wrongly no more often than a served one may be,
 * however common new kinds become. It looks at validation rows only, so a certificate above it stays valid.
 * @returns a confidence; +Infinity where no threshold holds, -Infinity where nothing strange was tried.
 */
export function strangeFloor(
  validation: readonly Scored[],
  { known, strange }: Familiarity,
  epsilon: number,
): number {
  if (strange.length === 0 || known.length === 0 || validation.length === 0) return Number.NEGATIVE_INFINITY;
  // Among those that are answered: how many are not may differ between the two.
  const confidences = descending(validation.map((row) => (row.answered ? row.confidence : Number.NaN)));
  const sureness = descending(known);
  let floor = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= steps; step++) {
    const confidence = confidences[Math.ceil((confidences.length * step) / steps) - 1];
    // The same share of known rows, by the model that has seen strange ones.
    const threshold = sureness[Math.ceil((sureness.length * step) / steps) - 1];
    if (confidence === undefined || threshold === undefined) break;
    if (slipShare(strange, threshold) > epsilon) break;
    floor = confidence;
  }
  return floor;
}

function descending(values: readonly number[]): number[] {
  return values.filter(Number.isFinite).sort((a, b) => b - a);
}

/** Share of the strange rows at or above a threshold, (slipped + 1/2) / (n + 1), without the kinds that slip most. */
function slipShare(strange: readonly Stranger[], threshold: number): number {
  const kinds = new Map<number, { n: number; slipped: number }>();
  for (const { confidence, kind } of strange) {
    const own = kinds.get(kind) ?? { n: 0, slipped: 0 };
    own.n++;
    if (confidence >= threshold) own.slipped++;
    kinds.set(kind, own);
  }
  const counted = [...kinds.values()]
    .sort((a, b) => b.slipped - a.slipped)
    .slice(Math.floor(kinds.size / finerKinds));
  const sum = (of: (kind: { n: number; slipped: number }) => number): number =>
    counted.reduce((total, kind) => total + of(kind), 0);
  return (sum(({ slipped }) => slipped) + 0.5) / (sum(({ n }) => n) + 1);
}
