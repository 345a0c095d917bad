import { rmSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../base/error.ts';
import type { Dataset, Example } from '../dataset/example.ts';
import type { CertificationOutcome } from '../evaluation/certificate.ts';
import { evaluate } from '../evaluation/report.ts';
import { certifyReserved } from '../evaluation/reserve.ts';
import { type Row, reachableThreshold, thresholdGrid } from '../evaluation/threshold.ts';
import { type Pair, weakFields } from '../evaluation/weakFields.ts';
import { type LearnedParts, sealBundle, writeParts } from './bundle.ts';
import { buildCache } from './cache.ts';
import { networksOf, type Trained } from './candidates.ts';
import { cardOf } from './card.ts';
import { lastingCurve } from './curve.ts';
import { runKey } from './finished.ts';
import { barsOf, type Learned, settle } from './learn.ts';
import type { StudentSpec, TrainOptions, TrainStudent } from './student.ts';
import { schemeOf } from './tagger/scheme.ts';
import { openThreads, type Threads } from './threads.ts';
import { retrainWide, type WideRung } from './wideRung.ts';
import { oncePerCluster, scoreWritten, sweep, writeStudent, writingFolder } from './writing.ts';

/** With fewer calls than this, those kept aside for calibration are missed: 15 % more rows were worth 0.8 points at 4,600. */
const fewCalls = 8000;
/** Fewer answers than this teach nothing that could be certified. */
const leastAnswers = 20;
/** Trains, selects a rung, certifies and writes the bundle; the report is computed on the exported files, read back. */
export const trainStudent: TrainStudent = async (dataset, spec, options) => {
  const { checkpoints, signal } = options;
  const forget = () => rmSync(checkpoints, { recursive: true, force: true });
  sweep(options);
  const onProgress = lastingCurve(path.join(checkpoints, 'curve'), runKey(dataset, spec), options.onProgress);
  const threads = options.threads === undefined ? null : openThreads(options.threads);
  const close = (): void => threads?.close();
  signal.addEventListener('abort', close);
  try {
    const trained = await train(dataset, spec, { ...options, onProgress }, threads);
    forget();
    return trained;
  } finally {
    signal.removeEventListener('abort', close);
    close();
    // Only a run that was killed is gone on with: a cancelled one leaves nothing behind.
    if (signal.aborted) forget();
    rmSync(writingFolder(options), { recursive: true, force: true });
  }
};

async function train(
  given: Dataset,
  spec: StudentSpec,
  options: TrainOptions,
  threads: Threads | null,
): ReturnType<TrainStudent> {
  const started = performance.now();
  const decline = (reason: string) => declined(given, spec, options, reason);
  if (given.plan.kind === 'unplannable') return decline(given.plan.reason);
  const rows = given.examples.filter((e) => e.split === 'train' || e.split === 'validation');
  const planned = rows.filter((e) => e.targets !== null && e.unplanned === null).length;
  if (planned < leastAnswers) return decline(tooFew(planned, rows));

  const pause = pauseOf(options.signal);
  const settled = await settle(given, rows, spec, options, { pause, threads });
  if ('reason' in settled) return decline(settled.reason);
  const { dataset, taught, learned } = settled;
  const { chosen, networks, rung } = learned;
  const { epsilon, delta } = spec;
  const { floor, reserve, eligible } = barsOf(chosen, epsilon);
  options.onProgress({ stage: 'export', fraction: 0.85, message: 'Writing the bundle' });
  const trial = { rows: rung.held.map((i) => taught[i]!), start: startFor(dataset, eligible, spec) };
  const parts = partsOf(dataset, taught, rung, learned, options);
  const written = await writeStudent(parts, trial, options);
  // From here on only what was written counts.
  const scored = await scoreWritten(written, dataset, options);
  await pause();
  const certified = certifyReserved(
    chosen.validation,
    scored.calibration,
    { epsilon, delta, floor },
    reserve,
  );
  const outcome = explained(certified, scored.pairs);
  const idle = outcome.kind === 'refused' && rows.length < fewCalls && isTaughtAgain(chosen, dataset);
  const again = idle ? await relearn(dataset, taught, learned, options, pause) : null;
  const kept = again ?? { written, scored };
  options.onProgress({ stage: 'verify', fraction: 0.98, message: 'Checking the exported files' });
  const test = kept.scored.test;
  const learner = chosen.generator === null ? (networks ?? chosen) : chosen;
  const card = {
    ...cardOf(dataset, spec, options, outcome),
    rung: chosen.rung,
    slips: rung.slips.size,
    device: learner.device,
    ...(learner.deviceReason === null ? {} : { deviceReason: learner.deviceReason }),
    ...(learned.reasoning === null ? {} : { reasoning: learned.reasoning }),
    parameters:
      kept.scored.parameters + (networks?.meta.parameters ?? 0) + (chosen.generator?.meta.parameters ?? 0),
    bytes: kept.written.bytes,
    precision: kept.written.precision,
    trainSeconds: (performance.now() - started) / 1000,
    // Of calls that it has learned from since, a student says what it said before.
    report: evaluate(test.length > 0 ? test : scored.calibration, outcome),
    files: kept.written.files,
  };
  sealBundle(writingFolder(options), options.target, card);
  return { card, scored: { calibration: scored.calibration, test } };
}

function tooFew(planned: number, rows: readonly Example[]): string {
  const counts = new Map<string, number>();
  for (const { unplanned } of rows)
    if (unplanned !== null) counts.set(unplanned, (counts.get(unplanned) ?? 0) + 1);
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  const why = most === undefined ? '' : ` Of ${rows.length}, ${most[1]} fit no plan: ${most[0]}.`;
  return `Only ${planned} answers to learn from: too few for a student.${why}`;
}

/** The confidence from which the walk over thresholds is expected to serve; what it looks at is validation. */
function startFor({ examples }: Dataset, validation: readonly Row[], spec: StudentSpec): number {
  const calibration = oncePerCluster(examples, 'calibration').length;
  return reachableThreshold(thresholdGrid(validation, calibration, spec));
}

function partsOf(
  { plan, inputSlots }: Dataset,
  rows: readonly Example[],
  { wide, tagger }: Pick<WideRung, 'wide' | 'tagger'>,
  { chosen, networks }: Learned,
  { capabilities }: TrainOptions,
): LearnedParts {
  return {
    plan,
    inputSlots,
    rung: chosen.rung,
    cache: buildCache(rows, inputSlots),
    wide,
    tagger,
    deep: networks,
    generator: chosen.generator,
    acceptor: chosen.acceptor,
    blocked: [...capabilities.route, ...capabilities.drop],
  };
}

/** A generator, and networks that read copies, were their own pilots: a second training of them would take minutes. */
function isTaughtAgain({ rung, deep, generator }: Trained, { plan }: Dataset): boolean {
  return rung !== 'cache' && generator === null && (deep === null || schemeOf(plan) === null);
}

/**
 * A student that nothing is promised of may only shadow: the calls kept aside for a promise teach it more. Null where its
 * networks could not be taught again.
 */
async function relearn(
  dataset: Dataset,
  rows: readonly Example[],
  learned: Learned,
  options: TrainOptions,
  pause: () => Promise<void>,
) {
  const { rung, chosen, seed } = learned;
  const slips = new Set([...rung.slips].map((i) => rows[i]));
  const all = dataset.examples.filter((e) => e.split !== 'test' && !slips.has(e));
  const networks = await networksOf(chosen, options, all);
  if (networks === null && chosen.deep !== null) return null;
  const again = await retrainWide(rung, all, dataset, { seed, pause, threads: null });
  const parts = partsOf(dataset, all, again, { ...learned, networks }, options);
  const trial = { rows: rung.held.map((i) => rows[i]!), start: Number.POSITIVE_INFINITY };
  const written = await writeStudent(parts, trial, options);
  return { written, scored: await scoreWritten(written, dataset, options) };
}

/** A refusal names the fields that it hangs on. */
function explained(outcome: CertificationOutcome, pairs: readonly Pair[]): CertificationOutcome {
  return outcome.kind === 'refused' ? { ...outcome, reason: outcome.reason + weakFields(pairs) } : outcome;
}

/** The honest outcome before any training: a bundle that answers nothing, with the reason in words. */
async function declined(dataset: Dataset, spec: StudentSpec, options: TrainOptions, reason: string) {
  const folder = writingFolder(options);
  const { files, bytes } = writeParts(folder, {
    plan: dataset.plan,
    inputSlots: dataset.inputSlots,
    rung: 'cache',
    cache: {},
    wide: null,
    tagger: null,
    deep: null,
    generator: null,
    acceptor: null,
    blocked: [],
  });
  const outcome: CertificationOutcome = { kind: 'refused', reason, joint: null };
  const card = { ...cardOf(dataset, spec, options, outcome), files, bytes };
  sealBundle(folder, options.target, card);
  return { card, scored: { calibration: [], test: [] } };
}

/** Lets messages in between two steps, and stops where the user asked for it. */
function pauseOf(signal: AbortSignal): () => Promise<void> {
  let last = Date.now();
  return async () => {
    if (Date.now() - last > 40) {
      await setImmediate();
      last = Date.now();
    }
    if (signal.aborted) throw new AppError('cancelled', 'The training was cancelled.');
  };
}
