import type { ChoiceSlot } from '../dataset/plan.ts';
import { fitLogistic, type Logistic, logistic, logit } from './logistic.ts';

/**
 * The class that a teacher gives to what fits no other ("out of scope", "other"). Its inputs are unlike each other, so
 * two things mark it, whatever it is called: its own inputs are mistaken for many classes, and inputs of hidden classes
 * are answered with it most often, whichever their class.
 */
export interface CatchAll {
  readonly slot: string;
  readonly index: number;
  /** Probability that an answer with this class is right, from the probability of the whole answer. */
  readonly model: Logistic;
}

/** Classes of one slot, by the teacher and by a student; -1 where there is none. */
export interface Classed {
  readonly truth: number;
  readonly said: number;
}

export interface Answered extends Classed {
  /** Probability of the whole answer. */
  readonly joint: number;
  readonly agree: boolean;
}

/** How common inputs of an unknown kind are taken to be, against one of a known kind. */
const strangeShare = 0.08;

/**
 * How common calls that fit no class are taken to be, against all. The commoner, the more of its answers rank above sure
 * ones with other classes, and the more calls that it claims wrongly with them: on out-of-fold rows twice as many as this
 * cost a point of in-scope coverage and gained as much on mixed traffic.
 */
const misfitShare = 0.03;
/** The penalty on the one weight: as low as few rows allow, for what it claims wrongly it says less surely. */
const ridge = 0.01;

/** Fewer mistakes or strangers than this tell nothing of how they spread. */
const fewest = 10;

/**
 * Its answers are as sure as they would be right on traffic with more calls that fit no other class, as all others are on
 * traffic with strangers: judged by calls as rare as among known rows, right ones would rank below wrong ones.
 * @param known answers to held-out rows. @param strange answers to rows of hidden classes.
 * @returns null where no class is both mistaken for most others and drawn from most hidden ones.
 */
export function findCatchAll(
  slot: ChoiceSlot,
  known: readonly Answered[],
  strange: readonly Classed[],
): CatchAll | null {
  const index = mostMistaken(known);
  if (index === null || highest(spreads(strange, 'said', 'truth', drawnOf))[0] !== index) return null;
  const own = known.filter(({ said }) => said === index);
  if (own.length < fewest) return null;
  const its = known.filter(({ truth }) => truth === index).length;
  const weight = Math.max(1, (misfitShare * known.length) / Math.max(1, its));
  const model = fitLogistic(
    own.map(({ joint }) => [logit(joint)]),
    own.map(({ agree }) => agree),
    own.map(({ truth }) => (truth === index ? weight : 1)),
    ridge,
  );
  return { slot: slot.name, index, model };
}

/** What a row of a hidden class counts for beside known rows that count for one each. */
export function weightOfStranger(known: number, strange: number): number {
  return (strangeShare * known) / Math.max(1, strange);
}

/**
 * The class whose rows are mistaken for many others, at least twice as many as those of any other; null where none is. A
 * class that is never answered rightly is none: it is too new for what answered to have seen any of it.
 */
export function mostMistaken(known: readonly Classed[]): number | null {
  const seen = new Set(known.filter(({ truth, said }) => truth === said).map(({ truth }) => truth));
  const mistaken = spreads(
    known.filter(({ truth, said }) => truth !== said && seen.has(truth)),
    'truth',
    'said',
  );
  const [index, widest] = highest(mistaken);
  mistaken.delete(index);
  return index >= 0 && widest >= 2 * highest(mistaken)[1] ? index : null;
}

/** Probability that an answer with the catch-all class is right where calls that fit no other are as common as they are taken to be. */
export function catchAllConfidence({ model }: CatchAll, joint: number): number {
  return logistic(model, [logit(joint)]);
}

/** Of the rows of each class of one kind, what their numbers by class of the other are worth. */
function spreads(
  rows: readonly Classed[],
  by: 'truth' | 'said',
  over: 'truth' | 'said',
  worth: (counts: readonly number[]) => number = spreadOf,
): Map<number, number> {
  const counts = new Map<number, Map<number, number>>();
  for (const row of rows) {
    if (row[by] < 0 || row[over] < 0) continue;
    const own = counts.get(row[by]) ?? new Map<number, number>();
    counts.set(row[by], own.set(row[over], (own.get(row[over]) ?? 0) + 1));
  }
  return new Map([...counts].map(([k, own]) => [k, worth([...own.values()])]));
}

/** Over how many classes rows spread: the exponential of the entropy. */
function spreadOf(counts: readonly number[]): number {
  const n = sumOf(counts);
  if (n < fewest) return 1;
  return Math.exp(-counts.reduce((sum, count) => sum + (count / n) * Math.log(count / n), 0));
}

/** How many rows were drawn, times over how many classes they spread: a few from everywhere are less than many from some. */
function drawnOf(counts: readonly number[]): number {
  return sumOf(counts) * spreadOf(counts);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The class that is worth most, and how much; -1 where there is none. */
function highest(spread: ReadonlyMap<number, number>): [index: number, spread: number] {
  let best: [number, number] = [-1, 1];
  for (const entry of spread) if (entry[1] > best[1]) best = entry;
  return best;
}
