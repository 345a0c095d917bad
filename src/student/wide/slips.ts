import type { Example } from '../../dataset/example.ts';
import { filterHelps, suspectRows } from '../../dataset/noise.ts';
import type { ChoiceSlot } from '../../dataset/plan.ts';
import { shapeOf } from '../probability.ts';
import type { WideScores } from './model.ts';

/** Fewer suspects than this share change nothing worth another training. */
const leastShare = 0.01;
/** Where more than this share look like slips, it is the heads that do not understand the task. */
const mostShare = 0.3;

export interface SlipSearch {
  readonly examples: readonly Example[];
  readonly outOfFold: readonly WideScores[];
  /** Rows of the fold that the filter is tried on, the newest; all others may be learned from. */
  readonly held: readonly number[];
  /** Scores rows by a training of one slot on other rows. */
  readonly score: (
    inside: readonly number[],
    outside: readonly number[],
    slot: ChoiceSlot,
  ) => Promise<readonly WideScores[]>;
}

/**
 * Rows that teach better by being left out: probable slips of the teacher in the slot with the most classes, if leaving
 * them out of a training makes it agree with the teacher more often on held-out rows, suspects among them included. Random
 * slips seldom pass, as linear heads shrug them off; a habit of mistaking one class for another does.
 * @returns row numbers; empty where nothing is to be gained.
 */
export async function findSlips(
  heads: readonly ChoiceSlot[],
  { examples, outOfFold, held, score }: SlipSearch,
): Promise<ReadonlySet<number>> {
  const [slot] = [...heads].sort((a, b) => b.values.length - a.values.length);
  if (slot === undefined || slot.values.length < 2 || held.length === 0) return new Set();
  const labelOf = (i: number): number => {
    const target = examples[i]?.targets?.[slot.name];
    return target?.kind === 'class' ? target.index : -1;
  };
  const rows = examples.flatMap((_, i) => (labelOf(i) >= 0 ? [i] : []));
  const probabilities = rows.map((i) => outOfFold[i]!.choices.get(slot.name)!);
  const suspects = new Set(suspectRows(probabilities, rows.map(labelOf)).map((k) => rows[k]!));
  const share = suspects.size / rows.length;
  if (!(share >= leastShare && share <= mostShare)) return new Set();

  const isHeld = new Set(held);
  const outside = rows.filter((i) => isHeld.has(i));
  const inside = rows.filter((i) => !isHeld.has(i) && !suspects.has(i));
  if (outside.length === 0 || inside.length === 0) return new Set();
  const right = (scores: WideScores, i: number): boolean =>
    shapeOf(scores.choices.get(slot.name)!).best === labelOf(i);
  const filtered = await score(inside, outside, slot);
  const helps = filterHelps(
    outside.map((i) => right(outOfFold[i]!, i)),
    outside.map((i, k) => right(filtered[k]!, i)),
  );
  return helps ? suspects : new Set();
}
