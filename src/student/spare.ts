import { createRandom } from '../base/random.ts';
import type { Dataset, Example } from '../dataset/example.ts';
import { shortSlots } from '../dataset/planSlots.ts';
import { allowedErrors, expectedCoverage, type Row } from '../evaluation/threshold.ts';
import { leastForNetworks } from './candidates.ts';
import type { StudentSpec } from './student.ts';
import { oncePerCluster } from './writing.ts';

/** Calibration rows are at most this share of the calls: more never gained on held-out rows what they cost. */
const mostCalibration = 0.35;
/** Clusters of more rows are a kind of input to learn, and one observation only. */
const mostRows = 20;
/** Points of coverage that further calibration rows have to gain: what is not learned from them costs as much. */
const leastGain = 0.05;

/**
 * Training rows of few calls that nothing learns from until validation has said what they are worth: as calibration rows,
 * of which a promise needs a number whatever the share, or to learn from. What decides never saw them, so they are as
 * untouched as the others. Drawn at random from the newest half, cluster by cluster, as calibration rows are.
 * @returns none where networks are tried, whose second training would take long, and where calls are too few for any promise.
 */
export function spareRows(
  dataset: Dataset,
  rows: readonly Example[],
  spec: StudentSpec,
): ReadonlySet<Example> {
  const { seed, epsilon, delta, rungs } = spec;
  const calls = dataset.examples.filter(({ split }) => split !== 'test').length;
  const most = Math.floor(calls * mostCalibration);
  const writes = rungs.includes('generator') && shortSlots(dataset.plan).length > 0;
  if (calls >= leastForNetworks(spec) || writes || allowedErrors(most, epsilon, delta) < 0) return new Set();
  const clusters = new Map<number, Example[]>();
  for (const row of rows) {
    const own = clusters.get(row.cluster);
    if (own === undefined) clusters.set(row.cluster, [row]);
    else own.push(row);
  }
  const newest = [...clusters.values()].slice(Math.floor(clusters.size / 2));
  const spare = new Set<Example>();
  let left = most - dataset.examples.filter(({ split }) => split === 'calibration').length;
  for (const own of createRandom(seed).derive('spare').shuffle(newest)) {
    if (left <= 0) break;
    if (own.length > mostRows || own.some(({ split }) => split !== 'train')) continue;
    for (const row of own) spare.add(row);
    left -= own.length;
  }
  return spare;
}

/**
 * Would enough more be served with the spare rows among those of calibration?
 * @param validation none of them spare; unanswered ones and those below a floor have confidence -Infinity.
 */
export function isWorthKeeping(
  dataset: Dataset,
  spare: ReadonlySet<Example>,
  validation: readonly Row[],
  level: { readonly epsilon: number; readonly delta: number },
): boolean {
  const [less, more] = [dataset, withSpare(dataset, spare)].map(({ examples }) =>
    expectedCoverage(validation, oncePerCluster(examples, 'calibration').length, level),
  );
  return more! - less! > leastGain;
}

/** The same calls with the spare ones among those of calibration. */
export function withSpare(dataset: Dataset, spare: ReadonlySet<Example>): Dataset {
  const examples = dataset.examples.map((e) => (spare.has(e) ? { ...e, split: 'calibration' as const } : e));
  return { ...dataset, examples };
}
