/** One order of the keys that the most objects respect: each key after all keys that mostly precede it. */
export function keyOrder(lists: readonly (readonly string[])[], keys: readonly string[]): string[] {
  const position = new Map(keys.map((key) => [key, { sum: 0, count: 0 }]));
  const before = new Map<string, number>();
  for (const list of lists) {
    list.forEach((key, i) => {
      const entry = position.get(key);
      if (entry === undefined) return;
      entry.sum += i;
      entry.count++;
      for (const later of list.slice(i + 1))
        before.set(`${key}\u0000${later}`, (before.get(`${key}\u0000${later}`) ?? 0) + 1);
    });
  }
  const mean = (key: string): number => position.get(key)!.sum / Math.max(1, position.get(key)!.count);
  const ahead = (a: string, b: string): number => before.get(`${a}\u0000${b}`) ?? 0;
  const sorted = [...keys].sort((a, b) => mean(a) - mean(b));
  // Insertion by pairwise precedence mends what mean positions of optional keys get wrong.
  const order: string[] = [];
  for (const key of sorted) {
    let at = order.length;
    while (at > 0 && ahead(key, order[at - 1]!) > ahead(order[at - 1]!, key)) at--;
    order.splice(at, 0, key);
  }
  return order;
}
