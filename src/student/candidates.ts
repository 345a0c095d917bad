import { AppError, toAppError } from '../base/error.ts';
import { isObject } from '../base/json.ts';
import type { Dataset, Example } from '../dataset/example.ts';
import { freeReason } from '../dataset/free.ts';
import { spread } from '../dataset/habit.ts';
import type { OutputPlan } from '../dataset/plan.ts';
import { choiceSlots, shortSlots } from '../dataset/planSlots.ts';
import type { Scored } from '../evaluation/prediction.ts';
import type { Familiarity } from '../evaluation/strange.ts';
import { fitAcceptor, seenOf } from './acceptor.ts';
import type { DeepFiles } from './bundle.ts';
import type { CatchAll } from './catchAll.ts';
import type { Evidence } from './decode.ts';
import { type DeepRung, trainDeepRung } from './deepRung.ts';
import { runKey } from './finished.ts';
import type { GeneratorFiles, Texts } from './generator/model.ts';
import { type GeneratorRung, type NoGenerator, trainGeneratorRung } from './generatorRung.ts';
import {
  type CrossDoubts,
  catchAllOf,
  crossDoubts,
  familiarityOf,
  type Read,
  readRow,
  scoreOf,
  shareOfStrange,
  sureness,
} from './judge.ts';
import { type Candidate, coverageOf } from './ladder.ts';
import { fitNovelty } from './novelty.ts';
import type { ReasoningTrial } from './reasoning.ts';
import type { Device, StudentSpec, TrainOptions } from './student.ts';
import { schemeOf } from './tagger/scheme.ts';
import { foldsOf, type Tried } from './wide/train.ts';
import type { WideRung } from './wideRung.ts';

/** Below so many rows a network learns less than the linear heads, so it is not tried. */
export function leastForNetworks({ overrides }: StudentSpec): number {
  return Number(overrides['leastForDeep'] ?? 4000);
}

/** Above this share served at the promised risk a higher rung has nothing left to add. */
const enoughCoverage = 0.98;

export interface Trained extends Candidate {
  /** The networks that serve; null where there are none. */
  readonly deep: DeepRung['files'] | null;
  /** What writes short texts; null where nothing does. */
  readonly generator: GeneratorFiles | null;
  /** Where the rung learned; of networks their files tell. */
  readonly device: Device;
  readonly deviceReason: string | null;
  /** What the teacher's reasoning was worth to the networks; null where that was not tried. */
  readonly reasoning: ReasoningTrial | null;
  /** How sure the rung is of rows that it knows and of rows whose class, or whose masked text, was hidden from it. */
  readonly familiarity: readonly Familiarity[];
}

/** A rung with what it says of the held-out rows: a generator writes its texts into that. */
interface Lower extends Trained {
  readonly said: readonly Tried<Evidence>[];
  readonly doubts: CrossDoubts | null;
}

/** Where it begins to choose, as a share of the whole job. */
const choosing = 0.49;

/** The rungs asked for, each with honest scores on the same held-out rows; or why none of them can answer. */
export async function candidatesOf(
  dataset: Dataset,
  train: readonly Example[],
  rung: WideRung,
  spec: StudentSpec,
  options: TrainOptions,
): Promise<readonly Trained[] | { readonly reason: string }> {
  const generator = await generatorFor(dataset, train, rung, spec, options);
  if (generator === null || 'reason' in generator) {
    const free = freeReason(train);
    if (free !== null) return { reason: generator?.reason ?? free };
    if (generator === null) return lowerRungs(dataset, train, rung, spec, options, null);
    options.onProgress({ stage: 'select', fraction: choosing, message: generator.reason });
    return lowerRungs(dataset, train, rung, spec, later(options), null);
  }
  const strange = spread(rung.trial.strange, mostStrange);
  const texts = await generator.textsOf([...new Set([...rung.held, ...strange.map(({ row }) => row)])]);
  const lower = await lowerRungs(dataset, train, rung, spec, later(options), texts);
  const trial = { ...rung.trial, strange };
  const writing = withTexts(dataset, train, lower, trial, texts);
  return [
    ...lower,
    ...writing.map((one) => ({
      ...one,
      generator: generator.files,
      device: generator.device,
      deviceReason: generator.deviceReason,
    })),
  ];
}

/** Rows of hidden classes enough to tell how strange inputs are written from. */
const mostStrange = 600;

/** Progress never goes back behind what the generator has reached. */
function later(options: TrainOptions): TrainOptions {
  const onProgress: TrainOptions['onProgress'] = (progress) =>
    options.onProgress({ ...progress, fraction: Math.max(choosing, progress.fraction) });
  return { ...options, onProgress };
}

