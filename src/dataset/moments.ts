import type { Json } from '../base/json.ts';

/** Dates and times of day as answers write them, and the time between them. Pure calendar arithmetic in UTC. */

export type TimeUnit = 'minutes' | 'hours' | 'days' | 'weeks' | 'months' | 'years';

interface Moment {
  /** Milliseconds: since 1970, or since midnight where there is no date. */
  readonly at: number;
  readonly hasDate: boolean;
  readonly hasTime: boolean;
  /** What follows the minutes: ":00", "Z". */
  readonly tail: string;
  /** Between date and time. */
  readonly between: string;
}

const minute = 60_000;
const lengths: Readonly<Partial<Record<TimeUnit, number>>> = {
  minutes: minute,
  hours: 60 * minute,
  days: 1440 * minute,
  weeks: 7 * 1440 * minute,
};

/**
 * From one date or time to another in a unit; whole ones of days and longer, hours to two decimals. A time before the
 * first one is of the next day; a number stands for a year. undefined where the two cannot be compared.
 */
export function elapsed(from: Json | number, to: Json | number, unit: TimeUnit): number | undefined {
  if (unit === 'years' && (typeof from === 'number' || typeof to === 'number')) {
    const [a, b] = [yearOf(from), yearOf(to)];
    return a === null || b === null ? undefined : b - a;
  }
  const [a, b] = [momentOf(from), momentOf(to)];
  if (a === null || b === null || a.hasDate !== b.hasDate) return undefined;
  if (unit === 'months' || unit === 'years') {
    if (!a.hasDate) return undefined;
    const months = wholeMonths(a.at, b.at);
    return unit === 'months' ? months : Math.trunc(months / 12);
  }
  const length = lengths[unit]!;
  if (!a.hasTime || !b.hasTime) {
    if (!a.hasDate || length < lengths.days!) return undefined;
    return Math.trunc((dayOf(b.at) - dayOf(a.at)) / length);
  }
  const between = b.at - a.at + (!a.hasDate && b.at < a.at ? lengths.days! : 0);
  const count = between / length;
  return unit === 'minutes' || unit === 'hours' ? Math.round(count * 100) / 100 : Math.trunc(count);
}

/** The date or time so much later, written as the first one is; undefined where there is none. */
export function later(from: Json, count: number, unit: TimeUnit): string | undefined {
  const moment = momentOf(from);
  if (moment === null) return undefined;
  if (unit === 'months' || unit === 'years') {
    if (!moment.hasDate || !Number.isInteger(count)) return undefined;
    return written({ ...moment, at: monthsLater(moment.at, unit === 'years' ? 12 * count : count) });
  }
  const length = lengths[unit]!;
  if (!(moment.hasTime ? moment.hasDate || length < lengths.days! : length >= lengths.days!))
    return undefined;
  const at = moment.at + count * length;
  const day = lengths.days!;
  return Number.isInteger(at / minute)
    ? written({ ...moment, at: moment.hasDate ? at : ((at % day) + day) % day })
    : undefined;
}

/** The day on which a prompt was written, as dates are written. */
export function dayText(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}

const form = /^(?:(\d{4})-(\d\d)-(\d\d))?(?:(^|[T ])(\d{1,2}):(\d\d)((?::\d\d)?Z?))?$/u;

function momentOf(value: Json): Moment | null {
  const match = typeof value === 'string' && value !== '' ? form.exec(value) : null;
  if (match === null) return null;
  const [, year, month, day, between, hour, minutes, tail = ''] = match;
  const hasDate = year !== undefined;
  const hasTime = hour !== undefined;
  if (hasTime && (Number(hour) > 24 || Number(minutes) > 59)) return null;
  const date = hasDate ? Date.UTC(Number(year), Number(month) - 1, Number(day)) : 0;
  const time = hasTime ? (Number(hour) * 60 + Number(minutes)) * minute : 0;
  return { at: date + time, hasDate, hasTime, tail, between: between ?? '' };
}

function written({ at, hasDate, hasTime, tail, between }: Moment): string | undefined {
  const iso = new Date(at);
  if (!Number.isFinite(iso.getTime()) || at < -62_135_596_800_000) return undefined;
  const text = iso.toISOString();
  const time = hasTime ? text.slice(11, 16) + tail : '';
  return hasDate ? text.slice(0, 10) + between + time : time;
}

function dayOf(at: number): number {
  return Math.floor(at / lengths.days!) * lengths.days!;
}

function yearOf(value: Json): number | null {
  if (typeof value === 'number') return Number.isInteger(value) ? value : null;
  const moment = momentOf(value);
  return moment?.hasDate ? new Date(moment.at).getUTCFullYear() : null;
}

function wholeMonths(from: number, to: number): number {
  if (to < from) return -wholeMonths(to, from) || 0;
  const [a, b] = [new Date(from), new Date(to)];
  const months = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
  return b.getUTCDate() < a.getUTCDate() ? months - 1 : months;
}

/** The same day of a later month, or its last day where there is none. */
function monthsLater(at: number, months: number): number {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + months];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(date.getUTCDate(), last);
  return Date.UTC(year, month, day) + (at - dayOf(at));
}
