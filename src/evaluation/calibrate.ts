/** From scores to probabilities, and how far off they are. Monotone maps: none of this changes who is served first. */

const mildest = 20;
const sharpest = 0.05;

/**
 * The temperature T in [0.05, 20] that minimises the negative log-likelihood of softmax(logits / T) (Guo et al. 2017).
 * `labels[i]` is the class index of row i. In 1 / T the likelihood is convex: its slope's root by Newton's method, kept
 * between the bounds known so far.
 */
export function fitTemperature(logits: readonly ArrayLike<number>[], labels: ArrayLike<number>): number {
  if (logits.length === 0) return 1;
  const at = slopeOf(logits, labels);
  let [low, high] = [1 / mildest, 1 / sharpest];
  if (at(low).slope >= 0) return mildest;
  if (at(high).slope <= 0) return sharpest;
  let inverse = 1;
  for (let i = 0; i < 60; i++) {
    const { slope, curvature } = at(inverse);
    if (slope === 0) break;
    if (slope < 0) low = inverse;
    else high = inverse;
    const newton = inverse - slope / curvature;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    const moved = Math.abs(next - inverse);
    inverse = next;
    if (moved <= 1e-7 * inverse) break;
  }
  return 1 / inverse;
}

/** First and second derivative of the negative log-likelihood in 1 / T. */
function slopeOf(logits: readonly ArrayLike<number>[], labels: ArrayLike<number>) {
  const tops = logits.map(highest);
  return (inverse: number): { readonly slope: number; readonly curvature: number } => {
    let slope = 0;
    let curvature = 0;
    logits.forEach((row, i) => {
      const top = tops[i]!;
      let sum = 0;
      let first = 0;
      let second = 0;
      for (let k = 0; k < row.length; k++) {
        const below = row[k]! - top;
        const share = Math.exp(below * inverse);
        sum += share;
        first += share * below;
        second += share * below * below;
      }
      const mean = first / sum;
      slope += mean - (row[labels[i]!]! - top);
      curvature += second / sum - mean * mean;
    });
    return { slope, curvature };
  };
}

function highest(row: ArrayLike<number>): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < row.length; k++) if (row[k]! > top) top = row[k]!;
  return top;
}

/** How logits of a head become probabilities: softmax((logits + shift) / temperature). */
export interface Scaling {
  readonly temperature: number;
  /** Added to the second of two classes and taken from the first; 0 where there are more. */
  readonly shift: number;
}

/**
 * A temperature, and for two classes where between them the line is drawn as well: machines that were taught few rows of
 * one class put it too far on that class's side. Of more classes a shift each gains nothing on held-out rows.
 */
export function fitScaling(logits: readonly ArrayLike<number>[], labels: ArrayLike<number>): Scaling {
  const two = logits.length > 0 && logits[0]!.length === 2;
  const platt = two
    ? fitPlatt(
        logits.map((row) => row[1]! - row[0]!),
        labels,
      )
    : null;
  if (platt === null || platt.slope <= 1 / mildest || platt.slope >= 1 / sharpest)
    return { temperature: fitTemperature(logits, labels), shift: 0 };
  return { temperature: 1 / platt.slope, shift: platt.intercept / platt.slope / 2 };
}

/**
 * P(label 1) = 1 / (1 + exp(-(slope * margin + intercept))) by maximum likelihood, with targets as one more row of each
 * class would make them (Platt 1999); Newton's method with halved steps (Lin, Lin and Weng 2007). Null without both labels.
 */
function fitPlatt(
  margins: readonly number[],
  labels: ArrayLike<number>,
): { readonly slope: number; readonly intercept: number } | null {
  const positive = margins.filter((_, i) => labels[i] === 1).length;
  const negative = margins.length - positive;
  if (positive === 0 || negative === 0) return null;
  const [high, low] = [(positive + 1) / (positive + 2), 1 / (negative + 2)];
  const loss = (slope: number, intercept: number): number =>
    margins.reduce((sum, margin, i) => {
      const z = slope * margin + intercept;
      return sum + Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - (labels[i] === 1 ? high : low) * z;
    }, 0);
  let [slope, intercept] = [1, 0];
  let best = loss(slope, intercept);
  for (let round = 0; round < 100; round++) {
    const step = newtonStep(margins, (i) => (labels[i] === 1 ? high : low), slope, intercept);
    let share = 1;
    let next = loss(slope - step[0], intercept - step[1]);
    while (next > best && share > 1e-6) {
      share /= 2;
      next = loss(slope - share * step[0], intercept - share * step[1]);
    }
    const gained = best - next;
    if (gained <= 0) break;
    [slope, intercept, best] = [slope - share * step[0], intercept - share * step[1], next];
    if (gained < 1e-9 * margins.length) break;
  }
  return { slope, intercept };
}

