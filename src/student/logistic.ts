/** Logistic regression on standardised features, as plain data. */
export interface Logistic {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly weights: readonly number[];
  readonly bias: number;
}

/** Probability in (0, 1). */
export function logistic(model: Logistic, features: readonly number[]): number {
  let z = model.bias;
  features.forEach((value, i) => {
    z += (model.weights[i] ?? 0) * ((value - (model.mean[i] ?? 0)) / (model.scale[i] ?? 1));
  });
  return 1 / (1 + Math.exp(-z));
}

/** The less there is to learn from, the nearer weights stay to none. */
export function usualRidge(rows: number): number {
  return Math.max(1e-3, 10 / Math.max(1, rows));
}

export function logit(p: number): number {
  const clipped = Math.min(1 - 1e-7, Math.max(1e-7, p));
  return Math.log(clipped / (1 - clipped));
}

/**
 * Ridge-penalised logistic regression by gradient descent with Nesterov's momentum on standardised features.
 * @param ridge the penalty, or one for each feature.
 */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  hits: readonly boolean[],
  rowWeights: readonly number[] = rows.map(() => 1),
  ridge: number | readonly number[] = usualRidge(rows.length),
): Logistic {
  const width = rows[0]?.length ?? 0;
  const penalty = (j: number): number => (typeof ridge === 'number' ? ridge : ridge[j]!);
  const mean = Array.from({ length: width }, (_, j) => rows.reduce((s, row) => s + row[j]!, 0) / rows.length);
  const scale = Array.from({ length: width }, (_, j) => {
    const variance = rows.reduce((s, row) => s + (row[j]! - mean[j]!) ** 2, 0) / rows.length;
    return variance > 1e-12 ? Math.sqrt(variance) : 1;
  });
  const x = rows.map((row) => Float64Array.from(row, (value, j) => (value - mean[j]!) / scale[j]!));
  const positive = hits.filter(Boolean).length;
  const prior = (positive + 0.5) / (hits.length + 1);
  let weights = new Float64Array(width);
  let bias = Math.log(prior / (1 - prior));
  let [ahead, aheadBias] = [Float64Array.from(weights), bias];
  const steepest = Math.max(0, ...weights.map((_, j) => penalty(j)));
  // The Hessian of the mean loss is at most trace/4 = (width + 1)/4 on standardised features.
  const step = 1 / ((width + 1) / 4 + steepest);
  for (let iteration = 1; iteration <= 400; iteration++) {
    const gradient = new Float64Array(width);
    let gradientBias = 0;
    x.forEach((row, i) => {
      let z = aheadBias;
      for (let j = 0; j < width; j++) z += ahead[j]! * row[j]!;
      const error = rowWeights[i]! * (1 / (1 + Math.exp(-z)) - (hits[i] ? 1 : 0));
      for (let j = 0; j < width; j++) gradient[j]! += error * row[j]!;
      gradientBias += error;
    });
    const next = ahead.map((w, j) => w - step * (gradient[j]! / rows.length + penalty(j) * w));
    const nextBias = aheadBias - (step * gradientBias) / rows.length;
    const momentum = (iteration - 1) / (iteration + 2);
    ahead = next.map((w, j) => w + momentum * (w - weights[j]!));
    aheadBias = nextBias + momentum * (nextBias - bias);
    weights = next;
    bias = nextBias;
  }
  return { mean, scale, weights: [...weights], bias };
}
