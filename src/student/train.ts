import { setImmediate } from 'node:timers/promises';
import { AppError, toAppError } from '../base/error.ts';
import type { Dataset, Example } from '../dataset/example.ts';
import type { CertificationOutcome } from '../evaluation/certificate.ts';
import { certify } from '../evaluation/certify.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { Prediction, Scored } from '../evaluation/prediction.ts';
import { evaluate } from '../evaluation/report.ts';
import { acceptorFeatures } from './acceptor.ts';
import { type DeepFiles, readParts, sealBundle, writeParts } from './bundle.ts';
import { buildCache } from './cache.ts';
import { cardOf } from './card.ts';
import { decode, type Evidence } from './decode.ts';
import { type DeepRung, trainDeepRung } from './deepRung.ts';
import { type Candidate, chooseRung, coverageOf } from './ladder.ts';
import { fitLogistic, logistic } from './logistic.ts';
import { lengthOf, type Parts, predictWith } from './predictor.ts';
import type { Device, StudentSpec, TrainOptions, TrainStudent } from './student.ts';
import { foldsOf } from './wide/train.ts';
import { trainWideRung, type WideRung } from './wideRung.ts';

/** Fewer answers than this teach nothing that could be certified. */
const leastAnswers = 20;
/** Below this a network learns less than the linear heads (ALGORITHMS: learning curves), so it is not tried. */
const leastForDeep = 4000;

/** Above this share served at the promised risk a higher rung has nothing left to add. */
const enoughCoverage = 0.98;

/** Trains, selects a rung, certifies and writes the bundle; the report is computed on the exported files, read back. */
export const trainStudent: TrainStudent = async (dataset, spec, options) => {
  const started = performance.now();
  if (dataset.plan.kind === 'unplannable') return decline(dataset, spec, options, dataset.plan.reason);
  const train = dataset.examples.filter((e) => e.split === 'train' || e.split === 'validation');
  const planned = train.filter((e) => e.targets !== null).length;
  if (planned < leastAnswers)
    return decline(dataset, spec, options, `Only ${planned} answers to learn from: too few for a student.`);

  const pause = pauseOf(options.signal);
  options.onProgress({ stage: 'wide', fraction: 0.02, message: `Learning from ${train.length} answers` });
  const rung = await trainWideRung(train, dataset, {
    seed: spec.seed,
    pause,
    progress: (fraction, message) =>
      options.onProgress({ stage: 'wide', fraction: 0.02 + 0.33 * fraction, message }),
  });
  const candidates = await candidatesOf(dataset, train, rung, spec, options);
  options.onProgress({ stage: 'select', fraction: 0.8, message: 'Choosing the rung' });
  const { chosen, reason } = chooseRung(candidates, spec.epsilon, spec.seed);
  options.onProgress({ stage: 'select', fraction: 0.82, message: `Took ${chosen.rung}: ${reason}` });
  await pause();

  options.onProgress({ stage: 'export', fraction: 0.85, message: 'Writing the bundle' });
  const folder = `${options.target}.writing-${process.pid}`;
  const written = writeParts(folder, {
    plan: dataset.plan,
    inputSlots: dataset.inputSlots,
    rung: chosen.rung,
    cache: buildCache(train, dataset.inputSlots),
    wide: rung.wide,
    tagger: rung.tagger,
    deep: chosen.deep,
    acceptor: chosen.acceptor,
    blocked: [...options.capabilities.route, ...options.capabilities.drop],
  });
  // From here on only what was written counts.
  const parts = await readParts(folder, written.files);
  options.onProgress({ stage: 'calibrate', fraction: 0.88, message: 'Calibrating on untouched calls' });
  const calibration = await score(parts, oncePerCluster(dataset.examples, 'calibration'));
  const test = await score(
    parts,
    dataset.examples.filter((e) => e.split === 'test'),
  );
  await parts.deep?.model.dispose();
  await pause();
  const outcome = certify(chosen.validation, calibration, { epsilon: spec.epsilon, delta: spec.delta });
  options.onProgress({ stage: 'verify', fraction: 0.98, message: 'Checking the exported files' });
  const card = {
    ...cardOf(dataset, spec, options, outcome),
    rung: chosen.rung,
    device: chosen.device,
    parameters: parametersOf(parts) + (chosen.deep?.meta.parameters ?? 0),
    bytes: written.bytes,
    trainSeconds: (performance.now() - started) / 1000,
    report: evaluate(test.length > 0 ? test : calibration, outcome),
    files: written.files,
  };
  sealBundle(folder, options.target, card);
  return { card, scored: { calibration, test } };
};

interface Trained extends Candidate {
  readonly deep: DeepFiles | null;
  readonly device: Device;
}

