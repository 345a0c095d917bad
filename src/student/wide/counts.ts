/** Adds one to a feature. As signed numbers all hashes are small integers: the others would be objects of their own. */
export function count(counts: Map<number, number>, hash: number): void {
  const key = hash | 0;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
