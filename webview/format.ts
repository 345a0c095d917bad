import type { TaskState } from '../src/protocol.ts';
import { priceDate as datedPrices } from './charts/words.ts';

type Rate = TaskState['live']['answeredLocally'];

/** `96.2 %`; no decimals at the ends, and never 0 % or 100 % for what is neither. */
export function percent(share: number, digits = 1): string {
  if (share > 0 && share < 0.001) return '<0.1 %';
  if (share < 1 && share > 0.999) return '>99.9 %';
  return `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : digits)} %`;
}

/** The exact interval and what it rests on: `95.1–97.0 %, n = 1,240`. */
export function interval({ lower, upper, n }: Rate): string {
  if (n === 0) return 'no calls yet';
  return `${(lower * 100).toFixed(1)}–${(upper * 100).toFixed(1)} %, n = ${count(n)}`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `1 call`, `2 calls`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function milliseconds(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function seconds(value: number): string {
  if (value < 100) return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
  return `${Math.round(value / 60)} min`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  if (value < 1_000_000) return `${Math.round(value / 1000)} kB`;
  return value < 1e9 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(1)} GB`;
}

export function parameters(value: number): string {
  if (value < 1000) return String(value);
  return value < 1e6 ? `${Math.round(value / 1000)}k` : `${(value / 1e6).toFixed(1)}M`;
}

export function dollars(value: number): string {
  if (value > 0 && value < 0.01) return '<$0.01';
  return `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** `2026-11-02`, in UTC like every date of the product. */
export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Which prices the task's money is counted at, with their date. */
export function priceDate({ proposal }: TaskState): string {
  // Hyphens that do not break: a date stays on one line.
  return datedPrices(proposal?.saving.prices ?? []).replaceAll('-', '\u2011');
}

/** `just now`, `12 min ago`, `3 days ago`. */
export function ago(ms: number, nowMs: number): string {
  const minutes = Math.max(0, Math.floor((nowMs - ms) / 60_000));
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${plural(hours, 'hour')} ago`;
  return `${plural(Math.floor(hours / 24), 'day')} ago`;
}
