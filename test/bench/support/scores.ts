/** Figures of selective prediction, for tables. */

export interface Row {
  readonly confidence: number;
  readonly agree: boolean;
}

/** Largest share of the rows that can be answered, surest first, with at most a share `risk` of disagreements. */
export function coverageAt(rows: readonly Row[], risk: number): number {
  const sorted = [...rows].sort((a, b) => b.confidence - a.confidence);
  let errors = 0;
  let best = 0;
  sorted.forEach((row, i) => {
    if (!row.agree) errors++;
    if (errors <= risk * (i + 1)) best = i + 1;
  });
  return rows.length === 0 ? 0 : best / rows.length;
}

/** Chance that a row of the first kind is ranked above one of the second; ties count half. */
export function auroc(above: readonly number[], below: readonly number[]): number {
  const all = [
    ...above.map((value) => ({ value, up: true })),
    ...below.map((value) => ({ value, up: false })),
  ];
  all.sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let i = 0; i < all.length; ) {
    let j = i;
    while (j < all.length && all[j]!.value === all[i]!.value) j++;
    for (let k = i; k < j; k++) if (all[k]!.up) ranks += (i + j + 1) / 2;
    i = j;
  }
  const pairs = above.length * below.length;
  return pairs === 0 ? Number.NaN : (ranks - (above.length * (above.length + 1)) / 2) / pairs;
}

export function share<T>(items: readonly T[], is: (item: T) => boolean): number {
  return items.length === 0 ? Number.NaN : items.filter(is).length / items.length;
}

/** "93.4" or "93.4 (92.9-93.8)" in percent. */
export function meanAndRange(values: readonly number[]): string {
  const known = values.filter((value) => Number.isFinite(value)).map((value) => value * 100);
  if (known.length === 0) return '-';
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (known.length === 1) return mean.toFixed(1);
  return `${mean.toFixed(1)} (${Math.min(...known).toFixed(1)}-${Math.max(...known).toFixed(1)})`;
}
