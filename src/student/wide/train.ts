import type { Example } from '../../dataset/example.ts';
import type { ChoiceSlot, OutputPlan } from '../../dataset/plan.ts';
import { choiceSlots } from '../../dataset/planSlots.ts';
import { fitScaling, type Scaling } from '../../evaluation/calibrate.ts';
import { mostMistaken } from '../catchAll.ts';
import { isEnglish } from '../english/language.ts';
import { type Learn, learnAnew } from '../finished.ts';
import { mainSlot } from '../mainSlot.ts';
import { textsOf } from '../predictor.ts';
import { shapeOf } from '../probability.ts';
import type { Threads } from '../threads.ts';
import { type RawFeatures, rawFeatures } from './features.ts';
import { type Hiding, hideClasses } from './hidden.ts';
import { lessonsOf } from './lessons.ts';
import { defaultLinear, linearPacking, scoreRow, trainLinear } from './linear.ts';
import { scoreWideRow, type WideHead, type WideModel, type WideScores } from './model.ts';
import { buildNeighbours, type Projected, projectedRows } from './neighbours.ts';
import { findSlips } from './slips.ts';
import { buildVocabulary, type SparseRows, type Vocabulary, vectorise } from './vocabulary.ts';

export interface WideTraining {
  readonly model: WideModel;
  /** Scores of each training example by a model that never saw its cluster; in the order of `examples`. */
  readonly outOfFold: readonly WideScores[];
  readonly trial: Trial<WideScores>;
  /** Rows that were left out of the model because it agrees with the teacher more often without them. */
  readonly slips: ReadonlySet<number>;
}

/**
 * What trainings say from which held-out rows and some classes were hidden: of the hidden classes, how sure it is of what
 * is strange to it; of the held-out rows, how sure of what it knows. Empty where there are too few classes to hide some.
 */
export interface Trial<T> {
  /** How many trainings there were, each with other classes hidden. */
  readonly turns: number;
  /** Held-out rows of classes that the training knew; once for each training. */
  readonly known: readonly Tried<T>[];
  readonly strange: readonly Tried<T>[];
}

export interface Tried<T> {
  readonly row: number;
  readonly said: T;
}

export interface WideOptions {
  readonly folds: number;
  /** Rows that the trial does not learn from. */
  readonly held: readonly number[];
  readonly seed: number;
  readonly pause: () => Promise<void>;
  /** null: all is done here. */
  readonly threads: Threads | null;
  /** Keeps what is learned; left out: nothing is kept. */
  readonly learn?: Learn;
  readonly progress: (fraction: number) => void;
  /** After each fold: its number, and the mean loss on rows that it learned from and on the fold. */
  readonly point?: (step: number, loss: number, validation: number) => void;
}

/** Rows on which the loss of what was learned is told. */
const mostToldRows = 400;

/** Weights of the widest head; many classes leave room for fewer features. */
const mostWeights = 1 << 26;

/** Trains the linear heads on all examples, and on all but each fold for scores that are honest about training rows. */
export async function trainWide(
  examples: readonly Example[],
  plan: OutputPlan,
  slots: readonly string[],
  options: WideOptions,
): Promise<WideTraining> {
  const raw = rawFeaturesOf(examples, slots);
  const vocabulary = buildVocabulary(raw, largestVocabulary(choiceSlots(plan)));
  const data = vectorise(vocabulary, raw);
  const projected = projectedRows(data);
  const folds = foldsOf(examples, options.folds);
  const outOfFold: WideScores[] = new Array(examples.length);
  const logits = new Map<string, { scores: Float64Array[]; labels: number[] }>();
  let scalings: ReadonlyMap<string, Scaling> = new Map();
  const heads = choiceSlots(plan);
  const all = range(examples.length);
  const main = mainSlot(heads);
  /** Trains on some rows and scores others as if they were new. */
  const crossScore = async (
    inside: readonly number[],
    outside: readonly number[],
    slots: readonly ChoiceSlot[],
    /** Rows that are scored as well though the training saw them. */
    seen: readonly number[] = [],
  ) => {
    const own = vocabularyOf(vocabulary, data, inside);
    const partial = await fit({ examples, data, vocabulary: own, rows: inside, heads: slots, options });
    if (slots === heads) {
      for (const i of outside) collectLogits(partial, data, examples[i]!, i, logits);
      scalings = scalingsOf(logits);
    }
    const neighbours = main === null ? null : neighboursOf(main, examples, projected, inside);
    const model = { vocabulary: own, heads: withScalings(partial, scalings), neighbours };
    const asked = [...outside, ...seen];
    const held = vectorise(
      own,
      asked.map((i) => raw[i]!),
    );
    return asked.map((_, row) => scoreWideRow(model, held, row));
  };
  const rounds = options.folds + 2;
  for (let fold = 0; fold < options.folds; fold++) {
    const inside = all.filter((i) => folds[i] !== fold);
    const outside = all.filter((i) => folds[i] === fold);
    const seen = inside.slice(0, mostToldRows);
    const scores = await crossScore(inside, outside, heads, seen);
    outside.forEach((i, k) => {
      outOfFold[i] = scores[k]!;
    });
    const lossOf = (rows: readonly number[], said: readonly WideScores[]): number =>
      meanLoss(
        rows.map((i) => examples[i]!),
        said,
        heads,
      );
    options.point?.(fold + 1, lossOf(seen, scores.slice(outside.length)), lossOf(outside, scores));
    options.progress((fold + 1) / rounds);
  }
  const slips = await findSlips(heads, {
    examples,
    outOfFold,
    held: all.filter((i) => folds[i] === options.folds - 1),
    score: (inside, outside, slot) => crossScore(inside, outside, [slot]),
  });
  const taught = all.filter((i) => !slips.has(i));
  const hidings =
    main === null ? [] : hideClasses(main, examples, options.seed, catchAllOf(main, examples, outOfFold));
  const trial = await tryOut(hidings, options.held, (inside, outside) =>
    crossScore(
      inside.filter((i) => !slips.has(i)),
      outside,
      [...heads],
    ),
  );
  options.progress((rounds - 1) / rounds);
  const full = await fit({ examples, data, vocabulary, rows: taught, heads, options });
  options.progress(1);
  const neighbours = main === null ? null : neighboursOf(main, examples, projected, taught);
  const model = { vocabulary, heads: withScalings(full, scalings), neighbours };
  return { model, outOfFold, trial, slips };
}

