import type { Example } from '../../dataset/example.ts';
import { type ChoiceSlot, choiceSlots, type OutputPlan } from '../../dataset/plan.ts';
import { fitTemperature } from '../../evaluation/calibrate.ts';
import { fitLogistic, logistic } from '../logistic.ts';
import { textsOf } from '../predictor.ts';
import { rawFeatures } from './features.ts';
import { hideClasses } from './hidden.ts';
import { defaultLinear, scoreRow, trainLinear } from './linear.ts';
import {
  type Gate,
  gateFeatures,
  scoreWideRow,
  type WideHead,
  type WideModel,
  type WideScores,
} from './model.ts';
import { buildNeighbours } from './neighbours.ts';
import { buildVocabulary, type SparseRows, type Vocabulary, vectorise } from './vocabulary.ts';

export interface WideTraining {
  readonly model: WideModel;
  /** Scores of each training example by a model that never saw its cluster; in the order of `examples`. */
  readonly outOfFold: readonly WideScores[];
  /** Examples of classes that were hidden from one training, with that model's scores: what is strange to a student. */
  readonly strange: readonly { readonly row: number; readonly scores: WideScores }[];
}

export interface WideOptions {
  readonly folds: number;
  readonly seed: number;
  readonly pause: () => Promise<void>;
  readonly progress: (fraction: number) => void;
}

/** Weights of the widest head; many classes leave room for fewer features. */
const mostWeights = 1 << 26;

/** Trains the linear heads on all examples, and on all but each fold for scores that are honest about training rows. */
export async function trainWide(
  examples: readonly Example[],
  plan: OutputPlan,
  slots: readonly string[],
  options: WideOptions,
): Promise<WideTraining> {
  const raw = examples.map((example) => rawFeatures(textsOf(example.input, slots)));
  const widest = Math.max(1, ...choiceSlots(plan).map((slot) => slot.values.length));
  const vocabulary = buildVocabulary(raw, Math.min(1 << 16, Math.floor(mostWeights / widest)));
  const data = vectorise(vocabulary, raw);
  const folds = foldsOf(examples, options.folds);
  const outOfFold: WideScores[] = new Array(examples.length);
  const logits = new Map<string, { scores: Float64Array[]; labels: number[] }>();
  const heads = choiceSlots(plan);
  const all = range(examples.length);
  const main = mainSlot(heads);
  /** Trains on some rows and scores others as if they were new. */
  const crossScore = async (
    inside: readonly number[],
    outside: readonly number[],
    slots: readonly ChoiceSlot[],
  ) => {
    const own = vocabularyOf(vocabulary, raw, inside);
    const partial = await fit({ examples, data, vocabulary: own, rows: inside, heads: slots, options });
    if (slots === heads) for (const i of outside) collectLogits(partial, data, examples[i]!, i, logits);
    const neighbours = main === null ? null : neighboursOf(main, examples, data, inside);
    const model = { vocabulary: own, heads: withTemperatures(partial, logits), neighbours, gate: null };
    const held = vectorise(
      own,
      outside.map((i) => raw[i]!),
    );
    return outside.map((_, row) => scoreWideRow(model, held, row));
  };
  const hidings = main === null ? [] : hideClasses(main, examples, options.seed);
  const rounds = options.folds + hidings.length + 1;
  for (let fold = 0; fold < options.folds; fold++) {
    const inside = all.filter((i) => folds[i] !== fold);
    const outside = all.filter((i) => folds[i] === fold);
    const scores = await crossScore(inside, outside, heads);
    outside.forEach((i, k) => {
      outOfFold[i] = scores[k]!;
    });
    options.progress((fold + 1) / rounds);
  }
  const unseen: { readonly row: number; readonly scores: WideScores }[] = [];
  for (const [turn, { inside, outside }] of hidings.entries()) {
    const scores = await crossScore(inside, outside, [...heads]);
    outside.forEach((row, k) => {
      unseen.push({ row, scores: scores[k]! });
    });
    options.progress((options.folds + turn + 1) / rounds);
  }
  const gate =
    main === null || unseen.length === 0
      ? null
      : fitGate(
          main.name,
          outOfFold,
          unseen.map(({ scores }) => scores),
        );
  const full = await fit({ examples, data, vocabulary, rows: all, heads, options });
  options.progress(1);
  const neighbours = main === null ? null : neighboursOf(main, examples, data, all);
  const model = { vocabulary, heads: withTemperatures(full, logits), neighbours, gate };
  const strange = unseen.map(({ row, scores }) => ({ row, scores: withGate(scores, gate) }));
  return { model, outOfFold: outOfFold.map((scores) => withGate(scores, gate)), strange };
}

