import { nearDuplicateClusters } from '../base/minhash.ts';
import { createRandom } from '../base/random.ts';
import type { Split } from './example.ts';

/** Shares of the traffic per split; what is left trains. */
export interface SplitRule {
  /** The newest traffic, kept for one look at the end. */
  readonly testShare: number;
  /** Untouched by training; spent once on the threshold. */
  readonly calibrationShare: number;
  /** Held out for early stopping; 0 where out-of-fold scores serve. */
  readonly validationShare: number;
}

export const defaultSplit: SplitRule = { testShare: 0.2, calibrationShare: 0.16, validationShare: 0 };

/**
 * Assigns each text a split so that no near-duplicate cluster lies in two. A cluster goes where its oldest member goes.
 *
 * Test is the newest traffic. Calibration has to look like future traffic and still leave the newest inputs to learn
 * from: it is drawn at random from the newest half of the rest, cluster by cluster.
 * @param texts in order of time, oldest first.
 */
export function assignSplits(
  texts: readonly string[],
  rule: SplitRule,
  seed: number,
): { readonly clusters: Int32Array; readonly splits: readonly Split[] } {
  const clusters = nearDuplicateClusters(texts);
  const heads = firstMembers(clusters);
  const testFrom = Math.floor(texts.length * (1 - rule.testShare));
  const recentFrom = Math.floor(testFrom / 2);
  const recent = heads.filter((i) => i >= recentFrom && i < testFrom);
  const order = createRandom(seed).derive('split').shuffle(recent);
  const sizes = clusterSizes(clusters);

  const byCluster = new Map<number, Split>();
  for (const i of heads) byCluster.set(clusters[i]!, i >= testFrom ? 'test' : 'train');
  let calibration = Math.round(testFrom * rule.calibrationShare);
  let validation = Math.round(testFrom * rule.validationShare);
  for (const i of order) {
    const size = sizes.get(clusters[i]!) ?? 1;
    if (calibration > 0) {
      byCluster.set(clusters[i]!, 'calibration');
      calibration -= size;
    } else if (validation > 0) {
      byCluster.set(clusters[i]!, 'validation');
      validation -= size;
    } else break;
  }
  return { clusters, splits: Array.from(clusters, (cluster) => byCluster.get(cluster) ?? 'train') };
}

function firstMembers(clusters: Int32Array): number[] {
  const seen = new Set<number>();
  const heads: number[] = [];
  clusters.forEach((cluster, i) => {
    if (seen.has(cluster)) return;
    seen.add(cluster);
    heads.push(i);
  });
  return heads;
}

function clusterSizes(clusters: Int32Array): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  return sizes;
}
