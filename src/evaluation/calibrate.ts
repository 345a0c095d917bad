/** From scores to probabilities, and how far off they are. Monotone maps: none of this changes who is served first. */

/**
 * The temperature T in [0.05, 20] that minimises the negative log-likelihood of softmax(logits / T) (Guo et al. 2017),
 * by golden section over ln T. `labels[i]` is the class index of row i.
 */
export function fitTemperature(logits: readonly ArrayLike<number>[], labels: ArrayLike<number>): number {
  if (logits.length === 0) return 1;
  const loss = (logT: number): number => {
    const scale = Math.exp(-logT);
    let total = 0;
    logits.forEach((row, i) => {
      total += logSumExp(row, scale) - row[labels[i]!]! * scale;
    });
    return total;
  };
  return Math.exp(goldenSection(loss, Math.log(0.05), Math.log(20)));
}

/** softmax(logits / T). */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  const normaliser = logSumExp(logits, 1 / temperature);
  return Float64Array.from(logits, (z) => Math.exp(z / temperature - normaliser));
}

function logSumExp(row: ArrayLike<number>, scale: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < row.length; i++) max = Math.max(max, row[i]! * scale);
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += Math.exp(row[i]! * scale - max);
  return max + Math.log(sum);
}

function goldenSection(f: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [fa, fb] = [f(a), f(b)];
  while (high - low > 1e-5) {
    if (fa < fb) {
      [high, b, fb] = [b, a, fa];
      a = high - ratio * (high - low);
      fa = f(a);
    } else {
      [low, a, fa] = [a, b, fb];
      b = low + ratio * (high - low);
      fb = f(b);
    }
  }
  return (low + high) / 2;
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
