import { nearDuplicateClusters } from '../base/minhash.ts';

/** Calls of one burst lie in one window of this length. */
export const WINDOW_MS = 600_000;

/** The number of near-duplicate cluster of each input. */
export function clusterInputs(inputs: readonly string[]): Int32Array {
  return nearDuplicateClusters(inputs);
}

/**
 * How much a call's neighbours in time tell about it: the intra-window correlation of the answers' signatures (analysis
 * of variance estimator), in [0, 1]. 0 where neighbours are no more alike than calls at large.
 * @param calls indices, ascending in time. @param signatures one number per call; equal numbers, equal answers.
 */
export function burstCorrelation(
  calls: readonly number[],
  times: Float64Array,
  signatures: Int32Array,
): Burst {
  const overall = new Map<number, number>();
  let within = 0;
  let pairs = 0;
  let squares = 0;
  for (let start = 0; start < calls.length; ) {
    const window = Math.floor(times[calls[start]!]! / WINDOW_MS);
    const counts = new Map<number, number>();
    let end = start;
    for (; end < calls.length && Math.floor(times[calls[end]!]! / WINDOW_MS) === window; end++) {
      const signature = signatures[calls[end]!]!;
      counts.set(signature, (counts.get(signature) ?? 0) + 1);
      overall.set(signature, (overall.get(signature) ?? 0) + 1);
    }
    const size = end - start;
    pairs += size * (size - 1);
    squares += size * size;
    for (const count of counts.values()) within += count * (count - 1);
    start = end;
  }
  const n = calls.length;
  let same = 0;
  for (const count of overall.values()) same += count * (count - 1);
  const global = n < 2 ? 0 : same / (n * (n - 1));
  const local = pairs === 0 ? 0 : within / pairs;
  const correlation = global >= 1 ? 0 : Math.max(0, (local - global) / (1 - global));
  return { correlation, size: n === 0 ? 1 : squares / n };
}

/** Correlation inside a window, and the size of the window that a call finds itself in on average. */
export interface Burst {
  readonly correlation: number;
  readonly size: number;
}

/** Kish's effective sample size, n / (1 + (m - 1) rho); at least 1 for any call at all. */
export function effectiveSize(n: number, burst: Burst): number {
  if (n === 0) return 0;
  return Math.max(1, n / (1 + Math.max(0, burst.size - 1) * burst.correlation));
}