/** How common inputs of an unknown kind are taken to be. */
const strangeShare = 0.08;

/** Learns to tell held-out rows of known classes from rows of classes that were hidden from the model. */
function fitGate(slot: string, known: readonly WideScores[], strange: readonly WideScores[]): Gate {
  const rows = [...known, ...strange].map((scores) => gateFeatures(scores, slot));
  const weight = (strangeShare * known.length) / Math.max(1, strange.length);
  const model = fitLogistic(
    rows,
    rows.map((_, i) => i < known.length),
    rows.map((_, i) => (i < known.length ? 1 : weight)),
  );
  return { slot, model };
}

function withGate(scores: WideScores, gate: Gate | null): WideScores {
  return gate === null
    ? scores
    : { ...scores, familiar: logistic(gate.model, gateFeatures(scores, gate.slot)) };
}

/** The slot with the most classes, where there are enough to hide some. */
function mainSlot(heads: readonly ChoiceSlot[]): ChoiceSlot | null {
  const most = heads.reduce<ChoiceSlot | null>(
    (best, slot) => (best === null || slot.values.length > best.values.length ? slot : best),
    null,
  );
  return most !== null && most.values.length >= 5 ? most : null;
}

function neighboursOf(
  slot: ChoiceSlot,
  examples: readonly Example[],
  data: SparseRows,
  rows: readonly number[],
) {
  const members: number[][] = slot.values.map(() => []);
  for (const i of rows) {
    const target = examples[i]!.targets?.[slot.name];
    if (target?.kind === 'class') members[target.index]!.push(i);
  }
  return buildNeighbours(slot.name, data, members);
}

interface Fit {
  readonly examples: readonly Example[];
  readonly data: SparseRows;
  readonly vocabulary: Vocabulary;
  readonly rows: readonly number[];
  readonly heads: readonly ChoiceSlot[];
  readonly options: WideOptions;
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
    const own = rows.filter((i) => examples[i]!.targets?.[slot.name]?.kind === 'class');
    const labels = Int32Array.from(own, (i) => classOf(examples[i]!, slot.name));
    const weights = Float32Array.from(own, (i) => examples[i]!.weight);
    const linear = await trainLinear(
      data,
      vocabulary.hashes.length,
      Int32Array.from(own),
      labels,
      slot.values.length,
      weights,
      { ...defaultLinear, seed: options.seed },
      options.pause,
    );
    result.set(slot.name, { linear, temperature: 1 });
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

function withTemperatures(
  heads: ReadonlyMap<string, WideHead>,
  logits: ReadonlyMap<string, { scores: Float64Array[]; labels: number[] }>,
): Map<string, WideHead> {
  return new Map(
    [...heads].map(([name, head]) => {
      const held = logits.get(name);
      const temperature = held === undefined ? 1 : fitTemperature(held.scores, held.labels);
      return [name, { ...head, temperature }];
    }),
  );
}

/** The same feature numbers, with features that only the held-out rows have made unknown. */
function vocabularyOf(
  vocabulary: Vocabulary,
  raw: readonly ReturnType<typeof rawFeatures>[],
  rows: readonly number[],
): Vocabulary {
  const seen = new Set<number>();
  for (const i of rows) for (const branch of raw[i]!) for (const hash of branch.keys()) seen.add(hash);
  const idf = vocabulary.idf.map((value, i) => (seen.has(vocabulary.hashes[i]!) ? value : 0));
  return { ...vocabulary, idf };
}

/** Fold numbers; members of a near-duplicate cluster share one. */
export function foldsOf(examples: readonly Example[], folds: number): Int32Array {
  const numbers = new Map<number, number>();
  return Int32Array.from(examples, ({ cluster }) => {
    if (!numbers.has(cluster)) numbers.set(cluster, numbers.size % folds);
    return numbers.get(cluster)!;
  });
}

function classOf(example: Example, slot: string): number {
  const target = example.targets?.[slot];
  return target?.kind === 'class' ? target.index : 0;
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
