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

/** A cluster of more rows is large: one observation for calibration, and a kind of input for training. */
const mostRows = 20;
/** Where more than this share of what calibration would have are large, they are what the traffic is like. */
const mostLarge = 0.05;

export const defaultSplit: SplitRule = { testShare: 0.2 };

/**
 * Assigns each text a split so that no near-duplicate cluster lies in two. A cluster goes where its oldest member goes.
 *
 * Test is the newest traffic. Calibration has to look like future traffic and still leave the newest inputs to learn
 * from: it is drawn at random from the newest half of the rest, cluster by cluster. A few large clusters that are drawn
 * train all the same: without them a student would know nothing of inputs that come every day. Each template version gives
 * its own share, because a promise holds for the versions whose traffic it was chosen on and for no other.
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
    const calibrated: number[] = [];
    for (const i of random.derive(`version ${version}`).shuffle(rows.slice(Math.floor(rows.length / 2)))) {
      const size = sizes.get(clusters[i]!) ?? 1;
      if (calibration > 0) {
        calibrated.push(clusters[i]!);
        calibration -= size;
      } else if (validation > 0) {
        byCluster.set(clusters[i]!, 'validation');
        validation -= size;
      } else break;
    }
    for (const cluster of withoutLarge(calibrated, sizes)) byCluster.set(cluster, 'calibration');
  }
  return { clusters, splits: Array.from(clusters, (cluster) => byCluster.get(cluster) ?? 'train') };
}

/** The clusters without the large ones, where those are few. */
function withoutLarge(clusters: readonly number[], sizes: ReadonlyMap<number, number>): readonly number[] {
  const small = clusters.filter((cluster) => (sizes.get(cluster) ?? 1) <= mostRows);
  return small.length >= (1 - mostLarge) * clusters.length ? small : clusters;
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
