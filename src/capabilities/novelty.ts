import { exactRate, upperBound } from '../base/binomial.ts';
import type { Novelty } from './capability.ts';

/**
 * Prequential novelty: the share of second-half calls that use something unseen in the first half bounds the traffic
 * outside the known set, exactly, as long as the traffic stays what it is.
 * @param signatures per call in time order, the capabilities that its answer uses.
 */
export function novelty(signatures: readonly (readonly number[])[], delta = 0.05): Novelty {
  const half = Math.floor(signatures.length / 2);
  const seen = new Set<number>();
  for (let i = 0; i < half; i++) for (const capability of signatures[i]!) seen.add(capability);
  let novel = 0;
  for (let i = half; i < signatures.length; i++) if (signatures[i]!.some((c) => !seen.has(c))) novel++;
  const n = signatures.length - half;
  return { rate: exactRate(novel, n, delta), upper: upperBound(novel, n, delta) };
}
