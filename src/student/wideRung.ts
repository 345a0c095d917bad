import type { Dataset, Example } from '../dataset/example.ts';
import { spread } from '../dataset/habit.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { Evidence } from './decode.ts';
import { learnAnew, learnOnce } from './finished.ts';
import { lengthOf } from './predictor.ts';
import type { LearningPoint } from './student.ts';
import { withMadeUpWords } from './tagger/madeUp.ts';
import { type Tagger, tagInput } from './tagger/model.ts';
import { schemeOf, type TagScheme } from './tagger/scheme.ts';
import { maskedNames, trainTagger } from './tagger/train.ts';
import type { Threads } from './threads.ts';
import type { WideModel } from './wide/model.ts';
import { foldsOf, type Trial, type Tried, teachAgain, trainWide } from './wide/train.ts';

/** Linear heads and tagger trained on all rows, with what models that never saw a row say of it. */
export interface WideRung {
  readonly wide: WideModel;
  readonly tagger: Tagger | null;
  /** Taggers of the folds: the one that never saw example i. */
  readonly taggerOf: (i: number) => Tagger | null;
  /** Out-of-fold evidence per example. */
  readonly outOfFold: readonly Evidence[];
  /** Rows that neither the trial nor the networks' pilot may learn from. */
  readonly held: readonly number[];
  readonly trial: Trial<Evidence>;
  /** Rows left out as slips of the teacher. */
  readonly slips: ReadonlySet<number>;
  /**
   * Examples whose masked text was hidden from the tagger, which may read it rightly all the same: as they are, with some
   * words that nobody uses, and with such words only. Empty where nothing is masked.
   */
  readonly hidden: readonly (readonly HiddenText[])[];
  /** Examples whose out-of-fold tagger had their masked text hidden: what it says of them is not what a student will. */
  readonly blind: ReadonlySet<number>;
}

export interface HiddenText {
  readonly example: Example;
  readonly said: Evidence;
  /** Names the masked text. */
  readonly text: number;
}

export interface RungWork {
  /** Rows that neither the trial nor the networks' pilot learn from. */
  readonly held: readonly number[];
  readonly seed: number;
  readonly pause: () => Promise<void>;
  /** null: all is done in one thread. */
  readonly threads: Threads | null;
  /** Keeps what is learned for a run that goes on after this one was killed; left out: nothing is kept. */
  readonly checkpoints?: CheckpointStore;
  readonly progress: (fraction: number, message: string) => void;
  readonly point?: (point: LearningPoint) => void;
}

export async function trainWideRung(
  examples: readonly Example[],
  dataset: Dataset,
  { held, seed, pause, threads, checkpoints, progress, point }: RungWork,
): Promise<WideRung> {
  const { plan, inputSlots } = dataset;
  const heads = await trainWide(examples, plan, inputSlots, {
    folds: examples.length > 6000 ? 3 : 5,
    held,
    seed,
    pause,
    threads,
    learn: learnOnce(checkpoints ?? null, 'heads'),
    progress: (fraction) => progress(0.5 * fraction, 'Training the linear heads'),
    point: (step, loss, validation) => point?.({ series: 'wide', step, loss, validation }),
  });
  const tags = await crossTag(examples, dataset, {
    seed,
    pause,
    threads,
    ...(checkpoints === undefined ? {} : { checkpoints }),
    progress: (fraction, message) => progress(0.5 + 0.5 * fraction, message),
    ...(point === undefined ? {} : { point }),
  });
  const evidenceOf = (i: number, scores: (typeof heads.outOfFold)[number]): Evidence => {
    const tagger = tags.taggerOf(i);
    const tag = tagger === null ? null : tagInput(tagger, examples[i]!.input, inputSlots);
    return { ...scores, tag, members: new Map() };
  };
  const outOfFold = examples.map((_, i) => evidenceOf(i, heads.outOfFold[i]!));
  const { turns, known, strange } = heads.trial;
  const read = ({ row, said }: (typeof known)[number]): Tried<Evidence> => ({
    row,
    said: evidenceOf(row, said),
  });
  const isJudged = ({ row }: { readonly row: number }): boolean => !tags.blind.has(row);
  const trial = {
    turns,
    known: known.filter(isJudged).map(read),
    strange: strange.filter(isJudged).map(read),
  };
  const asNew = (change: (example: Example) => Example | null) =>
    tags.hidden.flatMap(({ row, tagger }) => {
      const example = change(examples[row]!);
      if (example === null) return [];
      const said = { ...outOfFold[row]!, tag: tagInput(tagger, example.input, inputSlots) };
      return { example, said, text: tags.names[row]! };
    });
  const hidden = [
    asNew((example) => example),
    asNew((example) => withMadeUpWords(example, dataset.plan, false)),
    asNew((example) => withMadeUpWords(example, dataset.plan, true)),
  ].filter((rows) => rows.length > 0);
  const { tagger, taggerOf, blind } = tags;
  return { wide: heads.model, tagger, taggerOf, outOfFold, held, trial, hidden, blind, slips: heads.slips };
}