/** null where nothing short is to be written, or nobody asked for it. */
async function generatorFor(
  dataset: Dataset,
  train: readonly Example[],
  rung: WideRung,
  spec: StudentSpec,
  options: TrainOptions,
): Promise<GeneratorRung | NoGenerator | null> {
  if (!spec.rungs.includes('generator') || shortSlots(dataset.plan).length === 0) return null;
  const { seed, device, overrides } = spec;
  return orNone(
    () =>
      trainGeneratorRung(train, dataset, {
        held: rung.held,
        device,
        seed,
        key: runKey(dataset, spec),
        options,
        from: 0.35,
        to: choosing,
        changes: isObject(overrides['generator']) ? overrides['generator'] : {},
      }),
    options,
  );
}

/** The same rungs with the texts in their answers. No class was hidden from networks: the linear rung tells what is strange. */
function withTexts(
  dataset: Dataset,
  train: readonly Example[],
  lower: readonly Lower[],
  trial: WideRung['trial'],
  texts: ReadonlyMap<number, Texts>,
): Trained[] {
  const { doubts } = lower[0]!;
  const read = ({ row, said }: Tried<Evidence>): Read =>
    judgedBy(doubts, readRow(dataset, train[row]!, { ...said, texts: texts.get(row) ?? new Map() }));
  const strange = trial.strange.map(read);
  const acceptors = lower.map(({ said, rung, acceptor: { novelty } }) =>
    fitAcceptor(said.map(read), rung === 'wide' ? strange : [], { novelty, doubts: doubts?.all ?? null }),
  );
  const { share } = lower[0]!.familiarity[0]!;
  const familiarity = [familiarityOf(dataset, acceptors[0]!, trial.known.map(read), strange, share)];
  return lower.map((one, i) => {
    const acceptor = acceptors[i]!;
    const validation = one.said.map((tried) => scoreOf(read(tried), acceptor));
    return { ...one, rung: 'generator', acceptor, validation, common: validation, familiarity };
  });
}

/** The rungs that copy and choose. `texts`: what is written for held-out rows, where a generator writes. */
async function lowerRungs(
  dataset: Dataset,
  train: readonly Example[],
  rung: WideRung,
  spec: StudentSpec,
  options: TrainOptions,
  texts: ReadonlyMap<number, Texts> | null,
): Promise<Lower[]> {
  const { trial, outOfFold } = rung;
  const signals = outOfFold.flatMap((said, row) =>
    rung.blind.has(row) ? [] : readRow(dataset, train[row]!, said),
  );
  const doubts = crossDoubts(train, signals);
  const read = ({ row, said }: Tried<Evidence>): Read =>
    judgedBy(doubts, readRow(dataset, train[row]!, said));
  const everyRow = signals.map((row) => judgedBy(doubts, row));
  // The places of its calls may give away what a class was hidden for: then it is no stranger.
  const strange = trial.strange.map(read).filter((row) => !row.agree);
  const hidden = rung.hidden.map((rows) =>
    rows.map(({ example, said }) => judgedBy(doubts, readRow(dataset, example, said))),
  );
  const catchAll = catchAllOf(dataset, everyRow, strange);
  const share = shareOfStrange(dataset, train, catchAll, spec.newKinds ?? null);
  const novelty = trial.turns === 0 ? fitNovelty(everyRow.map(seenOf)) : null;
  const acceptor = fitAcceptor(everyRow, strange, {
    catchAll,
    novelty,
    doubts: doubts?.all ?? null,
    hidden: { sets: hidden, epsilon: spec.epsilon },
  });
  const validation = everyRow.map((row) => scoreOf(row, acceptor));
  const said = rung.held.map((row) => ({ row, said: outOfFold[row]! }));
  const first: Lower = {
    rung: 'wide',
    deep: null,
    generator: null,
    device: 'cpu',
    deviceReason: null,
    reasoning: null,
    acceptor,
    validation,
    common: said.map((tried) => scoreOf(read(tried), acceptor)),
    familiarity: [
      familiarityOf(dataset, acceptor, trial.known.map(read), strange, share),
      ...hidden.map((rows, set) => ({
        known: validation.map(sureness),
        // Unlike an unknown class, an unknown text may be read rightly all the same.
        strange: rows.map((row, i) => ({
          confidence: row.agree ? Number.NEGATIVE_INFINITY : sureness(scoreOf(row, acceptor)),
          kind: rung.hidden[set]![i]!.text,
        })),
        share: share === 0 ? 0 : null,
      })),
    ],
    said,
    doubts,
  };
  const without = whyNoNetworks(dataset, train, rung, spec, validation, texts);
  if (without !== null) {
    if (without !== '') options.onProgress({ stage: 'select', fraction: choosing, message: without });
    return [first];
  }
  const epochs = typeof spec.overrides['epochs'] === 'number' ? spec.overrides['epochs'] : null;
  const key = runKey(dataset, spec);
  const work = { device: spec.device, seed: spec.seed, epochs, key, options };
  const deep = await orNone(() => trainDeepRung(train, rung, dataset, work), options);
  if (deep === null) return [first];
  return [first, mixedOf(dataset, deep, read, catchAll, first)];
}

