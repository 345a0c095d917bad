import { nearDuplicateClusters } from '../base/minhash.ts';
import { createRandom } from '../base/random.ts';
import type { Split } from './example.ts';

/** Shares of the traffic per split; what is left trains. */
export interface SplitRule {
  /** The newest traffic, kept for one look at the end. */
  readonly testShare: number;
  /** Untouched by training; spent once on the threshold. Left out: as much as the number of calls asks for. */
  readonly calibrationShare?: number;
  /** Held out to stop training and to choose the rung. Left out: as much as the number of calls asks for. */
  readonly validationShare?: number;
}

/**
 * What a promise needs is a number of calls, not a share: about 500 served ones for 2 % when the true rate is half of that, so few
 * calls give up more of themselves.
 */
function sharesFor(calls: number): { readonly calibration: number; readonly validation: number } {
  return {
    calibration: Math.min(0.2, Math.max(0.15, 800 / Math.max(1, calls))),
    validation: calls < 4000 ? 0 : 0.08,
  };
}

export const defaultSplit: SplitRule = { testShare: 0.2 };

/**
 * Assigns each text a split so that no near-duplicate cluster lies in two. A cluster goes where its oldest member goes.
 *
 * Test is the newest traffic. Calibration has to look like future traffic and still leave the newest inputs to learn
 * from: it is drawn at random from the newest half of the rest, cluster by cluster. Each template version gives its own
 * share, because a promise holds for the versions whose traffic it was chosen on and for no other.
 * @param texts in order of time, oldest first.
 * @param versions template version of each text.
 */
export function assignSplits(
  texts: readonly string[],
  versions: readonly number[],
  rule: SplitRule,
  seed: number,
): { readonly clusters: Int32Array; readonly splits: readonly Split[] } {
  const clusters = nearDuplicateClusters(texts);
  const heads = firstMembers(clusters);
  const testFrom = Math.floor(texts.length * (1 - rule.testShare));
  const sizes = clusterSizes(clusters);
  const random = createRandom(seed).derive('split');
  const shares = sharesFor(testFrom);
  const { calibrationShare = shares.calibration, validationShare = shares.validation } = rule;

  const byCluster = new Map<number, Split>();
  for (const i of heads) byCluster.set(clusters[i]!, i >= testFrom ? 'test' : 'train');
  for (const version of new Set(versions.slice(0, testFrom))) {
    const rows = heads.filter((i) => versions[i] === version && i < testFrom);
    const total = rows.reduce((sum, i) => sum + (sizes.get(clusters[i]!) ?? 1), 0);
    let calibration = Math.round(total * calibrationShare);
    let validation = Math.round(total * validationShare);
    for (const i of random.derive(`version ${version}`).shuffle(rows.slice(Math.floor(rows.length / 2)))) {
      const size = sizes.get(clusters[i]!) ?? 1;
      if (calibration > 0) {
        byCluster.set(clusters[i]!, 'calibration');
        calibration -= size;
      } else if (validation > 0) {
        byCluster.set(clusters[i]!, 'validation');
        validation -= size;
      } else break;
    }
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
