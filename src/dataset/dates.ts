import { monthNames, weekdayNames } from '../base/calendar.ts';
import { dateBegins, dayCounts, dayNames } from './dayWords.ts';
import { spelledNumber } from './numbers.ts';

/** Dates and times as people write them, read against the date that the prompt names. Pure calendar arithmetic in UTC. */

/** English names: answers are written in them. */
const months = [...monthNames.keys()].slice(0, 12);
const weekdays = [...weekdayNames.keys()].slice(0, 7);
const day = 86_400_000;

/** What people mean by a date differs. */
interface Reading {
  /** 10/11/2026 is in November. */
  readonly dayFirst: boolean;
  /**
   * `later`: "on Tuesday" said on a Tuesday is a week away; `next-week`: "next Friday" is the Friday of next week, whatever
   * day it is; `past`: "on Tuesday" and "3 March" were last, not will be next.
   */
  readonly days: 'plain' | 'later' | 'next-week' | 'past';
}

const readings = {
  plain: { dayFirst: false, days: 'plain' },
  'day-first': { dayFirst: true, days: 'plain' },
  later: { dayFirst: false, days: 'later' },
  'next-week': { dayFirst: false, days: 'next-week' },
  past: { dayFirst: false, days: 'past' },
  'day-first-later': { dayFirst: true, days: 'later' },
  'day-first-next-week': { dayFirst: true, days: 'next-week' },
  'day-first-past': { dayFirst: true, days: 'past' },
} as const satisfies Readonly<Record<string, Reading>>;

export type DateReading = keyof typeof readings;
export const dateReadings = Object.keys(readings) as readonly DateReading[];

/** "next Friday", "tomorrow", "in 3 days", "26 Oct", "10/26/2026" as YYYY-MM-DD; null where the text is no date. */
export function isoDate(text: string, today: number | null, reading: DateReading = 'plain'): string | null {
  if (text.length > longestDate || /[\s,;:.]$/u.test(text) || !dateBegins.test(text)) return null;
  // Readings differ in which day is meant, hardly in whether it is one: 29 February is one in some years.
  const isPlain = reading === 'plain' || text.includes('29');
  if (!isPlain && isoDate(text, today, 'plain') === null) return null;
  const read = readFor(today, reading);
  const known = read.get(text);
  if (known !== undefined) return known;
  if (read.size >= mostRead) read.clear();
  const date = readDate(text, today, reading);
  read.set(text, date);
  return date;
}

/** Longer texts are no dates. */
const longestDate = 48;

/** Dates read lately: the same words are tried under every way of writing a date. */
const reads = new Map<string, Map<string, string | null>>();
const mostReads = 200;
const mostRead = 20_000;

/** Dates read lately against a day. */
function readFor(today: number | null, reading: DateReading): Map<string, string | null> {
  const key = `${today} ${reading}`;
  const known = reads.get(key);
  if (known !== undefined) return known;
  if (reads.size >= mostReads) reads.clear();
  const fresh = new Map<string, string | null>();
  reads.set(key, fresh);
  return fresh;
}

function readDate(text: string, today: number | null, reading: DateReading): string | null {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/^(?:(?:on|by|at|this|the)\s+)+/u, '')
    .replace(/(\d)(st|nd|rd|th)\b/gu, '$1');
  const time =
    absolute(plain, today, readings[reading]) ??
    (today === null ? null : relative(plain, today, readings[reading].days));
  return time === null ? null : new Date(time).toISOString().slice(0, 10);
}

