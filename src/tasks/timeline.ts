/** Small questions about calls in time. */

/**
 * Do the variants follow each other, as edits do, instead of taking turns, as the values of a slot do?
 * Compares the number of changes along the time line with what random order would give.
 */
export function isSequential(timeline: readonly (readonly [atMs: number, variant: number])[]): boolean {
  const sorted = [...timeline].sort((a, b) => a[0] - b[0]);
  const counts = new Map<number, number>();
  let changes = 0;
  sorted.forEach(([, variant], i) => {
    counts.set(variant, (counts.get(variant) ?? 0) + 1);
    if (i > 0 && sorted[i - 1]![1] !== variant) changes++;
  });
  const n = sorted.length;
  let expected = n;
  for (const count of counts.values()) expected -= (count * count) / Math.max(1, n);
  return changes <= counts.size - 1 + 0.2 * expected;
}

/** The lower median; 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