function judgedBy(doubts: CrossDoubts | null, row: Read): Read {
  return doubts === null ? row : doubts.judge(row);
}

/** The rung of both. Where no class was hidden from its networks, the linear rung alone says what is strange. */
function mixedOf(
  dataset: Dataset,
  { known: held, trial, files, reasoning }: DeepRung,
  read: (tried: Tried<Evidence>) => Read,
  catchAll: CatchAll | null,
  alone: Lower,
): Lower {
  const rows = held.map(read);
  const familiar = trial?.known.map(read) ?? [];
  const strange = trial?.strange.map(read).filter((row) => !row.agree) ?? [];
  const acceptor = fitAcceptor([...rows, ...familiar], strange, {
    catchAll: trial === null ? null : catchAll,
    novelty: alone.acceptor.novelty,
    doubts: alone.acceptor.doubts,
  });
  const validation = rows.map((row) => scoreOf(row, acceptor));
  return {
    ...alone,
    rung: 'wide+deep',
    deep: files,
    reasoning,
    acceptor,
    validation,
    common: validation,
    familiarity:
      trial === null
        ? alone.familiarity
        : [familiarityOf(dataset, acceptor, familiar, strange, alone.familiarity[0]!.share)],
    said: held,
  };
}

/** Why networks are not tried, in words; '' where nobody needs to know, null where they are. */
function whyNoNetworks(
  dataset: Dataset,
  train: readonly Example[],
  rung: WideRung,
  spec: StudentSpec,
  validation: readonly Scored[],
  texts: ReadonlyMap<number, Texts> | null,
): string | null {
  const { plan } = dataset;
  if (!spec.rungs.includes('wide+deep') || train.length < leastForNetworks(spec)) return '';
  if (choiceSlots(plan).length === 0 && schemeOf(plan) === null) return '';
  const covered = coverageOf(validation, spec.epsilon);
  if (covered > enoughCoverage)
    return `The linear rung serves ${(covered * 100).toFixed(1)} % of the held-out rows at the promised risk: networks are left out`;
  if (texts !== null && beside(dataset, train, rung) > enoughCoverage)
    return 'The linear rung answers all but the written texts rightly: networks are left out';
  // Their answers to masked texts never seen would take trainings of their own to judge.
  return rung.hidden.length > 0
    ? 'Answers mask parts of the input: networks are left out, for nothing tells how they read new texts'
    : null;
}

/** Share of held-out rows that would be answered rightly if every text were written as the teacher writes it. */
function beside(dataset: Dataset, train: readonly Example[], { held, outOfFold }: WideRung): number {
  const right = held.filter((row) => {
    const given = Object.entries(train[row]!.targets ?? {}).flatMap(([name, target]) =>
      target.kind === 'text'
        ? [[name, { text: target.text, probability: 1, least: 1, margin: 1 }] as const]
        : [],
    );
    return readRow(dataset, train[row]!, { ...outOfFold[row]!, texts: new Map(given) }).agree;
  });
  return right.length / Math.max(1, held.length);
}

/** The chosen rung with its networks; where the engine fails at last, the cheapest one goes on alone. */
export async function withNetworks(
  trained: readonly Trained[],
  chosen: Trained,
  options: TrainOptions,
): Promise<{ readonly taken: Trained; readonly networks: DeepFiles | null }> {
  const networks = await networksOf(chosen, options);
  if (chosen.deep === null || networks !== null) return { taken: chosen, networks };
  const alike = trained.find(({ deep, generator }) => deep === null && generator === chosen.generator);
  return { taken: alike ?? trained[0]!, networks };
}

/** The networks of a rung, taught on its training rows or on others; null where it has none, and where the engine failed. */
export async function networksOf(
  { deep }: Trained,
  options: TrainOptions,
  others?: readonly Example[],
): Promise<DeepFiles | null> {
  return deep === null ? null : orNone(() => deep(others), options);
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