/** Ways of writing a date, from its ISO form. */
export const dateForms: Readonly<Record<string, (iso: string) => string>> = {
  'as-day/month/year': (iso) => `${iso.slice(8)}/${iso.slice(5, 7)}/${iso.slice(0, 4)}`,
  'as-month/day/year': (iso) => `${iso.slice(5, 7)}/${iso.slice(8)}/${iso.slice(0, 4)}`,
  'as-day.month.year': (iso) => `${iso.slice(8)}.${iso.slice(5, 7)}.${iso.slice(0, 4)}`,
  'as-year/month/day': (iso) => iso.replaceAll('-', '/'),
  'as-month-day-year': (iso) => `${monthName(iso)} ${Number(iso.slice(8))}, ${iso.slice(0, 4)}`,
  'as-day-month-year': (iso) => `${Number(iso.slice(8))} ${monthName(iso)} ${iso.slice(0, 4)}`,
  'as-weekday': (iso) => capital(weekdays[new Date(`${iso}T00:00:00Z`).getUTCDay()] ?? ''),
  'as-midnight': (iso) => `${iso}T00:00:00`,
  'as-midnight-utc': (iso) => `${iso}T00:00:00Z`,
};

function monthName(iso: string): string {
  return capital(months[Number(iso.slice(5, 7)) - 1] ?? '');
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

const timeWords: Readonly<Record<string, string>> = { noon: '12:00', midday: '12:00', midnight: '00:00' };
const hours = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** "5 pm", "17:30", "5.30pm", "half past five", "5 o'clock": HH:MM; null where the text is no time. */
export function clockTime(text: string): string | null {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/^(?:at|by|around)\s+/u, '')
    .replace(/\s+(?:sharp\b|in the(?= (?:morning|afternoon|evening)$))/u, '')
    .replace(/\bmorning$/u, 'am')
    .replace(/\b(?:afternoon|evening)$/u, 'pm');
  const word = timeWords[plain];
  if (word !== undefined) return word;
  const spoken = /^(half past|quarter past|quarter to) ([a-z]+|\d{1,2})\s*(am|pm)?$/u.exec(plain);
  if (spoken !== null) return spokenTime(spoken[1]!, hourOf(spoken[2]!), spoken[3] === 'pm');
  const match = /^(\d{1,2}|[a-z]+)(?:[:.h](\d{2}))?(?::\d{2})?\s*(am|pm|a\.m\.?|p\.m\.?|o'clock)?$/u.exec(
    plain,
  );
  if (match === null || (match[2] === undefined && match[3] === undefined)) return null;
  const base = hourOf(match[1]!);
  const half = match[3] === undefined || match[3] === "o'clock" ? null : match[3].startsWith('p');
  const hour = half === null ? base : (base % 12) + (half ? 12 : 0);
  return timeOf(hour, Number(match[2] ?? 0));
}

function hourOf(word: string): number {
  return /^\d/u.test(word) ? Number(word) : hours.indexOf(word) + 1 || Number.NaN;
}

function spokenTime(kind: string, hour: number, late: boolean): string | null {
  const base = (hour % 12) + (late ? 12 : 0) || hour;
  return kind === 'half past'
    ? timeOf(base, 30)
    : kind === 'quarter past'
      ? timeOf(base, 15)
      : timeOf(base - 1, 45);
}

function timeOf(hour: number, minute: number): string | null {
  if (!(hour >= 0 && hour <= 23 && minute <= 59)) return null;
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** Ways of writing a time of day, from HH:MM. */
export const timeForms: Readonly<Record<string, (time: string) => string>> = {
  'as-seconds': (time) => `${time}:00`,
  'as-am-pm': (time) => halfDay(time, ' ', false),
  'as-AM-PM': (time) => halfDay(time, ' ', true),
  'as-tight-am-pm': (time) => halfDay(time, '', false),
};

function halfDay(time: string, space: string, upper: boolean): string {
  const hour = Number(time.slice(0, 2));
  const half = hour >= 12 ? 'pm' : 'am';
  return `${hour % 12 || 12}:${time.slice(3)}${space}${upper ? half.toUpperCase() : half}`;
}

/** The first date among the texts of a context, as the start of that day; null where there is none. */
export function contextDate(context: Readonly<Record<string, string>>): number | null {
  const known = days.get(context);
  if (known !== undefined) return known;
  const day = dayOf(context);
  days.set(context, day);
  return day;
}

const days = new WeakMap<object, number | null>();

function dayOf(context: Readonly<Record<string, string>>): number | null {
  for (const value of Object.values(context)) {
    const plain = value.toLowerCase();
    const time = absolute(/\d{4}-\d{2}-\d{2}/u.exec(plain)?.[0] ?? withoutBesides(plain), null);
    if (time !== null) return time;
  }
  return null;
}

/** "(Wednesday) October 28th, 2026, 9:30 am" without the day of the week and the time of day. */
function withoutBesides(plain: string): string {
  return plain
    .replace(/\b\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]m)?\b/gu, ' ')
    .replace(/(?:\ban? )?(\p{L}+(?:-feira)?)/gu, (all, word) => (weekdayNames.has(word) ? ' ' : all))
    .replace(/(\d)(?:st|nd|rd|th)\b/gu, '$1')
    .replace(/[^\p{L}\p{N}/.-]+/gu, ' ')
    .trim();
}

