import { binomialCdf } from '../base/binomial.ts';
import { chanceOfMore, type Hits } from '../base/fisher.ts';
import type { Scored } from './prediction.ts';
import { type Row, servedAt } from './threshold.ts';

/** The newest part of the validation rows stands for what traffic is turning into. */
const newestPart = 1 / 3;
/**
 * Chance of seeing a change where there is none: that costs most of what could be served, while errors that become three
 * times as frequent are seen in 1,500 rows at this level, too (nine draws in ten).
 */
const alarm = 0.01;
/** Chance, were the risk just as promised, of as many errors as are held against a threshold. */
const surprise = 0.3;

/**
 * Where traffic changes, the loosest confidence at which the newest validation rows do not speak against the promise.
 * Their scores are those of models that learned from other blocks of time, so they err as a finished student will
 * tomorrow, while calibration rows lie among those it learned from. A change is that the newest rows disagree more often
 * than the older ones, beyond chance, where the older ones keep the promise; the chance is Fisher's, for the few errors of
 * the older rows are no better known than those of the newest. It looks at validation rows only, so a certificate above it
 * stays valid.
 * @returns a confidence; +Infinity where all speak against it, -Infinity where nothing changes.
 */
export function changeFloor(validation: readonly Scored[], epsilon: number): number {
  const byTime = [...validation].sort((a, b) => a.atMs - b.atMs);
  const cut = Math.floor(byTime.length * (1 - newestPart));
  const rows = byTime.map(
    (row): Row => ({
      confidence: row.answered ? row.confidence : Number.NEGATIVE_INFINITY,
      wrong: !row.agree,
    }),
  );
  const [older, newest] = [rows.slice(0, cut), rows.slice(cut)];
  const before = loosest(older, epsilon);
  if (!Number.isFinite(before)) return Number.NEGATIVE_INFINITY;
  const changed = chanceOfMore(errorsAt(newest, before), errorsAt(older, before)) <= alarm;
  return changed ? loosest(newest, epsilon) : Number.NEGATIVE_INFINITY;
}

function errorsAt(rows: readonly Row[], threshold: number): Hits {
  const { n, errors } = servedAt(rows, threshold);
  return { hits: errors, n };
}

/** The lowest confidence above which the rows do not speak against the promise; +Infinity where they always do. */
function loosest(rows: readonly Row[], epsilon: number): number {
  const sorted = rows
    .filter((row) => Number.isFinite(row.confidence))
    .sort((a, b) => b.confidence - a.confidence);
  let errors = 0;
  let found = Number.POSITIVE_INFINITY;
  for (const [i, row] of sorted.entries()) {
    if (row.wrong) errors++;
    if (row.confidence === sorted[i + 1]?.confidence) continue;
    if (errors === 0 || 1 - binomialCdf(errors - 1, i + 1, epsilon) > surprise) found = row.confidence;
  }
  return found;
}
