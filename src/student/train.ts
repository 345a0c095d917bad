import { rmSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../base/error.ts';
import type { Dataset, Example } from '../dataset/example.ts';
import type { CertificationOutcome } from '../evaluation/certificate.ts';
import { certify } from '../evaluation/certify.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { Prediction, Scored } from '../evaluation/prediction.ts';
import { evaluate } from '../evaluation/report.ts';
import { strangeFloor } from '../evaluation/strange.ts';
import { readParts, sealBundle, writeParts } from './bundle.ts';
import { buildCache } from './cache.ts';
import { candidatesOf, heldRows, withNetworks } from './candidates.ts';
import { cardOf } from './card.ts';
import { chooseRung } from './ladder.ts';
import { type Parts, predictWith } from './predictor.ts';
import type { StudentSpec, TrainOptions, TrainProgress, TrainStudent } from './student.ts';
import { retrainWide, trainWideRung, type WideRung } from './wideRung.ts';

/** With fewer calls than this, those kept aside for calibration are missed. */
const fewCalls = 4000;
/** Fewer answers than this teach nothing that could be certified. */
const leastAnswers = 20;
/** Trains, selects a rung, certifies and writes the bundle; the report is computed on the exported files, read back. */
export const trainStudent: TrainStudent = async (dataset, spec, options) => {
  try {
    return await train(dataset, spec, options);
  } finally {
    // Renamed when all went well; a cancelled run leaves nothing behind.
    rmSync(writingFolder(options), { recursive: true, force: true });
  }
};

function writingFolder({ target }: TrainOptions): string {
  return `${target}.writing-${process.pid}`;
}

const train: TrainStudent = async (dataset, spec, options) => {
  const started = performance.now();
  if (dataset.plan.kind === 'unplannable') return decline(dataset, spec, options, dataset.plan.reason);
  const rows = dataset.examples.filter((e) => e.split === 'train' || e.split === 'validation');
  const planned = rows.filter((e) => e.targets !== null && e.unplanned === null).length;
  if (planned < leastAnswers)
    return decline(dataset, spec, options, `Only ${planned} answers to learn from: too few for a student.`);

  const pause = pauseOf(options.signal);
  let last: TrainProgress = {
    stage: 'wide',
    fraction: 0.02,
    message: `Learning from ${rows.length} answers`,
  };
  options.onProgress(last);
  const rung = await trainWideRung(rows, dataset, {
    held: heldRows(rows, dataset.plan),
    seed: spec.seed,
    pause,
    progress: (fraction, message) => {
      last = { stage: 'wide', fraction: 0.02 + 0.33 * fraction, message };
      options.onProgress(last);
    },
    point: (point) => options.onProgress({ ...last, point }),
  });
  const { slips } = rung;
  if (slips.size > 0) {
    const words = `Left out ${slips.size} answers that look like slips: without them more held-out answers agree`;
    options.onProgress({ stage: 'wide', fraction: 0.35, message: words });
  }
  const taught = rows.map((row, i) => (slips.has(i) ? { ...row, weight: 0 } : row));
  const trained = await candidatesOf(dataset, taught, rung, spec, options);
  options.onProgress({ stage: 'select', fraction: 0.49, message: 'Choosing the rung' });
  const selected = chooseRung(trained, spec.epsilon, spec.seed);
  const message = `Took ${selected.chosen.rung}: ${selected.reason}`;
  options.onProgress({ stage: 'select', fraction: 0.5, message });
  await pause();
  const { taken: chosen, networks } = await withNetworks(trained, selected.chosen, options);
  await pause();

  options.onProgress({ stage: 'export', fraction: 0.85, message: 'Writing the bundle' });
  const folder = writingFolder(options);
  const write = (from: readonly Example[], linear: Pick<WideRung, 'wide' | 'tagger'>) =>
    writeParts(folder, {
      plan: dataset.plan,
      inputSlots: dataset.inputSlots,
      rung: chosen.rung,
      cache: buildCache(from, dataset.inputSlots),
      wide: linear.wide,
      tagger: linear.tagger,
      deep: networks,
      acceptor: chosen.acceptor,
      blocked: [...options.capabilities.route, ...options.capabilities.drop],
    });
  let written = write(rows, rung);
  // From here on only what was written counts.
  let parts = await readParts(folder, written.files);
  options.onProgress({ stage: 'calibrate', fraction: 0.88, message: 'Calibrating on untouched calls' });
  const calibration = await score(parts, oncePerCluster(dataset.examples, 'calibration'));
  const newest = dataset.examples.filter((e) => e.split === 'test');
  let test = await score(parts, newest);
  await parts.deep?.model.dispose();
  await pause();
  const floor = strangeFloor(chosen.validation, chosen.familiarity, spec.epsilon);
  const outcome = certify(chosen.validation, calibration, {
    epsilon: spec.epsilon,
    delta: spec.delta,
    floor,
  });
  if (outcome.kind === 'refused' && chosen.rung === 'wide' && rows.length < fewCalls) {
    // It may only shadow: calls kept aside for a promise teach it more now. What is reported of them was said before.
    const left = new Set([...rung.slips].map((i) => rows[i]));
    const all = dataset.examples.filter((e) => e.split !== 'test' && !left.has(e));
    written = write(all, await retrainWide(rung, all, dataset, { seed: spec.seed, pause }));
    parts = await readParts(folder, written.files);
    test = await score(parts, newest);
  }
  options.onProgress({ stage: 'verify', fraction: 0.98, message: 'Checking the exported files' });
  const card = {
    ...cardOf(dataset, spec, options, outcome),
    rung: chosen.rung,
    slips: slips.size,
    device: chosen.device,
    parameters: parametersOf(parts) + (networks?.meta.parameters ?? 0),
    bytes: written.bytes,
    trainSeconds: (performance.now() - started) / 1000,
    report: evaluate(test.length > 0 ? test : calibration, outcome),
    files: written.files,
  };
  sealBundle(folder, options.target, card);
  return { card, scored: { calibration, test } };
};

async function score(parts: Parts, examples: readonly Example[]): Promise<Scored[]> {
  const predictions = await predictWith(
    parts,
    examples.map((example) => example.input),
  );
  return examples.map((example, i) => scoredOf(example, predictions[i]!));
}

function scoredOf(example: Example, prediction: Prediction): Scored {
  const { answer, reason, confidence, bucket, cached } = prediction;
  return {
    callId: example.callId,
    atMs: example.atMs,
    confidence,
    agree: answer !== null && answersAgree(answer, example.answer),
    answered: answer !== null && reason === null,
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
  const folder = writingFolder(options);
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
