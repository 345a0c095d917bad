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

const DAY_MS = 86_400_000;

/** The variant that most calls of each day are of, days with the same one as the day before left out. */
function turns(timeline: readonly (readonly [atMs: number, variant: number])[]): number[] {
  const days = new Map<number, Map<number, number>>();
  for (const [atMs, variant] of timeline) {
    const day = Math.floor(atMs / DAY_MS);
    const counts = days.get(day) ?? new Map<number, number>();
    days.set(day, counts.set(variant, (counts.get(variant) ?? 0) + 1));
  }
  const order = [...days].sort((a, b) => a[0] - b[0]);
  const leaders = order.map(([, counts]) => [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0]);
  return leaders.filter((variant, i) => variant !== leaders[i - 1]);
}

/** Do variants come back, as the values of a rota do? One that is taken back once does not count: edits may be. */
export function comesBack(timeline: readonly (readonly [atMs: number, variant: number])[]): boolean {
  const order = turns(timeline);
  return order.length > new Set(order).size + 1;
}

/** Steady change, most days another variant, for a week at least: a part that is filled in every day, not edited. */
export function changesDaily(timeline: readonly (readonly [atMs: number, variant: number])[]): boolean {
  const days = new Set(timeline.map(([atMs]) => Math.floor(atMs / DAY_MS))).size;
  return days >= 7 && turns(timeline).length >= 0.6 * days;
}

/** The lower median; 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
