export interface ProbabilityShape {
  readonly best: number;
  readonly top: number;
  readonly margin: number;
  /** In [0, 1]: 0 certain, 1 uniform. */
  readonly entropy: number;
}

/** The figures of a distribution that tell how sure it is. */
export function shapeOf(probabilities: ArrayLike<number>): ProbabilityShape {
  let best = 0;
  let second = 0;
  let entropy = 0;
  for (let k = 1; k < probabilities.length; k++) if (probabilities[k]! > probabilities[best]!) best = k;
  for (let k = 0; k < probabilities.length; k++) {
    const p = probabilities[k]!;
    if (k !== best && p > second) second = p;
    if (p > 0) entropy -= p * Math.log(p);
  }
  const top = probabilities[best] ?? 1;
  const scale = probabilities.length > 1 ? Math.log(probabilities.length) : 1;
  return { best, top, margin: top - second, entropy: entropy / scale };
}
