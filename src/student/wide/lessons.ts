import type { Example } from '../../dataset/example.ts';
import { softWeight } from '../../dataset/soft.ts';

/** What a linear head is told about one row: a class with a weight. */
export interface Lesson {
  readonly row: number;
  /** -1: none of those that the teacher listed. */
  readonly label: number;
  readonly weight: number;
  /** Classes whose problems this is a part of; null for all. */
  readonly heads: ReadonlySet<number> | null;
}

/** Less weight than this teaches nothing. */
const leastWeight = 1e-3;

/**
 * A row with the teacher's doubt is several lessons, one for each class it has listed. The tail of the list speaks
 * against the classes that are on it and says nothing about any other.
 */
export function lessonsOf({ targets, weight }: Example, slot: string, row: number): Lesson[] {
  const target = targets?.[slot];
  if (target?.kind !== 'class') return [];
  const { index, soft } = target;
  if (soft === undefined) return [{ row, label: index, weight, heads: null }];
  const shares = new Map(Object.entries(soft).map(([label, p]) => [Number(label), softWeight * p]));
  const tail = softWeight - [...shares.values()].reduce((sum, share) => sum + share, 0);
  shares.set(index, (shares.get(index) ?? 0) + 1 - softWeight);
  const lessons = [...shares].map(
    ([label, share]): Lesson => ({ row, label, weight: weight * share, heads: null }),
  );
  lessons.push({ row, label: -1, weight: weight * tail, heads: new Set(shares.keys()) });
  return lessons.filter((lesson) => lesson.weight >= leastWeight * weight && lesson.weight > 0);
}
