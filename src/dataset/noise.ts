import { binomialCdf } from '../base/binomial.ts';

/**
 * Finds training rows whose label is probably a slip of the teacher, by confident learning (Northcutt, Jiang and Chuang
 * 2021): a class is claimed with confidence where its out-of-fold probability reaches the mean over the rows labelled so,
 * and a row that another class claims, as the likeliest one, is off the diagonal of the joint counts.
 * @param probabilities out-of-fold class probabilities per row. @param labels class per row.
 * @returns row numbers.
 */
export function suspectRows(
  probabilities: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
): number[] {
  const thresholds = ownConfidence(probabilities, labels);
  const found: number[] = [];
  probabilities.forEach((p, i) => {
    const likeliest = argmax(p);
    if (likeliest !== labels[i] && p[likeliest]! >= thresholds[likeliest]!) found.push(i);
  });
  return found;
}

/** Mean probability of each class over the rows labelled so; above 1 where no row is, so that nothing reaches it. */
function ownConfidence(probabilities: readonly ArrayLike<number>[], labels: ArrayLike<number>): Float64Array {
  const classes = probabilities[0]?.length ?? 0;
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  probabilities.forEach((p, i) => {
    sums[labels[i]!]! += p[labels[i]!]!;
    counts[labels[i]!]!++;
  });
  return sums.map((sum, k) => (counts[k] === 0 ? 2 : sum / counts[k]!));
}

function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k;
  return best;
}

/**
 * Is leaving rows out worth it? The same held-out rows, with and without the filter in training: it has to win more often
 * than it loses, with an even coin surprised at one in ten (sign test).
 */
export function filterHelps(before: readonly boolean[], after: readonly boolean[]): boolean {
  let wins = 0;
  let losses = 0;
  before.forEach((right, i) => {
    if (after[i] === right) return;
    if (right) losses++;
    else wins++;
  });
  return wins > losses && 1 - binomialCdf(wins - 1, wins + losses, 0.5) <= 0.1;
}