/** Mean over rows of the negative log-likelihood of their classes, summed over the heads. */
function meanLoss(
  examples: readonly Example[],
  scores: readonly WideScores[],
  heads: readonly ChoiceSlot[],
): number {
  let sum = 0;
  for (const [i, { targets }] of examples.entries()) {
    for (const { name } of heads) {
      const target = targets?.[name];
      if (target?.kind === 'class')
        sum -= Math.log(Math.max(1e-7, scores[i]!.choices.get(name)![target.index]!));
    }
  }
  return sum / Math.max(1, examples.length);
}

/** The same heads taught on other rows; how sure they are stays what held-out rows chose. */
export async function teachAgain(
  before: WideModel,
  examples: readonly Example[],
  plan: OutputPlan,
  slots: readonly string[],
  options: Pick<WideOptions, 'seed' | 'pause' | 'threads' | 'learn'>,
): Promise<WideModel> {
  const raw = rawFeaturesOf(examples, slots);
  const heads = choiceSlots(plan);
  const vocabulary = buildVocabulary(raw, largestVocabulary(heads));
  const data = vectorise(vocabulary, raw);
  const rows = range(examples.length);
  const taught = await fit({ examples, data, vocabulary, rows, heads, options });
  const main = mainSlot(heads);
  return {
    vocabulary,
    heads: withScalings(taught, new Map([...before.heads].map(([name, { scaling }]) => [name, scaling]))),
    neighbours: main === null ? null : neighboursOf(main, examples, projectedRows(data), rows),
  };
}

function rawFeaturesOf(examples: readonly Example[], slots: readonly string[]): RawFeatures[] {
  const texts = examples.map(({ input }) => textsOf(input, slots));
  const english = isEnglish(texts.flat());
  return texts.map((text) => rawFeatures(text, english));
}

function largestVocabulary(heads: readonly ChoiceSlot[]): number {
  const widest = Math.max(1, ...heads.map((slot) => slot.values.length));
  return Math.min(1 << 16, Math.floor(mostWeights / widest));
}

/** One training for each hiding: it sees neither the hidden classes nor the held-out rows. */
async function tryOut(
  hidings: readonly Hiding[],
  held: readonly number[],
  score: (inside: readonly number[], outside: readonly number[]) => Promise<readonly WideScores[]>,
): Promise<Trial<WideScores>> {
  const out = new Set(held);
  const known: Tried<WideScores>[] = [];
  const strange: Tried<WideScores>[] = [];
  for (const { inside, outside } of hidings) {
    const familiar = inside.filter((i) => out.has(i));
    const rows = [...familiar, ...outside];
    const said = await score(
      inside.filter((i) => !out.has(i)),
      rows,
    );
    const tried = rows.map((row, i) => ({ row, said: said[i]! }));
    known.push(...tried.slice(0, familiar.length));
    strange.push(...tried.slice(familiar.length));
  }
  return { turns: hidings.length, known, strange };
}

