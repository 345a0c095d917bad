import type { Example } from '../dataset/example.ts';
import type { ChoiceSlot } from '../dataset/plan.ts';
import { softWeight } from '../dataset/soft.ts';

export function softOf(example: Example, slot: string): Readonly<Record<number, number>> | null {
  const target = example.targets?.[slot];
  return target?.kind === 'class' ? (target.soft ?? null) : null;
}

/**
 * The teacher's distribution over the classes, beside its answer; null where it gave none. What its list leaves open goes
 * to the classes that are not on it, in the ratio in which they are answered.
 */
export function softTarget(
  example: Example,
  { name, values }: ChoiceSlot,
  counts: ReadonlyMap<string, Float32Array>,
): Float32Array | null {
  const soft = softOf(example, name);
  const given = example.targets?.[name];
  if (soft === null || given?.kind !== 'class') return null;
  const target = new Float32Array(values.length);
  for (const [index, p] of Object.entries(soft)) target[Number(index)] = softWeight * p;
  const open = counts.get(name)!.map((count, k) => (soft[k] === undefined ? count : 0));
  const unlisted = open.reduce((sum, count) => sum + count, 0);
  const tail = softWeight - target.reduce((sum, p) => sum + p, 0);
  if (unlisted > 0) for (const [k, count] of open.entries()) target[k]! += (tail * count) / unlisted;
  target[given.index]! += 1 - target.reduce((sum, p) => sum + p, 0);
  return target;
}

/** How often each class of each slot is answered. */
export function countsOf(
  heads: readonly ChoiceSlot[],
  examples: readonly Example[],
): Map<string, Float32Array> {
  return new Map(
    heads.map(({ name, values }) => {
      const counts = new Float32Array(values.length);
      for (const { targets } of examples) {
        const target = targets?.[name];
        if (target?.kind === 'class') counts[target.index]!++;
      }
      return [name, counts];
    }),
  );
}
