import type { ChoiceSlot } from '../dataset/plan.ts';
import { fitLogistic, type Logistic, logistic, logit } from './logistic.ts';

/**
 * The class that a teacher gives to what fits no other ("out of scope", "other"). Its inputs are unlike each other, so
 * two things mark it, whatever it is called: its own inputs are mistaken for many classes, and of the answers to inputs
 * of hidden classes it is the one that comes from most of them.
 */
export interface CatchAll {
  readonly slot: string;
  readonly index: number;
  /** Probability that an answer with this class is right, from its own probability. */
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

/** Fewer mistakes or strangers than this tell nothing of how they spread. */
const fewest = 10;

/**
 * @param known answers to held-out rows. @param strange answers to rows of hidden classes.
 * @returns null where no class is both mistaken for most others and drawn from most hidden ones.
 */
export function findCatchAll(
  slot: ChoiceSlot,
  known: readonly Answered[],
  strange: readonly Classed[],
): CatchAll | null {
  const index = mostMistaken(known);
  if (index === null || highest(spreads(strange, 'said', 'truth'))[0] !== index) return null;
  const own = known.filter(({ said }) => said === index);
  if (own.length < fewest) return null;
  const model = fitLogistic(
    own.map(({ joint }) => [logit(joint)]),
    own.map(({ agree }) => agree),
  );
  return { slot: slot.name, index, model };
}

/** The class whose rows are mistaken for many others, at least twice as many as those of any other; null where none is. */
export function mostMistaken(known: readonly Classed[]): number | null {
  const mistaken = spreads(
    known.filter(({ truth, said }) => truth !== said),
    'truth',
    'said',
  );
  const [index, widest] = highest(mistaken);
  mistaken.delete(index);
  return index >= 0 && widest >= 2 * highest(mistaken)[1] ? index : null;
}

/** Probability that an answer with the catch-all class is right on traffic like the rows held out. */
export function catchAllConfidence({ model }: CatchAll, joint: number): number {
  return logistic(model, [logit(joint)]);
}

/** Over how many classes (the exponential of the entropy) the rows of each class of one kind spread in the other. */
function spreads(
  rows: readonly Classed[],
  by: 'truth' | 'said',
  over: 'truth' | 'said',
): Map<number, number> {
  const counts = new Map<number, Map<number, number>>();
  for (const row of rows) {
    if (row[by] < 0 || row[over] < 0) continue;
    const own = counts.get(row[by]) ?? new Map<number, number>();
    counts.set(row[by], own.set(row[over], (own.get(row[over]) ?? 0) + 1));
  }
  return new Map([...counts].map(([k, own]) => [k, spreadOf([...own.values()])]));
}

function spreadOf(counts: readonly number[]): number {
  const n = counts.reduce((sum, count) => sum + count, 0);
  if (n < fewest) return 1;
  return Math.exp(-counts.reduce((sum, count) => sum + (count / n) * Math.log(count / n), 0));
}

/** The class that spreads most, and how far; -1 where there is none. */
function highest(spread: ReadonlyMap<number, number>): [index: number, spread: number] {
  let best: [number, number] = [-1, 1];
  for (const entry of spread) if (entry[1] > best[1]) best = entry;
  return best;
}