/** The rungs asked for, each with honest scores on the same held-out rows. */
async function candidatesOf(
  dataset: Dataset,
  train: readonly Example[],
  rung: WideRung,
  spec: StudentSpec,
  options: TrainOptions,
): Promise<Trained[]> {
  const held = heldRows(train);
  const wide = judge(dataset, train, rung.outOfFold);
  const candidates: Trained[] = [
    { rung: 'wide', deep: null, device: 'cpu', ...wide, common: held.map((i) => wide.validation[i]!) },
  ];
  const least = Number(spec.overrides['leastForDeep'] ?? leastForDeep);
  if (!spec.rungs.includes('wide+deep') || train.length < least) return candidates;
  const covered = coverageOf(wide.validation, spec.epsilon);
  if (covered > enoughCoverage) {
    const message = `The linear rung serves ${(covered * 100).toFixed(1)} % of the held-out rows at the promised risk: networks are left out`;
    options.onProgress({ stage: 'select', fraction: 0.8, message });
    return candidates;
  }
  const deep = await deepOrNone(train, held, rung, dataset, spec, options);
  if (deep === null) return candidates;
  const mixed = judge(
    dataset,
    held.map((i) => train[i]!),
    deep.evidence,
  );
  candidates.push({
    rung: 'wide+deep',
    deep: deep.files,
    device: deep.device,
    ...mixed,
    common: mixed.validation,
  });
  return candidates;
}

/** The deep rung; null where the engine failed, which costs the user a rung and not the student. */
async function deepOrNone(
  train: readonly Example[],
  held: readonly number[],
  rung: WideRung,
  dataset: Dataset,
  spec: StudentSpec,
  options: TrainOptions,
): Promise<DeepRung | null> {
  const epochs = typeof spec.overrides['epochs'] === 'number' ? spec.overrides['epochs'] : null;
  try {
    return await trainDeepRung(train, held, rung, dataset, {
      device: spec.device,
      seed: spec.seed,
      epochs,
      options,
    });
  } catch (thrown) {
    if (options.signal.aborted) throw new AppError('cancelled', 'The training was cancelled.');
    const message = `The networks could not be trained, the linear rung goes on alone: ${toAppError(thrown).message}`;
    options.onProgress({ stage: 'select', fraction: 0.8, message: message.slice(0, 300) });
    return null;
  }
}

/** Every eighth cluster, or the validation split where the dataset has one. */
function heldRows(train: readonly Example[]): number[] {
  const folds = foldsOf(train, 8);
  const given = train.some((example) => example.split === 'validation');
  return train.flatMap((example, i) =>
    (given ? example.split === 'validation' : folds[i] === 0) ? [i] : [],
  );
}

/** Fits the acceptor on honest evidence and scores the rows with it. */
function judge(dataset: Dataset, examples: readonly Example[], evidence: readonly Evidence[]) {
  const rows = examples.map((example, i) => {
    const decoded = decode(dataset.plan, evidence[i]!, example.input);
    return {
      example,
      decoded,
      familiar: evidence[i]!.familiar,
      features: acceptorFeatures(decoded.signals, lengthOf(example.input, dataset.inputSlots)),
      agree: decoded.answer !== null && answersAgree(decoded.answer, example.answer),
    };
  });
  const acceptor = fitLogistic(
    rows.map((row) => row.features),
    rows.map((row) => row.agree),
  );
  const validation = rows.map(
    ({ example, decoded, features, agree, familiar }): Scored => ({
      callId: example.callId,
      atMs: example.atMs,
      confidence: logistic(acceptor, features) * familiar,
      agree,
      answered: decoded.answer !== null,
      bucket: decoded.bucket,
      cached: false,
    }),
  );
  return { acceptor, validation };
}

async function score(parts: Parts, examples: readonly Example[]): Promise<Scored[]> {
  const predictions = await predictWith(
    parts,
    examples.map((example) => example.input),
  );
  return examples.map((example, i) => scoredOf(example, predictions[i]!));
}

function scoredOf(example: Example, prediction: Prediction): Scored {
  const { answer, confidence, bucket, cached } = prediction;
  return {
    callId: example.callId,
    atMs: example.atMs,
    confidence,
    agree: answer !== null && answersAgree(answer, example.answer),
    answered: answer !== null,
    bucket,
    cached,
  };
}

/** Near duplicates are one observation: binomial bounds count independent rows. */
function oncePerCluster(examples: readonly Example[], split: Example['split']): Example[] {
  const seen = new Set<number>();
  return examples.filter((example) => {
    if (example.split !== split || seen.has(example.cluster)) return false;
    seen.add(example.cluster);
    return true;
  });
}

/** The honest outcome before any training: a bundle that answers nothing, with the reason in words. */
async function decline(dataset: Dataset, spec: StudentSpec, options: TrainOptions, reason: string) {
  const folder = `${options.target}.writing-${process.pid}`;
  const { files, bytes } = writeParts(folder, {
    plan: dataset.plan,
    inputSlots: dataset.inputSlots,
    rung: 'cache',
    cache: {},
    wide: null,
    tagger: null,
    deep: null,
    acceptor: null,
    blocked: [],
  });
  const outcome: CertificationOutcome = { kind: 'refused', reason, joint: null };
  const card = { ...cardOf(dataset, spec, options, outcome), files, bytes };
  sealBundle(folder, options.target, card);
  return { card, scored: { calibration: [], test: [] } };
}

function parametersOf({ wide, tagger }: Parts): number {
  const heads = [...(wide?.heads.values() ?? [])].reduce((sum, head) => sum + head.linear.weights.length, 0);
  return heads + (tagger?.crf.emissions.length ?? 0);
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
