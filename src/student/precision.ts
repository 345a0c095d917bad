import { binomialCdf } from '../base/binomial.ts';
import type { Scored } from '../evaluation/prediction.ts';
import type { Precision } from './half.ts';

/** How the weights of a student were written, and why. Recorded in the card. */
export interface PrecisionChoice {
  readonly weights: Precision;
  readonly reason: string;
}

/** A student in both precisions, as read back from its files. */
export interface PrecisionTrial {
  /** The same validation rows by each. */
  readonly rows: Readonly<Record<Precision, readonly Scored[]>>;
  readonly bytes: Readonly<Record<Precision, number>>;
  /** The confidence from which the walk over thresholds is expected to serve. */
  readonly start: number;
}

/** Bundles are no larger than this for the sake of finer weights. */
const mostBytes = 25e6;
/** As many losses against gains come by chance in one of twenty students that lose nothing. */
const chance = 0.05;

/**
 * Bytes, unless with them more validation rows lose their right answer, or the sureness that answers are served with, than
 * gain it, beyond what chance allows (the sign test on the rows that differ); then halves, where there is room for them. It
 * looks at validation rows only: a certificate on what was chosen stays valid.
 */
export function choosePrecision({ rows, bytes, start }: PrecisionTrial): PrecisionChoice {
  const agree = lossOf(rows, ({ agree }) => agree);
  const sure = lossOf(rows, ({ answered, agree, confidence }) => answered && agree && confidence >= start);
  const told = `of ${plural(rows.int8.length, 'held-out call')} ${agree.lost} lose and ${agree.gained} gain the right answer by 8-bit weights, ${sure.lost} lose and ${sure.gained} gain the sureness to be served`;
  if (!agree.surely && !sure.surely)
    return { weights: 'int8', reason: `8-bit weights: ${told}, no more than chance allows` };
  if (bytes.float16 > mostBytes)
    return {
      weights: 'int8',
      reason: `8-bit weights, though ${told}: 16-bit ones would take ${megabytes(bytes.float16)} MB, more than ${megabytes(mostBytes)}`,
    };
  return { weights: 'float16', reason: `16-bit weights: ${told}, more than chance allows` };
}

interface Loss {
  readonly lost: number;
  readonly gained: number;
  readonly surely: boolean;
}

function lossOf(rows: PrecisionTrial['rows'], good: (row: Scored) => boolean): Loss {
  let [lost, gained] = [0, 0];
  rows.float16.forEach((fine, i) => {
    const [a, b] = [good(fine), good(rows.int8[i]!)];
    if (a && !b) lost++;
    if (b && !a) gained++;
  });
  return { lost, gained, surely: 1 - binomialCdf(lost - 1, lost + gained, 0.5) <= chance };
}

function plural(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
