import { AppError, toAppError } from '../base/error.ts';
import type { Dataset, Example } from '../dataset/example.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { Scored } from '../evaluation/prediction.ts';
import type { Familiarity } from '../evaluation/strange.ts';
import { type Acceptor, acceptorFeatures } from './acceptor.ts';
import type { DeepFiles } from './bundle.ts';
import { decode, type Evidence } from './decode.ts';
import { type DeepRung, trainDeepRung } from './deepRung.ts';
import { type Candidate, coverageOf } from './ladder.ts';
import { fitLogistic, logistic } from './logistic.ts';
import { lengthOf } from './predictor.ts';
import type { Device, StudentSpec, TrainOptions } from './student.ts';
import { foldsOf } from './wide/train.ts';
import type { WideRung } from './wideRung.ts';

/** Below this a network learns less than the linear heads, so it is not tried. */
const leastForDeep = 4000;

/** Above this share served at the promised risk a higher rung has nothing left to add. */
const enoughCoverage = 0.98;

export interface Trained extends Candidate {
  readonly deep: DeepFiles | null;
  readonly device: Device;
}

/** The rungs, and how sure the linear one is of rows whose kind it knows and of rows whose kind was hidden from it. */
export interface Candidates {
  readonly trained: readonly Trained[];
  readonly familiarity: Familiarity;
}

/** The rungs asked for, each with honest scores on the same held-out rows. */
export async function candidatesOf(
  dataset: Dataset,
  train: readonly Example[],
  rung: WideRung,
  spec: StudentSpec,
  options: TrainOptions,
): Promise<Candidates> {
  const held = heldRows(train);
  const wide = judge(dataset, train, rung.outOfFold);
  const candidates: Trained[] = [
    { rung: 'wide', deep: null, device: 'cpu', ...wide, common: held.map((i) => wide.validation[i]!) },
  ];
  const strange = rung.strange.map(({ row, evidence }) =>
    scoreRow(dataset, train[row]!, evidence, wide.acceptor),
  );
  const result: Candidates = {
    trained: candidates,
    familiarity: {
      known: wide.validation.map(sureness),
      strange: strange.map(sureness),
    },
  };
  const least = Number(spec.overrides['leastForDeep'] ?? leastForDeep);
  if (!spec.rungs.includes('wide+deep') || train.length < least) return result;
  const covered = coverageOf(wide.validation, spec.epsilon);
  if (covered > enoughCoverage) {
    const message = `The linear rung serves ${(covered * 100).toFixed(1)} % of the held-out rows at the promised risk: networks are left out`;
    options.onProgress({ stage: 'select', fraction: 0.8, message });
    return result;
  }
  const deep = await deepOrNone(train, held, rung, dataset, spec, options);
  if (deep === null) return result;
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
  return result;
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
  const rows = examples.map((example, i) => read(dataset, example, evidence[i]!));
  const acceptor = fitLogistic(
    rows.map((row) => row.features),
    rows.map((row) => row.agree),
  );
  const validation = examples.map((example, i) => scoreOf(example, rows[i]!, acceptor));
  return { acceptor, validation };
}

function scoreRow(dataset: Dataset, example: Example, evidence: Evidence, acceptor: Acceptor): Scored {
  return scoreOf(example, read(dataset, example, evidence), acceptor);
}

function sureness(row: Scored): number {
  return row.answered ? row.confidence : Number.NEGATIVE_INFINITY;
}

function read(dataset: Dataset, example: Example, evidence: Evidence) {
  const decoded = decode(dataset.plan, evidence, example.input);
  return {
    decoded,
    familiar: evidence.familiar,
    features: acceptorFeatures(decoded.signals, lengthOf(example.input, dataset.inputSlots)),
    agree: decoded.answer !== null && answersAgree(decoded.answer, example.answer),
  };
}

function scoreOf(example: Example, row: ReturnType<typeof read>, acceptor: Acceptor): Scored {
  return {
    callId: example.callId,
    atMs: example.atMs,
    confidence: logistic(acceptor, row.features) * row.familiar,
    agree: row.agree,
    answered: row.decoded.answer !== null,
    bucket: row.decoded.bucket,
    cached: false,
  };
}
