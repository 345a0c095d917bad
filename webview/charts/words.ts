/** Figures as pictures and tables write them. */

export interface Rate {
  readonly hits: number;
  readonly n: number;
  readonly rate: number;
  readonly lower: number;
  readonly upper: number;
}

/** `71.8 %` with a space that does not break; never 0 % or 100 % for what is neither. */
export function percent(share: number, digits = 1): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return `${value < 0.01 ? '<0.01' : value.toFixed(2)}\u00a0%`;
  if (share < 1 && share > 0.9995) return '>99.9\u00a0%';
  const most = value > 0 && value < 1 ? Math.max(1, digits) : digits;
  return `${value.toFixed(most).replace(/\.0+$/, '')}\u00a0%`;
}

/** How often the teacher says the same again, and what that means for any student. */
export function selfAgreementWords(found: {
  readonly pairs: Rate;
  readonly ceiling: number;
  readonly conflicts: { readonly inputs: number };
}): string {
  const { pairs, ceiling, conflicts } = found;
  const agrees = `Asked the same again, the teacher agrees with itself in ${percent(pairs.rate)} (${interval(pairs)})`;
  if (conflicts.inputs === 0) return `${agrees}.`;
  return `${agrees}; ${plural(conflicts.inputs, 'input')} had answers that differ. No student can agree with it more often than ${percent(ceiling)} on such inputs.`;
}

/** The interval around a rate and what it rests on: `0.7 – 1.6 %, n = 1,240`. */
export function interval({ lower, upper, n }: Rate): string {
  if (n === 0) return 'no calls yet';
  return `${(lower * 100).toFixed(1)} – ${(upper * 100).toFixed(1)}\u00a0%, n = ${count(n)}`;
}

export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export function milliseconds(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)}\u00a0ms`;
  if (ms < 1000) return `${Math.round(ms)}\u00a0ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)}\u00a0s`;
}

export function dollars(value: number): string {
  if (value > 0 && value < 0.01) return '<$0.01';
  if (value >= 1000) return `$${count(value)}`;
  return `$${value.toFixed(2)}`;
}

/** Which prices a sum of money is counted at: `at list prices of 2026-11-22`; null marks the user's own. */
export function priceDate(prices: readonly { readonly asOf: string | null }[]): string {
  const dates = prices.flatMap(({ asOf }) => asOf ?? []);
  const own = dates.length < prices.length;
  const listed = dates.length === 0 ? '' : `at list prices of ${[...dates].sort()[0]}`;
  if (!own) return listed === '' ? 'at list prices' : listed;
  return listed === '' ? 'at your prices' : `${listed} and at yours`;
}

export function bytes(value: number): string {
  if (value < 1_000_000) return `${Math.max(1, Math.round(value / 1000))}\u00a0kB`;
  return value < 1e9 ? `${(value / 1e6).toFixed(1)}\u00a0MB` : `${(value / 1e9).toFixed(1)}\u00a0GB`;
}

/** `1.2 million`, `131 thousand`. */
export function large(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} million`;
  return value >= 1e4 ? `${Math.round(value / 1000)} thousand` : count(value);
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)}\u00a0s`;
  return `${Math.round(seconds / 60)}\u00a0min`;
}

/** At most `length` characters, cut with an ellipsis. */
export function cut(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
