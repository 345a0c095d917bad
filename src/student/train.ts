import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../base/error.ts';
import type { Dataset, Example } from '../dataset/example.ts';
import type { CertificationOutcome } from '../evaluation/certificate.ts';
import { certify } from '../evaluation/certify.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { Prediction, Scored } from '../evaluation/prediction.ts';
import { evaluate } from '../evaluation/report.ts';
import { accept, acceptorFeatures, fitAcceptor } from './acceptor.ts';
import { readParts, sealBundle, writeParts } from './bundle.ts';
import { buildCache } from './cache.ts';
import { decode, type Evidence } from './decode.ts';
import { lengthOf, type Parts, predictWith } from './predictor.ts';
import type { ModelCard, StudentSpec, TrainOptions, TrainStudent } from './student.ts';
import { tagInput } from './tagger/model.ts';
import { trainTagger } from './tagger/train.ts';
import { foldsOf, trainWide } from './wide/train.ts';

/** Trains, selects a rung, certifies and writes the bundle; the report is computed on the exported files, read back. */
export const trainStudent: TrainStudent = async (dataset, spec, options) => {
  const started = options.now();
  if (dataset.plan.kind === 'unplannable') return decline(dataset, spec, options, dataset.plan.reason);
  const pause = pauseOf(options.signal);
  const train = dataset.examples.filter((e) => e.split === 'train' || e.split === 'validation');
  if (train.filter((e) => e.targets !== null).length < 20)
    return decline(
      dataset,
      spec,
      options,
      `Only ${train.length} answers to learn from: too few for a student.`,
    );

  options.onProgress({ stage: 'wide', fraction: 0.05, message: `Learning from ${train.length} answers` });
  const { model, outOfFold } = await trainWide(train, dataset.plan, dataset.inputSlots, {
    folds: train.length > 6000 ? 4 : 5,
    seed: spec.seed,
    pause,
    progress: (fraction) =>
      options.onProgress({
        stage: 'wide',
        fraction: 0.05 + 0.7 * fraction,
        message: 'Training the linear heads',
      }),
  });
  const { tagger, outOfFold: tags } = await crossTag(train, dataset, { seed: spec.seed, pause, options });
  const blocked = [...options.capabilities.route, ...options.capabilities.drop];
  const judged = train.map((example, i) => {
    const evidence = { ...outOfFold[i]!, tag: tags[i] ?? null, agreement: new Map<string, number>() };
    const decoded = decode(dataset.plan, evidence, example.input);
    return {
      example,
      decoded,
      features: acceptorFeatures(decoded.signals, lengthOf(example.input, dataset.inputSlots)),
      agree: decoded.answer !== null && answersAgree(decoded.answer, example.answer),
    };
  });
  const acceptor = fitAcceptor(
    judged.map((row) => row.features),
    judged.map((row) => row.agree),
  );
  const validation = judged.map(
    ({ example, decoded, features, agree }): Scored => ({
      callId: example.callId,
      atMs: example.atMs,
      confidence: accept(acceptor, features),
      agree,
      answered: decoded.answer !== null,
      bucket: decoded.bucket,
      cached: false,
    }),
  );

  options.onProgress({ stage: 'export', fraction: 0.8, message: 'Writing the bundle' });
  const folder = `${options.target}.writing-${process.pid}`;
  const written = writeParts(folder, {
    plan: dataset.plan,
    inputSlots: dataset.inputSlots,
    rung: 'wide',
    cache: buildCache(train, dataset.inputSlots),
    wide: model,
    tagger,
    acceptor,
    blocked,
  });
  // From here on only what was written counts.
  const parts = readParts(folder, written.files);
  const calibration = await score(parts, oncePerCluster(dataset.examples, 'calibration'));
  const test = await score(
    parts,
    dataset.examples.filter((e) => e.split === 'test'),
  );
  await pause();
  const outcome = certify(validation, calibration, { epsilon: spec.epsilon, delta: spec.delta });
  options.onProgress({ stage: 'verify', fraction: 0.95, message: 'Checking the exported files' });
  const held = test.length > 0 ? test : calibration;
  const card: ModelCard = {
    ...cardOf(dataset, spec, options, outcome),
    rung: 'wide',
    parameters: [...(parts.wide?.heads.values() ?? [])].reduce((sum, h) => sum + h.linear.weights.length, 0),
    bytes: written.bytes,
    trainSeconds: (options.now() - started) / 1000,
    report: evaluate(held, outcome),
    files: written.files,
  };
  sealBundle(folder, options.target, card);
  return { card, scored: { calibration, test } };
};

/** Trains the tagger on all rows, and on all but each fold for taggings that are honest about training rows. */
async function crossTag(
  train: readonly Example[],
  dataset: Dataset,
  { seed, pause, options }: { seed: number; pause: () => Promise<void>; options: TrainOptions },
) {
  const outOfFold: (Evidence['tag'] | undefined)[] = new Array(train.length);
  const rounds = 3;
  const folds = foldsOf(train, rounds);
  const teach = (rows: readonly Example[], done: number) =>
    trainTagger(rows, dataset.plan, dataset.inputSlots, {
      seed,
      epochs: 16,
      pause,
      progress: (fraction) =>
        options.onProgress({
          stage: 'wide',
          fraction: 0.4 + (0.4 * (done + fraction)) / (rounds + 1),
          message: 'Training the tagger',
        }),
    });
  for (let fold = 0; fold < rounds; fold++) {
    const partial = await teach(
      train.filter((_, i) => folds[i] !== fold),
      fold,
    );
    if (partial === null) return { tagger: null, outOfFold };
    train.forEach((example, i) => {
      if (folds[i] === fold) outOfFold[i] = tagInput(partial, example.input, dataset.inputSlots);
    });
  }
  return { tagger: await teach(train, rounds), outOfFold };
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
  const folder = path.join(`${options.target}.writing-${process.pid}`);
  const { files, bytes } = writeParts(folder, {
    plan: dataset.plan,
    inputSlots: dataset.inputSlots,
    rung: 'cache',
    cache: {},
    wide: null,
    tagger: null,
    acceptor: null,
    blocked: [],
  });
  const outcome: CertificationOutcome = { kind: 'refused', reason, joint: null };
  const card = { ...cardOf(dataset, spec, options, outcome), files, bytes };
  sealBundle(folder, options.target, card);
  return { card, scored: { calibration: [], test: [] } };
}

function cardOf(
  dataset: Dataset,
  spec: StudentSpec,
  options: TrainOptions,
  outcome: CertificationOutcome,
): ModelCard {
  const count = (split: Example['split']): number => dataset.examples.filter((e) => e.split === split).length;
  const provenance: Record<string, number> = {};
  for (const { teacher, split } of dataset.examples)
    if (split === 'train') provenance[teacher] = (provenance[teacher] ?? 0) + 1;
  return {
    format: 1,
    taskId: dataset.taskId,
    taskName: options.taskName,
    version: dataset.version,
    templateHash: dataset.templateHash,
    capabilities: options.capabilities,
    fingerprint: dataset.fingerprint,
    spec,
    rung: 'cache',
    parameters: 0,
    bytes: 0,
    device: 'cpu',
    trainSeconds: 0,
    examples: {
      train: count('train'),
      validation: count('validation'),
      calibration: count('calibration'),
      test: count('test'),
    },
    provenance,
    terms: options.terms,
    outcome,
    report: null,
    createdMs: options.now(),
    files: {},
  };
}

/** Lets messages in between two heads, and stops where the user asked for it. */
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
