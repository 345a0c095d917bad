import type { ChoiceSlot } from '../dataset/plan.ts';

/** The slot with the most classes, where there are enough to tell kinds of input by. */
export function mainSlot(heads: readonly ChoiceSlot[]): ChoiceSlot | null {
  const most = heads.reduce<ChoiceSlot | null>(
    (best, slot) => (best === null || slot.values.length > best.values.length ? slot : best),
    null,
  );
  return most !== null && most.values.length >= 5 ? most : null;
}