function absolute(
  plain: string,
  today: number | null,
  { dayFirst, days }: Reading = readings.plain,
): number | null {
  const iso = /^(\d{4})[-/](\d{2})[-/](\d{2})/u.exec(plain);
  if (iso !== null) return at(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  const parts = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})$/u.exec(plain);
  if (parts !== null) {
    const [a, b] = [Number(parts[1]), Number(parts[3])];
    const year = Number(parts[4]) + (parts[4]!.length === 2 ? 2000 : 0);
    const first = dayFirst || parts[2] === '.' || a > 12;
    return first ? at(year, b - 1, a) : at(year, a - 1, b);
  }
  const words = plain
    .replace(/[,.]/gu, ' ')
    .split(/\s+/u)
    .filter((word) => !articles.has(word));
  if (weekdayOf(words[0] ?? '') >= 0) words.shift();
  const month = words.findIndex((word) => monthOf(word) >= 0);
  if (month < 0 || words.length < 2 || words.length > 3) return null;
  const numbers = words.filter((_, i) => i !== month).map(Number);
  if (numbers.some((n) => !Number.isInteger(n))) return null;
  const [date, year] = numbers[0]! > 31 ? [numbers[1], numbers[0]] : [numbers[0], numbers[1]];
  if (date === undefined) return null;
  if (year !== undefined) return at(year, monthOf(words[month]!), date);
  if (today === null) return null;
  return nearest(today, monthOf(words[month]!), date, days === 'past');
}

/** The next such day of a year, or the last one; today is both. */
function nearest(today: number, month: number, date: number, isPast: boolean): number | null {
  const year = new Date(today).getUTCFullYear();
  const own = at(year, month, date);
  if (own === null || own === today || own < today === isPast) return own;
  return at(isPast ? year - 1 : year + 1, month, date);
}

/** Words that may stand between a day, its month and its year. */
const articles = new Set(['', 'of', 'the', 'der', 'den', 'le', 'el', 'il', 'de', 'del']);

function relative(plain: string, today: number, days: Reading['days']): number | null {
  const fixed: Readonly<Record<string, number>> = {
    tonight: 0,
    'next week': 7,
    'a week from today': 7,
    'a week from now': 7,
    'in a week': 7,
    'in a fortnight': 14,
  };
  const offset = dayNames.get(plain.replaceAll('’', "'")) ?? fixed[plain];
  if (offset !== undefined) return today + offset * day;
  const number = /\d+/u.exec(plain)?.[0];
  const each = number === undefined ? undefined : dayCounts.get(plain.replace(number, '#'));
  if (each !== undefined) return today + Number(number) * each * day;
  const month = monthDay(plain, today);
  if (month !== null) return month;
  const further = furtherWeekday(plain, today, days);
  if (further !== null) return further;
  const ahead = /^(?:in )?(\d+|[a-z]+(?:-[a-z]+)?) (day|week)s?(?: (from now|from today|ago))?$/u.exec(plain);
  const count = ahead === null ? null : countOf(ahead[1]!);
  if (ahead !== null && count !== null && count > 0)
    return today + (ahead[3] === 'ago' ? -1 : 1) * count * (ahead[2] === 'week' ? 7 : 1) * day;
  const [, next, name = ''] = /^(next |coming |last )?(\p{L}+(?:-feira)?)$/u.exec(plain) ?? [];
  const wanted = weekdayOf(name);
  if (wanted < 0) return null;
  const weekday = new Date(today).getUTCDay();
  if (next === 'last ') return today - ((weekday - wanted + 6) % 7) * day - day;
  // Weeks begin on Mondays.
  if (next === 'next ' && days === 'next-week')
    return today + (7 - ((weekday + 6) % 7) + ((wanted + 6) % 7)) * day;
  if (next === undefined && days === 'past') return today - ((weekday - wanted + 7) % 7) * day;
  const distance = (wanted - weekday + 7) % 7;
  const later = next !== undefined || days === 'later';
  return today + (distance === 0 && later ? 7 : distance) * day;
}