/** Heads and tagger taught once more, on other rows; nothing is held out, so nothing is said of how they do. */
export async function retrainWide(
  { wide, tagger }: WideRung,
  examples: readonly Example[],
  { plan, inputSlots }: Dataset,
  { seed, pause, threads }: Pick<RungWork, 'seed' | 'pause' | 'threads'>,
): Promise<Pick<WideRung, 'wide' | 'tagger'>> {
  const epochs = taggerEpochs(examples.length);
  const again = { seed, pause, threads, epochs, learn: learnAnew, progress: () => {} };
  return {
    wide: await teachAgain(wide, examples, plan, inputSlots, again),
    tagger: tagger === null ? null : await trainTagger(examples, plan, inputSlots, again),
  };
}

function taggerEpochs(rows: number): number {
  return Math.max(8, Math.min(16, Math.round(200_000 / Math.max(1, rows))));
}

/** Folds of a tagger's rows; with masked texts and few rows, each of which is worth more, there are more. */
const usualRounds = 3;
const roundsOfFew = 6;
const fewRows = 3000;
/** What one tagger takes while it learns, bytes for a character of its inputs: it holds every feature of every token. */
const bytesPerCharacter = 260;
/** And for each of its tags besides: a third of the characters are features of their own, each with three numbers. */
const bytesPerTag = 4;
/** What all that learn at once may take. */
const mostBytes = 1.4e9;
/** Of so many masked texts or more, every second one is hidden from one of the folds' taggers; of fewer, each. */
const manyTexts = 60;
/** Rows of one masked text that say how it is read where it is new. */
const mostRows = 6;

/** How many taggers may learn at once. */
function lanesFor(
  examples: readonly Example[],
  slots: readonly string[],
  { kinds }: TagScheme,
  threads: Threads | null,
): number {
  const characters = examples.reduce((sum, { input }) => sum + lengthOf(input, slots), 0);
  const bytes = characters * (bytesPerCharacter + bytesPerTag * (1 + 2 * kinds.length));
  return Math.min(threads?.count ?? 1, Math.floor(mostBytes / bytes));
}

interface CrossTagged extends Pick<WideRung, 'tagger' | 'taggerOf' | 'blind'> {
  /** Examples with a tagger that never saw their masked text. */
  readonly hidden: readonly { readonly row: number; readonly tagger: Tagger }[];
  /** A number for the masked text of each example. */
  readonly names: Uint32Array;
}

async function crossTag(
  examples: readonly Example[],
  { plan, inputSlots }: Dataset,
  { seed, pause, threads, checkpoints, progress, point }: Omit<RungWork, 'held'>,
): Promise<CrossTagged> {
  const scheme = schemeOf(plan);
  if (scheme === null)
    return { tagger: null, taggerOf: () => null, hidden: [], names: new Uint32Array(), blind: new Set() };
  const names = maskedNames(examples, plan, inputSlots);
  const masked = names.some((name) => name !== 0);
  const rounds = masked && examples.length < fewRows ? roundsOfFew : usualRounds;
  const folds = foldsOf(examples, rounds);
  const learn = learnOnce(checkpoints ?? null, 'tagger');
  const step = new Set(names).size < manyTexts ? 1 : 2;
  const hiddenFrom = Array.from(names, (name) =>
    name !== 0 && name % step === 0 ? Math.floor(name / step) % rounds : -1,
  );
  const lanes = lanesFor(examples, inputSlots, scheme, threads);
  const done = new Float64Array(rounds + 1);
  const teach = async (round: number): Promise<Tagger> => {
    const rows = examples.filter((_, i) => folds[i] !== round && hiddenFrom[i] !== round);
    const epochs = taggerEpochs(rows.length);
    const tagger = await trainTagger(rows, plan, inputSlots, {
      seed,
      epochs,
      pause,
      threads: lanes > 1 ? threads : null,
      learn,
      progress: (fraction, loss) => {
        done[round] = fraction;
        progress(done.reduce((sum, own) => sum + own) / done.length, 'Training the tagger');
        // The one that will serve learns from every row: there is none to validate it on.
        if (round === rounds)
          point?.({ series: 'tagger', step: Math.round(fraction * epochs), loss, validation: null });
      },
    });
    return tagger!;
  };
  const taught = new Map<number, Tagger>();
  // The one that learns most begins first, so that nobody waits for it alone.
  const left = [rounds, ...Array.from({ length: rounds }, (_, fold) => fold)];
  const lane = async (): Promise<void> => {
    for (let round = left.shift(); round !== undefined; round = left.shift())
      taught.set(round, await teach(round));
  };
  await Promise.all(Array.from({ length: Math.max(1, lanes) }, lane));
  const hidden = fewOfEach(names).flatMap((row) => {
    const fold = hiddenFrom[row]!;
    return fold < 0 ? [] : [{ row, tagger: taught.get(fold)! }];
  });
  const blind = new Set([...folds.keys()].filter((i) => folds[i] === hiddenFrom[i]));
  return { tagger: taught.get(rounds)!, taggerOf: (i) => taught.get(folds[i]!)!, hidden, names, blind };
}

/** Rows with at most so many of each name. */
function fewOfEach(names: ArrayLike<number>): number[] {
  const rows = new Map<number, number[]>();
  for (let i = 0; i < names.length; i++) {
    const own = rows.get(names[i]!);
    if (own === undefined) rows.set(names[i]!, [i]);
    else own.push(i);
  }
  return [...rows.values()].flatMap((own) => spread(own, mostRows)).sort((a, b) => a - b);
}
