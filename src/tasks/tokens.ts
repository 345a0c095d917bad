import { monthNames, weekdayNames } from '../base/calendar.ts';

/**
 * How prompts are cut into tokens and how the parts that change from call to call (dates, numbers, ids) are masked.
 * Both only group and align calls: what a template finally says is always taken from the texts themselves.
 */

/** A cut text: token i is `text.slice(starts[i], ends[i])`. Blanks between tokens belong to none; newlines are tokens. */
export interface Tokens {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

const NEWLINE = 10;

/** Cuts a text into words, single punctuation characters, newlines, and single characters of scripts without blanks. */
export function tokenise(text: string): Tokens {
  const starts: number[] = [];
  const ends: number[] = [];
  let i = 0;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    if (isBlank(code)) {
      i++;
      continue;
    }
    const start = i++;
    if (isWord(code)) while (i < text.length && isWord(text.charCodeAt(i))) i++;
    starts.push(start);
    ends.push(i);
  }
  return { text, starts, ends };
}

/** Number of words in a text: letters or digits in a row, or one character of a script without blanks. */
export function wordCount(text: string): number {
  let words = 0;
  let inside = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const word = isWord(code);
    if (word ? !inside : code >= 0x2e80) words++;
    inside = word;
  }
  return words;
}

function isBlank(code: number): boolean {
  return code !== NEWLINE && (code <= 32 || code === 0xa0 || code === 0x3000);
}

/** Letters, digits and underscore; characters from U+2E80 on (Chinese, Japanese, Korean, emoji) stand alone. */
function isWord(code: number): boolean {
  if (code < 128) {
    return (
      (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95
    );
  }
  return code >= 0xc0 && code < 0x2e80 && !(code >= 0x2000 && code <= 0x206f);
}

const weekday = `(?:${[...weekdayNames.keys()].join('|')})`;
const anyWeekday = `(?:${weekday}|mon|tue|wed|thu|fri|sat|sun)`;
const month = `(?:${[...monthNames.keys()].join('|')}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)`;
const clock = '\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d+)?)?(?:\\s?[ap]m)?';

/** A date or a time of day as people and programs write them, in one piece. */
export const datePattern = [
  `\\d{4}-\\d{2}-\\d{2}(?:[T ]${clock}(?:Z|[+-]\\d{2}:?\\d{2})?)?`,
  `(?:${anyWeekday},? )?(?:(?:the|der|den|le|el|il) )?\\d{1,2}(?:st|nd|rd|th|er|º|\\.)?(?: of| de)? ${month}\\b,?(?:(?: de)? \\d{4})?`,
  `(?:${anyWeekday},? )?${month} \\d{1,2}(?:st|nd|rd|th)?\\b(?:,? \\d{4})?`,
  '\\d{1,2}[/.]\\d{1,2}[/.]\\d{2,4}',
  '\\d{4}/\\d{2}/\\d{2}',
  weekday,
  clock,
].join('|');

const masks = new RegExp(
  [
    `(?<uuid>\\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\\b)`,
    `(?<date>\\b(?:${datePattern})\\b)`,
    `(?<url>\\bhttps?://[^\\s<>"')]+)`,
    `(?<mail>\\b[\\w.+-]+@[\\w-]+\\.[\\w.]+\\b)`,
    `(?<hex>\\b(?=[0-9a-f]*\\d)[0-9a-f]{8,}\\b)`,
    `(?<number>\\d+(?:[.,]\\d+)*)`,
  ].join('|'),
  'gi',
);

/** Where the masked pieces of a text are: [start, end). */
export function maskedSpans(text: string): readonly (readonly [number, number])[] {
  return [...text.matchAll(masks)].map((found) => [found.index, found.index + found[0].length] as const);
}

/** Whole names of three letters are words too ("may", "mai"). */
const calendar = new Set([
  ...[...weekdayNames.keys(), ...monthNames.keys()].filter((name) => name.length > 3),
  ...'mon tue wed thu fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec'.split(' '),
]);
const longestName = Math.max(...[...calendar].map((name) => name.length));

/**
 * Replaces whatever has a digit in it (dates, times, ids, numbers) and the names of days and months by a placeholder:
 * two texts that differ only there become equal. Cruder than `maskedSpans`, and linear in any text.
 */
export function mask(text: string): string {
  let out = '';
  let copied = 0;
  for (let i = 0; i < text.length; ) {
    if (!isWord(text.charCodeAt(i))) {
      i++;
      continue;
    }
    const end = wordEnd(text, i);
    if (end < 0 || isCalendarWord(text, i, end)) {
      out += `${text.slice(copied, i)}\u0001`;
      i = copied = Math.abs(end);
    } else i = end;
  }
  return copied === 0 ? text : out + text.slice(copied);
}

/** The first three letters of days and months, as numbers: hardly any other word gets past them. */
const calendarStarts = new Set([...calendar].map((word) => startOf(word, 0)));

function startOf(text: string, at: number): number {
  return (
    (text.charCodeAt(at) | 32) * 0x10000 +
    (text.charCodeAt(at + 1) | 32) * 0x100 +
    (text.charCodeAt(at + 2) | 32)
  );
}

function isCalendarWord(text: string, start: number, end: number): boolean {
  if (end - start < 3 || end - start > longestName || !calendarStarts.has(startOf(text, start))) return false;
  return calendar.has(text.slice(start, end).toLowerCase());
}

/** Where the word that starts here ends; negative for one with a digit, which takes along what is joined to it. */
function wordEnd(text: string, start: number): number {
  let i = start;
  let digits = false;
  for (;;) {
    while (i < text.length && isWord(text.charCodeAt(i))) {
      const code = text.charCodeAt(i++);
      if (code >= 48 && code <= 57) digits = true;
    }
    const joint = digits && i + 1 < text.length && '.:/,-@+'.includes(text[i]!);
    if (!joint || !isWord(text.charCodeAt(i + 1))) return digits ? -i : i;
    i++;
  }
}
