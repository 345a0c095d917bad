import { createRandom } from '../../base/random.ts';
import type { Example } from '../../dataset/example.ts';
import type { ChoiceSlot } from '../../dataset/plan.ts';

/** One training that some kinds of calls are hidden from: row numbers of what it sees, and of what is strange to it. */
export interface Hiding {
  readonly inside: readonly number[];
  readonly outside: readonly number[];
}

/** With fewer classes one of them says little about what none of them is. */
const leastClasses = 5;
/** From so many classes on, one draw of a fifth of them is a fair sample of what is strange. */
const manyClasses = 20;
/** Few classes are unlike each other, so more of them take their turn. */
const turns = 3;

/**
 * Classes of a slot hidden from a training, a fifth at a time, stand for what no training has seen.
 * @param kept a class that is never hidden: the one for what fits nothing is there when something new comes.
 */
export function hideClasses(
  slot: ChoiceSlot,
  examples: readonly Example[],
  seed: number,
  kept: number | null = null,
): Hiding[] {
  const count = slot.values.length;
  if (count < leastClasses) return [];
  const order = createRandom(seed)
    .derive('hidden')
    .shuffle(slot.values.map((_, k) => k))
    .filter((k) => k !== kept);
  const size = Math.max(1, Math.floor(count / 5));
  return Array.from({ length: count < manyClasses ? turns : 1 }, (_, turn) =>
    hide(slot, examples, new Set(order.slice(turn * size, (turn + 1) * size))),
  ).filter(({ inside, outside }) => inside.length > 0 && outside.length > 0);
}

function hide(slot: ChoiceSlot, examples: readonly Example[], classes: ReadonlySet<number>): Hiding {
  const inside: number[] = [];
  const outside: number[] = [];
  examples.forEach((example, i) => {
    const target = example.targets?.[slot.name];
    if (target?.kind === 'class') (classes.has(target.index) ? outside : inside).push(i);
  });
  return { inside, outside };
}
