import { upperBound } from '../base/binomial.ts';
import type { Scored } from './prediction.ts';

/**
 * Confidence of rows by a model that knows their kind, and of rows of kinds that were hidden from it (-Infinity where it
 * answers them rightly all the same): how well that model's confidence tells the two apart stands for how well a
 * student's does.
 */
export interface Familiarity {
  readonly known: readonly number[];
  readonly strange: readonly Stranger[];
  /** How large a share of the calls may become of kinds never seen; null: however large. */
  readonly share: number | null;
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
 * The loosest confidence at which the promise survives calls of kinds that were never seen. The certificate holds for
 * traffic like the calibration rows, where such kinds are rare. Were they a share of all calls, every one of them that is
 * answered being wrong, no more than epsilon of the answers may be wrong, known calls erring as validation rows do.
 * Where they may become any share, at most epsilon of them may be answered: no more often than a served call may be wrong.
 * It looks at validation rows only, so a certificate above it stays valid.
 * @returns a confidence; +Infinity where no threshold holds, -Infinity where nothing strange was tried, or is to come.
 */
export function strangeFloor(
  validation: readonly Scored[],
  { known, strange, share }: Familiarity,
  epsilon: number,
): number {
  if (share === 0 || strange.length === 0 || known.length === 0 || validation.length === 0)
    return Number.NEGATIVE_INFINITY;
  // Among those that are answered: how many are not may differ between the two.
  const answered = validation
    .filter((row) => row.answered && Number.isFinite(row.confidence))
    .sort((a, b) => b.confidence - a.confidence);
  const sureness = known.filter(Number.isFinite).sort((a, b) => b - a);
  let floor = Number.POSITIVE_INFINITY;
  let [n, errors] = [0, 0];
  for (let step = 1; step <= steps; step++) {
    const confidence = answered[Math.ceil((answered.length * step) / steps) - 1]?.confidence;
    // The same share of known rows, by the model that has seen strange ones.
    const threshold = sureness[Math.ceil((sureness.length * step) / steps) - 1];
    if (confidence === undefined || threshold === undefined) break;
    for (; n < answered.length && answered[n]!.confidence >= confidence; n++)
      if (!answered[n]!.agree) errors++;
    const slipped = slipShare(strange, threshold);
    if (share === null) {
      if (slipped > epsilon) break;
      floor = confidence;
    } else {
      const usual = (1 - share) / validation.length;
      // Few rows at the strict end say little: a looser threshold may hold where a stricter one does not.
      if (usual * errors + share * slipped <= epsilon * (usual * n + share * slipped)) floor = confidence;
    }
  }
  return floor;
}

/** Rarer than this, kinds that come up late are the rare ones of a long tail; so many are reckoned with anywhere. */
const leastNew = 0.01;
/** Reckoned with at most where none come: few kinds are each a large share, and few calls show little. */
const mostNew = 0.1;
/** Chance that more new kinds come than the newer half shows. */
const doubt = 0.05;

/**
 * How large a share of the calls may become of kinds never seen, by what the traffic shows. null, however large: more than
 * one row in a hundred of the newer half is of a kind that the older half does not have, so they are coming up. Elsewhere
 * it is what the newer half bounds (Clopper and Pearson 1934), and no less than one more kind as common as half of those
 * known would be: that none has come for long says how seldom they do, and nothing of how common the next one is.
 * @param kinds of rows, oldest first.
 */
export function shareOfNewKinds(kinds: readonly number[]): number | null {
  const half = Math.floor(kinds.length / 2);
  const before = new Set(kinds.slice(0, half));
  const newer = kinds.slice(half);
  const came = newer.filter((kind) => !before.has(kind)).length;
  if (came > leastNew * newer.length) return null;
  const bound = newer.length === 0 ? 1 : upperBound(came, newer.length, doubt);
  return Math.min(mostNew, Math.max(leastNew, bound, usualShare(newer)));
}

/** Share of the rows that half of the kinds do not have. */
function usualShare(kinds: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const sorted = [...counts.values()].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] ?? 0) / Math.max(1, kinds.length);
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
