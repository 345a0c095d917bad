/**
 * Exact binomial tails and bounds. Everything the product promises rests on these few functions, so they are exact to
 * floating point: no normal approximation anywhere.
 */

/** ln Gamma(x) for x > 0, Lanczos approximation (g = 7, n = 9), relative error below 1e-14. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const c = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  let sum = c[0]!;
  for (let i = 1; i < 9; i++) sum += c[i]! / (x - 1 + i);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Regularised incomplete beta I_x(a, b), by Lentz's continued fraction (Numerical Recipes 6.4). */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a;
  return 1 - (front * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let h = d;
  for (let m = 1; m <= 10000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    c = 1 + even / c;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = Math.abs(c) < tiny ? tiny : c;
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    c = 1 + odd / c;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = Math.abs(c) < tiny ? tiny : c;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return h;
}

/** The q-quantile of Beta(a, b), by bisection on the exact distribution function (60 halvings). */
export function betaInverse(q: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (betaCdf(middle, a, b) < q) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(Bin(n, p) <= k). */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return 1 - betaCdf(p, k + 1, n - k);
}

/** Exact one-sided upper bound on a rate after k hits in n trials (Clopper and Pearson 1934). With k = 0: 1 - delta^(1/n). */
export function upperBound(k: number, n: number, delta: number): number {
  if (n <= 0 || k >= n) return 1;
  if (k === 0) return 1 - delta ** (1 / n);
  return betaInverse(1 - delta, k + 1, n - k);
}

/** Exact one-sided lower bound on a rate after k hits in n trials (Clopper and Pearson 1934). */
export function lowerBound(k: number, n: number, delta: number): number {
  if (n <= 0 || k <= 0) return 0;
  if (k >= n) return delta ** (1 / n);
  return betaInverse(delta, k, n - k + 1);
}

/** A rate with the trials behind it and its exact two-sided interval. Shown wherever a share is shown. */
export interface Rate {
  readonly hits: number;
  readonly n: number;
  readonly rate: number;
  readonly lower: number;
  readonly upper: number;
}

/** The rate hits / n with its exact two-sided interval at level 1 - delta; NaN-free: n = 0 gives rate 0 in [0, 1]. */
export function exactRate(hits: number, n: number, delta = 0.05): Rate {
  return {
    hits,
    n,
    rate: n === 0 ? 0 : hits / n,
    lower: lowerBound(hits, n, delta / 2),
    upper: upperBound(hits, n, delta / 2),
  };
}