/** "end of the month", "the 15th of next month", "in three months", "a year ago"; null where the text is no such day. */
function monthDay(plain: string, today: number): number | null {
  const now = new Date(today);
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  const within =
    /^(end|last day|last|beginning|start|first day|first|\d{1,2}) of (next|this|the) month$/u.exec(plain);
  if (within !== null) {
    const own = month + (within[2] === 'next' ? 1 : 0);
    if (/^(?:end|last)/u.test(within[1]!)) return Date.UTC(year, own + 1, 0);
    return at(year, own, Number(within[1]) || 1);
  }
  const far = /^(in )?(\d+|[a-z]+(?:-[a-z]+)?) (month|year)s?(?: (from now|from today|ago))?$/u.exec(plain);
  const count = far === null ? null : countOf(far[2]!);
  if (far === null || count === null || (far[1] === undefined && far[4] === undefined)) return null;
  const months = (far[4] === 'ago' ? -1 : 1) * count * (far[3] === 'year' ? 12 : 1);
  const last = new Date(Date.UTC(year, month + months + 1, 0)).getUTCDate();
  return Date.UTC(year, month + months, Math.min(now.getUTCDate(), last));
}

/** "Friday week", "a week on Friday", "Friday in two weeks", "Friday after next", "Friday of next week"; null for others. */
function furtherWeekday(plain: string, today: number, days: Reading['days']): number | null {
  const [, before, after] =
    /^(\p{L}+) (week|after next|in (?:\p{L}+|\d+) weeks?|(?:of )?next week)$/u.exec(plain) ?? [];
  const [, first, last] = /^((?:\p{L}+|\d+) weeks? (?:on|from)|next week) (\p{L}+)$/u.exec(plain) ?? [];
  const name = before ?? last ?? '';
  const how = after ?? first ?? '';
  if (weekdayOf(name) < 0) return null;
  if (how.endsWith('next week')) return relative(`next ${name}`, today, 'next-week');
  const next = relative(`next ${name}`, today, how === 'after next' ? days : 'plain');
  const count = /^(?:in )?(\p{L}+|\d+) weeks?/u.exec(how)?.[1];
  const weeks = count === undefined ? 1 : countOf(count);
  return next === null || weeks === null ? null : next + weeks * 7 * day;
}

function countOf(word: string): number | null {
  return /^an?$/u.test(word) ? 1 : /^\d/u.test(word) ? Number(word) : spelledNumber(word);
}

function weekdayOf(word: string): number {
  return (
    weekdayNames.get(word) ?? (word.length < 3 ? -1 : weekdays.findIndex((own) => own.slice(0, 3) === word))
  );
}

function monthOf(word: string): number {
  const known = monthNames.get(word);
  if (known !== undefined || word.length < 3) return known ?? -1;
  return months.findIndex(
    (month) => month.slice(0, 3) === word || (month === 'september' && word === 'sept'),
  );
}

function at(year: number, month: number, date: number): number | null {
  const time = Date.UTC(year, month, date);
  return new Date(time).getUTCMonth() === month ? time : null;
}
