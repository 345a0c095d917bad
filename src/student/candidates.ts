import { AppError, toAppError } from '../base/error.ts';
import type { Dataset, Example } from '../dataset/example.ts';
import { choiceSlots, type OutputPlan } from '../dataset/plan.ts';
import { answersAgree } from '../evaluation/compare.ts';
import type { Scored } from '../evaluation/prediction.ts';
import type { Familiarity } from '../evaluation/strange.ts';
import { type Acceptor, confidenceOf, fitAcceptor, type JudgedKnown } from './acceptor.ts';
import type { DeepFiles } from './bundle.ts';
import { decode, type Evidence } from './decode.ts';
import { trainDeepRung } from './deepRung.ts';
import { type Candidate, coverageOf } from './ladder.ts';
import { mainSlot } from './mainSlot.ts';
import { lengthOf } from './predictor.ts';
import type { Device, StudentSpec, TrainOptions } from './student.ts';
import { schemeOf } from './tagger/scheme.ts';
import { foldsOf, type Tried } from './wide/train.ts';
import type { WideRung } from './wideRung.ts';

/** Below this a network learns less than the linear heads, so it is not tried. */
const leastForDeep = 4000;

/** Above this share served at the promised risk a higher rung has nothing left to add. */
const enoughCoverage = 0.98;

export interface Trained extends Candidate {
  /** The networks that serve; null where there are none. */
  readonly deep: (() => Promise<DeepFiles>) | null;
  readonly device: Device;
  /** How sure the rung is of rows that it knows and of rows whose class, or whose masked text, was hidden from it. */
  readonly familiarity: readonly Familiarity[];
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
    common: alone.validation,
    familiarity: [
      { known: known.map(sureness), strange: alone.strange },
      { known: alone.validation.map(sureness), strange: alone.hidden },
    ],
  };
  const least = Number(spec.overrides['leastForDeep'] ?? leastForDeep);
  if (!spec.rungs.includes('wide+deep') || train.length < least) return [first];
  const covered = coverageOf(alone.validation, spec.epsilon);
  if (covered > enoughCoverage) {
    const message = `The linear rung serves ${(covered * 100).toFixed(1)} % of the held-out rows at the promised risk: networks are left out`;
    options.onProgress({ stage: 'select', fraction: 0.5, message });
    return [first];
  }
  if (rung.hidden.length > 0) {
    // Their answers to masked texts never seen would take trainings of their own to judge.
    const message =
      'Answers mask parts of the input: networks are left out, for nothing tells how they read new texts';
    options.onProgress({ stage: 'select', fraction: 0.5, message });
    return [first];
  }
  const epochs = typeof spec.overrides['epochs'] === 'number' ? spec.overrides['epochs'] : null;
  const key = `${dataset.fingerprint}/${spec.seed}`;
  const work = { device: spec.device, seed: spec.seed, epochs, key, options };
  const deep = await orNone(() => trainDeepRung(train, rung, dataset, work), options);
  if (deep === null) return [first];
  // No class was hidden from the networks: the linear rung alone says what is strange, and its answers to that are too
  // unlike the mixed ones to teach an acceptor of both.
  const mixed = judge(dataset, deep.known.map(read), []);
  const second: Trained = {
    rung: 'wide+deep',
    deep: deep.files,
    device: deep.device,
    acceptor: mixed.acceptor,
    validation: mixed.validation,
    common: mixed.validation,
    familiarity: first.familiarity,
  };
  const common = deep.known.map(({ row, wide: said }) => scoreOf(read({ row, said }), alone.acceptor));
  return [{ ...first, common }, second];
}

/** The chosen rung with its networks; where the engine fails at last, the cheapest one goes on alone. */
export async function withNetworks(
  trained: readonly Trained[],
  chosen: Trained,
  options: TrainOptions,
): Promise<{ readonly taken: Trained; readonly networks: DeepFiles | null }> {
  const networks = chosen.deep === null ? null : await orNone(chosen.deep, options);
  return { taken: chosen.deep !== null && networks === null ? trained[0]! : chosen, networks };
}

/** Null where the engine failed, which costs the user a rung and not the student. */
async function orNone<T>(work: () => Promise<T>, options: TrainOptions): Promise<T | null> {
  try {
    return await work();
  } catch (thrown) {
    if (options.signal.aborted) throw new AppError('cancelled', 'The training was cancelled.');
    const message = `The networks could not be trained, the linear rung goes on alone: ${toAppError(thrown).message}`;
    options.onProgress({ stage: 'select', fraction: 0.5, message: message.slice(0, 300) });
    return null;
  }
}

/** Held-out rows that tell well enough how two rungs differ; fewer calls give a quarter of themselves. */
const enoughHeld = 1500;

/**
 * The rows that the trial does not learn from: the validation split, or the newest eighth of the clusters where the dataset has none.
 * Label tasks lose nothing by a trial, as their networks are trained again on every row, and hold out more where that
 * is little.
 */
export function heldRows(train: readonly Example[], plan: OutputPlan): number[] {
  const rowsOf = (choose: (example: Example, i: number) => boolean): number[] =>
    train.flatMap((example, i) => (choose(example, i) ? [i] : []));
  const given = rowsOf(({ split }) => split === 'validation');
  const wanted = Math.min(enoughHeld, train.length / 4);
  if (given.length >= 0.8 * wanted || (given.length > 0 && schemeOf(plan) !== null)) return given;
  const count = schemeOf(plan) === null ? Math.round(train.length / wanted) : 8;
  const folds = foldsOf(train, count);
  return rowsOf((_, i) => folds[i] === count - 1);
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
    // Unlike an unknown class, an unknown text may be read rightly all the same.
    hidden: hidden
      .map((row) => scoreOf(row, acceptor))
      .map((row) => (row.agree ? Number.NEGATIVE_INFINITY : sureness(row))),
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