function catchAllOf(
  { name }: ChoiceSlot,
  examples: readonly Example[],
  outOfFold: readonly WideScores[],
): number | null {
  return mostMistaken(
    examples.map(({ targets }, i) => {
      const target = targets?.[name];
      const said = outOfFold[i]?.choices.get(name);
      return {
        truth: target?.kind === 'class' ? target.index : -1,
        said: said === undefined ? -1 : shapeOf(said).best,
      };
    }),
  );
}

function neighboursOf(
  slot: ChoiceSlot,
  examples: readonly Example[],
  projected: Projected,
  rows: readonly number[],
) {
  const members: number[][] = slot.values.map(() => []);
  for (const i of rows) {
    const target = examples[i]!.targets?.[slot.name];
    if (target?.kind === 'class') members[target.index]!.push(i);
  }
  return buildNeighbours(slot.name, projected, members);
}

interface Fit {
  readonly examples: readonly Example[];
  readonly data: SparseRows;
  readonly vocabulary: Vocabulary;
  readonly rows: readonly number[];
  readonly heads: readonly ChoiceSlot[];
  readonly options: Pick<WideOptions, 'seed' | 'pause' | 'threads' | 'learn'>;
}

async function fit({
  examples,
  data,
  vocabulary,
  rows,
  heads,
  options,
}: Fit): Promise<Map<string, WideHead>> {
  const result = new Map<string, WideHead>();
  for (const slot of heads) {
    const lessons = rows.flatMap((i) => lessonsOf(examples[i]!, slot.name, i));
    const soft = lessons.some(({ heads }) => heads !== null);
    const linear = await (options.learn ?? learnAnew)(linearPacking, () =>
      trainLinear(
        {
          data,
          features: vocabulary.hashes.length,
          rows: Int32Array.from(lessons, ({ row }) => row),
          labels: Int32Array.from(lessons, ({ label }) => label),
          classes: slot.values.length,
          weights: Float32Array.from(lessons, ({ weight }) => weight),
          ...(soft ? { heads: lessons.map(({ heads }) => heads) } : {}),
          options: { ...defaultLinear, seed: options.seed },
        },
        options,
      ),
    );
    result.set(slot.name, { linear, scaling: asLearned });
  }
  return result;
}

function collectLogits(
  heads: ReadonlyMap<string, WideHead>,
  data: SparseRows,
  example: Example,
  row: number,
  logits: Map<string, { scores: Float64Array[]; labels: number[] }>,
): void {
  for (const [name, { linear }] of heads) {
    const target = example.targets?.[name];
    if (target?.kind !== 'class') continue;
    const scores = new Float64Array(linear.classes);
    scoreRow(linear, data, row, scores);
    const entry = logits.get(name) ?? { scores: [], labels: [] };
    entry.scores.push(scores);
    entry.labels.push(target.index);
    logits.set(name, entry);
  }
}

function scalingsOf(
  logits: ReadonlyMap<string, { scores: Float64Array[]; labels: number[] }>,
): ReadonlyMap<string, Scaling> {
  return new Map([...logits].map(([name, { scores, labels }]) => [name, fitScaling(scores, labels)]));
}

const asLearned: Scaling = { temperature: 1, shift: 0 };

function withScalings(
  heads: ReadonlyMap<string, WideHead>,
  scalings: ReadonlyMap<string, Scaling>,
): Map<string, WideHead> {
  return new Map(
    [...heads].map(([name, head]) => [name, { ...head, scaling: scalings.get(name) ?? asLearned }]),
  );
}

/** The same feature numbers, with features that only the held-out rows have made unknown. */
function vocabularyOf(vocabulary: Vocabulary, data: SparseRows, rows: readonly number[]): Vocabulary {
  const idf = new Float32Array(vocabulary.idf.length);
  for (const row of rows)
    for (let j = data.start[row]!; j < data.start[row + 1]!; j++)
      idf[data.indices[j]!] = vocabulary.idf[data.indices[j]!]!;
  return { ...vocabulary, idf };
}

/**
 * Fold numbers; members of a near-duplicate cluster share one. Folds are blocks of time, oldest first, so what is said of
 * a row was not learned from its neighbours in time: traffic that changes shows as it will to a finished student, which
 * has seen nothing of tomorrow's either.
 * @param examples oldest first.
 */
export function foldsOf(examples: readonly Example[], folds: number): Int32Array {
  const numbers = new Map<number, number>();
  for (const { cluster } of examples) if (!numbers.has(cluster)) numbers.set(cluster, numbers.size);
  return Int32Array.from(examples, ({ cluster }) =>
    Math.floor((numbers.get(cluster)! * folds) / numbers.size),
  );
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