/** The gradient of Platt's loss, divided by its second derivatives. */
function newtonStep(
  margins: readonly number[],
  targetOf: (i: number) => number,
  slope: number,
  intercept: number,
): readonly [number, number] {
  let [first, second] = [0, 0];
  // A little more curvature keeps the matrix invertible where all margins are alike.
  let [aa, ab, bb] = [1e-12, 0, 1e-12];
  margins.forEach((margin, i) => {
    const p = 1 / (1 + Math.exp(-(slope * margin + intercept)));
    const error = p - targetOf(i);
    const weight = p * (1 - p);
    first += error * margin;
    second += error;
    aa += weight * margin * margin;
    ab += weight * margin;
    bb += weight;
  });
  const determinant = aa * bb - ab * ab;
  return [(bb * first - ab * second) / determinant, (aa * second - ab * first) / determinant];
}

/** softmax(logits / T). */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  const normaliser = logSumExp(logits, 1 / temperature);
  const probabilities = new Float64Array(logits.length);
  for (let k = 0; k < logits.length; k++) probabilities[k] = Math.exp(logits[k]! / temperature - normaliser);
  return probabilities;
}

/** Probabilities of the logits of a head. */
export function scaled(logits: ArrayLike<number>, { temperature, shift }: Scaling): Float64Array {
  if (shift === 0) return softmax(logits, temperature);
  return softmax(Float64Array.of(logits[0]! - shift, logits[1]! + shift), temperature);
}

function logSumExp(row: ArrayLike<number>, scale: number): number {
  const max = highest(row) * scale;
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += Math.exp(row[i]! * scale - max);
  return max + Math.log(sum);
}

/** A step function that rises: value i holds from `scores[i]` up to the next. */
export interface Isotonic {
  readonly scores: readonly number[];
  readonly values: readonly number[];
}

/** Isotonic regression of agreement on the score, by pooling adjacent violators. Equal scores share a value. */
export function fitIsotonic(scores: ArrayLike<number>, agree: ArrayLike<boolean>): Isotonic {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  const blocks: { score: number; sum: number; n: number }[] = [];
  for (const i of order) {
    const score = scores[i]!;
    const hit = agree[i] === true ? 1 : 0;
    const last = blocks.at(-1);
    if (last !== undefined && last.score === score) {
      last.sum += hit;
      last.n++;
    } else blocks.push({ score, sum: hit, n: 1 });
  }
  const pooled: typeof blocks = [];
  for (const block of blocks) {
    let current = { ...block };
    for (
      let last = pooled.at(-1);
      last !== undefined && last.sum * current.n >= current.sum * last.n;
      last = pooled.at(-1)
    ) {
      pooled.pop();
      current = { score: last.score, sum: last.sum + current.sum, n: last.n + current.n };
    }
    pooled.push(current);
  }
  return { scores: pooled.map((b) => b.score), values: pooled.map((b) => b.sum / b.n) };
}

export function applyIsotonic({ scores, values }: Isotonic, score: number): number {
  let [low, high] = [0, scores.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (scores[middle]! <= score) low = middle;
    else high = middle;
  }
  return values[low] ?? 0;
}

/** One group of rows of about equal size, by confidence. */
export interface ReliabilityBin {
  readonly confidence: number;
  readonly agreement: number;
  readonly n: number;
}

/** Mean confidence against share of agreement in bins of equal mass, unsure to sure. Rows of equal confidence share a bin. */
export function reliability(
  rows: readonly { readonly confidence: number; readonly agree: boolean }[],
  bins = 15,
): ReliabilityBin[] {
  const sorted = [...rows].sort((a, b) => a.confidence - b.confidence);
  const found: ReliabilityBin[] = [];
  let start = 0;
  for (let bin = 1; bin <= bins && start < sorted.length; bin++) {
    let end = Math.max(start + 1, Math.round((sorted.length * bin) / bins));
    while (end < sorted.length && sorted[end]!.confidence === sorted[end - 1]!.confidence) end++;
    const part = sorted.slice(start, end);
    found.push({
      confidence: part.reduce((sum, row) => sum + row.confidence, 0) / part.length,
      agreement: part.filter((row) => row.agree).length / part.length,
      n: part.length,
    });
    start = end;
  }
  return found;
}

/** Expected calibration error over bins of equal mass: mean |confidence - agreement|, weighted by size. 0 for no rows. */
export function calibrationError(
  rows: readonly { readonly confidence: number; readonly agree: boolean }[],
  bins = 15,
): number {
  const total = rows.length;
  return reliability(rows, bins).reduce(
    (sum, bin) => sum + (bin.n / total) * Math.abs(bin.confidence - bin.agreement),
    0,
  );
}
