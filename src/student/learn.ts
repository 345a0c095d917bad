import path from 'node:path';
import type { Dataset, Example } from '../dataset/example.ts';
import { changeFloor } from '../evaluation/change.ts';
import type { Scored } from '../evaluation/prediction.ts';
import { reserveOf } from '../evaluation/reserve.ts';
import type { Row } from '../evaluation/threshold.ts';
import type { DeepFiles } from './bundle.ts';
import { candidatesOf, heldRows, type Trained, withNetworks } from './candidates.ts';
import { openCheckpoints } from './checkpoint.ts';
import { runKey } from './finished.ts';
import { chooseRung } from './ladder.ts';
import type { ReasoningTrial } from './reasoning.ts';
import { isWorthKeeping, spareRows, withSpare } from './spare.ts';
import type { StudentSpec, TrainOptions, TrainProgress } from './student.ts';
import { type RungWork, trainWideRung, type WideRung } from './wideRung.ts';

/** The chosen rung with all that goes with it. */
export interface Learned {
  readonly rung: WideRung;
  readonly chosen: Trained;
  readonly networks: DeepFiles | null;
  readonly reasoning: ReasoningTrial | null;
  readonly seed: number;
}

export interface Settled {
  readonly dataset: Dataset;
  /** The rows that were learned from. */
  readonly taught: readonly Example[];
  readonly learned: Learned;
}

/**
 * Learns without the spare rows, if there are any. They join those of calibration where more would be served for it;
 * elsewhere all is learned once more, with them.
 */
export async function settle(
  given: Dataset,
  rows: readonly Example[],
  spec: StudentSpec,
  options: TrainOptions,
  work: Pick<RungWork, 'pause' | 'threads'>,
): Promise<Settled | { readonly reason: string }> {
  const spare = spareRows(given, rows, spec);
  const first = rows.filter((row) => !spare.has(row));
  if (spare.size === 0) {
    const learned = await learn(given, rows, spec, options, { ...work, name: 'wide', last: true });
    return 'reason' in learned ? learned : { dataset: given, taught: rows, learned };
  }
  const points: TrainProgress[] = [];
  const firstOnes = inHalf(options, 0, (progress) => points.push(progress));
  const learned = await learn(given, first, spec, firstOnes, { ...work, name: 'wide', last: false });
  if ('reason' in learned) return learned;
  const kept = isWorthKeeping(given, spare, barsOf(learned.chosen, spec.epsilon).eligible, spec);
  const message = kept
    ? `Kept ${spare.size} more calls for calibration: more can be served for it`
    : `Learning from ${spare.size} more answers`;
  options.onProgress({ stage: 'select', fraction: 0.25, message });
  if (kept) {
    for (const progress of points) options.onProgress({ ...progress, fraction: 0.25 });
    return { dataset: withSpare(given, spare), taught: first, learned };
  }
  const secondOnes = inHalf(options, 0.25, options.onProgress);
  const whole = await learn(given, rows, spec, secondOnes, { ...work, name: 'again', last: true });
  return 'reason' in whole ? whole : { dataset: given, taught: rows, learned: whole };
}

/** Two trainings share what one has of the progress. @param tell takes what has a point of the curve. */
function inHalf(options: TrainOptions, from: number, tell: (progress: TrainProgress) => void): TrainOptions {
  const onProgress: TrainOptions['onProgress'] = ({ fraction, ...rest }) =>
    (rest.point === undefined ? options.onProgress : tell)({ ...rest, fraction: from + fraction / 2 });
  return { ...options, onProgress };
}

/** @param work.name of its checkpoints. @param work.last whether the threads have nothing left to do after it. */
async function learn(
  dataset: Dataset,
  rows: readonly Example[],
  spec: StudentSpec,
  options: TrainOptions,
  {
    pause,
    threads,
    name,
    last: isLast,
  }: Pick<RungWork, 'pause' | 'threads'> & { readonly name: string; readonly last: boolean },
): Promise<Learned | { readonly reason: string }> {
  const { seed, epsilon } = spec;
  let last: TrainProgress = {
    stage: 'wide',
    fraction: 0.02,
    message: `Learning from ${rows.length} answers`,
  };
  options.onProgress(last);
  const rung = await trainWideRung(rows, dataset, {
    held: heldRows(rows, dataset.plan),
    seed,
    pause,
    threads,
    checkpoints: openCheckpoints(path.join(options.checkpoints, name), runKey(dataset, spec)),
    progress: (fraction, message) => {
      last = { stage: 'wide', fraction: 0.02 + 0.33 * fraction, message };
      options.onProgress(last);
    },
    point: (point) => options.onProgress({ ...last, point }),
  });
  // The networks need their memory, and have threads of their own.
  if (isLast) threads?.close();
  const { slips } = rung;
  if (slips.size > 0) {
    const message = `Left out ${slips.size} answers that look like slips: without them more held-out answers agree`;
    options.onProgress({ stage: 'wide', fraction: 0.35, message });
  }
  const taught = rows.map((row, i) => (slips.has(i) ? { ...row, weight: 0 } : row));
  const trained = await candidatesOf(dataset, taught, rung, spec, options);
  if ('reason' in trained) return trained;
  options.onProgress({ stage: 'select', fraction: 0.49, message: 'Choosing the rung' });
  const { chosen, reason } = chooseRung(trained, epsilon, seed);
  options.onProgress({ stage: 'select', fraction: 0.5, message: `Took ${chosen.rung}: ${reason}` });
  await pause();
  const { taken, networks } = await withNetworks(trained, chosen, options);
  await pause();
  const tried = trained.map(({ reasoning }) => reasoning).find((trial) => trial !== null) ?? null;
  const reasoning = tried === null ? null : { ...tried, used: tried.used && networks !== null };
  return { rung, chosen: taken, networks, reasoning, seed };
}

/** Below what nothing may be served, for change and for kinds never seen, and what that leaves of the validation rows. */
export function barsOf({ validation, familiarity }: Trained, epsilon: number) {
  const floor = changeFloor(validation, epsilon);
  const reserve = reserveOf(validation, familiarity, epsilon);
  return { floor, reserve, eligible: rowsAbove(Math.max(floor, reserve.floor), validation) };
}

/** What threshold selection sees of rows: below a floor they are as good as unanswered. */
function rowsAbove(floor: number, rows: readonly Scored[]): Row[] {
  return rows.map(({ answered, confidence, agree }) => ({
    confidence: answered && confidence >= floor ? confidence : Number.NEGATIVE_INFINITY,
    wrong: !agree,
  }));
}
