import { AppError, toAppError } from '../base/error.ts';
import type { Dataset, Example } from '../dataset/example.ts';
import { choiceSlots } from '../dataset/plan.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { Scored } from '../evaluation/prediction.ts';
import type { Familiarity } from '../evaluation/strange.ts';
import { type Acceptor, confidenceOf, fitAcceptor, type JudgedKnown } from './acceptor.ts';
import type { DeepFiles } from './bundle.ts';
import { decode, type Evidence } from './decode.ts';
import { type DeepRung, trainDeepRung } from './deepRung.ts';
import { type Candidate, coverageOf } from './ladder.ts';
import { mainSlot } from './mainSlot.ts';
import { lengthOf } from './predictor.ts';
import type { Device, StudentSpec, TrainOptions } from './student.ts';
import { foldsOf, type Tried } from './wide/train.ts';
import type { WideRung } from './wideRung.ts';

/** Below this a network learns less than the linear heads, so it is not tried. */
const leastForDeep = 4000;

/** Above this share served at the promised risk a higher rung has nothing left to add. */
const enoughCoverage = 0.98;

export interface Trained extends Candidate {
  readonly deep: DeepFiles | null;
  readonly device: Device;
  /** How sure the rung is of rows whose kind it knows and of rows whose kind was hidden from it. */
  readonly familiarity: Familiarity;
}

/** The rungs asked for, each with honest scores on the same held-out rows. */
export async function candidatesOf(
  dataset: Dataset,
  train: readonly Example[],
  rung: WideRung,
  spec: StudentSpec,
  options: TrainOptions,
): Promise<Trained[]> {
  const read = ({ row, said }: Tried<Evidence>): Read => readRow(dataset, train[row]!, said);
  const { trial, outOfFold } = rung;
  const everyRow = outOfFold.map((said, row) => read({ row, said }));
  const alone = judge(dataset, everyRow, trial.strange.map(read), rung.hidden.map(read));
  const wide = { rung: 'wide', deep: null, device: 'cpu', acceptor: alone.acceptor } as const;
  const known = trial.known.map((tried) => scoreOf(read(tried), alone.acceptor));
  const first: Trained = {
    ...wide,
    validation: alone.validation,
    common: known,
    familiarity: { known: known.map(sureness), strange: alone.strange },
  };
  const least = Number(spec.overrides['leastForDeep'] ?? leastForDeep);
  if (!spec.rungs.includes('wide+deep') || train.length < least) return [first];
  const covered = coverageOf(alone.validation, spec.epsilon);
  if (covered > enoughCoverage) {
    const message = `The linear rung serves ${(covered * 100).toFixed(1)} % of the held-out rows at the promised risk: networks are left out`;
    options.onProgress({ stage: 'select', fraction: 0.8, message });
    return [first];
  }
  const deep = await deepOrNone(train, rung, dataset, spec, options);
  if (deep === null) return [first];
  // Networks that no class was hidden from leave it to the linear rung to say what is strange.
  const mixed = judge(dataset, deep.known.map(read), (deep.strange ?? trial.strange).map(read));
  const second: Trained = {
    rung: 'wide+deep',
    deep: deep.files,
    device: deep.device,
    acceptor: mixed.acceptor,
    validation: mixed.validation,
    common: mixed.validation,
    familiarity:
      deep.strange === null
        ? first.familiarity
        : { known: mixed.validation.map(sureness), strange: mixed.strange },
  };
  const common = deep.known.map(({ row, wide: said }) => scoreOf(read({ row, said }), alone.acceptor));
  return [{ ...first, common }, second];
}

/** The deep rung; null where the engine failed, which costs the user a rung and not the student. */
async function deepOrNone(
  train: readonly Example[],
  rung: WideRung,
  dataset: Dataset,
  spec: StudentSpec,
  options: TrainOptions,
): Promise<DeepRung | null> {
  const epochs = typeof spec.overrides['epochs'] === 'number' ? spec.overrides['epochs'] : null;
  try {
    return await trainDeepRung(train, rung, dataset, {
      device: spec.device,
      seed: spec.seed,
      epochs,
      key: `${dataset.fingerprint}/${spec.seed}`,
      options,
    });
  } catch (thrown) {
    if (options.signal.aborted) throw new AppError('cancelled', 'The training was cancelled.');
    const message = `The networks could not be trained, the linear rung goes on alone: ${toAppError(thrown).message}`;
    options.onProgress({ stage: 'select', fraction: 0.8, message: message.slice(0, 300) });
    return null;
  }
}

const heldFolds = 8;

/** The newest eighth of the clusters, or the validation split where the dataset has one. */
export function heldRows(train: readonly Example[]): number[] {
  const folds = foldsOf(train, heldFolds);
  const given = train.some((example) => example.split === 'validation');
  return train.flatMap((example, i) =>
    (given ? example.split === 'validation' : folds[i] === heldFolds - 1) ? [i] : [],
  );
}

/**
 * Fits the acceptor on honest evidence and scores the rows with it.
 * @param hidden evidence of a tagger that never saw the rows' masked texts: taught, not scored.
 */
function judge(
  { plan }: Dataset,
  known: readonly Read[],
  strangers: readonly Read[],
  hidden: readonly Read[] = [],
) {
  const main = mainSlot(choiceSlots(plan))?.name ?? '';
  const kindOf = ({ example }: Read): number => {
    const target = example.targets?.[main];
    return target?.kind === 'class' ? target.index : -1;
  };
  const { acceptor, strange } = fitAcceptor(
    plan,
    [...known, ...hidden],
    strangers.map((row) => ({ ...row, kind: kindOf(row) })),
  );
  return {
    acceptor,
    validation: known.map((row) => scoreOf(row, acceptor)),
    strange: strange.map((confidence, i) =>
      strangers[i]!.decoded.answer === null ? Number.NEGATIVE_INFINITY : confidence,
    ),
  };
}

function sureness(row: Scored): number {
  return row.answered ? row.confidence : Number.NEGATIVE_INFINITY;
}

interface Read extends JudgedKnown {
  readonly example: Example;
}

function readRow({ plan, inputSlots }: Dataset, example: Example, evidence: Evidence): Read {
  const decoded = decode(plan, evidence, example.input);
  return {
    example,
    decoded,
    length: lengthOf(example.input, inputSlots),
    agree: decoded.answer !== null && answersAgree(decoded.answer, example.answer),
  };
}

function scoreOf(row: Read, acceptor: Acceptor): Scored {
  return {
    callId: row.example.callId,
    atMs: row.example.atMs,
    confidence: confidenceOf(acceptor, row),
    agree: row.agree,
    answered: row.decoded.answer !== null,
    bucket: row.decoded.bucket,
    cached: false,
  };
}
