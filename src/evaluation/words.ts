/** Figures as the user reads them. */

/** 0.0213 -> "2.1 %", 0.02 -> "2 %", 0.00049 -> "0.05 %". */
export function percent(share: number): string {
  const value = share * 100;
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 2 : 1;
  return `${value.toFixed(digits).replace(/\.0+$/, '')} %`;
}

/** 12345 -> "12,345". */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 387 -> "390": two leading digits, rounded up, for figures that are estimates. */
export function roughly(value: number): string {
  if (!Number.isFinite(value)) return 'no number of';
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
  return count(Math.ceil(value / unit) * unit);
}

/** 1 call, 2 calls. */
export function calls(n: number): string {
  return `${count(n)} ${n === 1 ? 'call' : 'calls'}`;
}
