import { clockTime, contextDate, isoDate } from './dates.ts';

/**
 * What a teacher does to a text when it copies it: each normaliser is a function from the copied text to the text in the
 * answer. Which of them a slot needs is learned from the answers (`plan/span.ts`); null means "does not apply".
 */
export interface Normaliser {
  readonly name: string;
  /** @param context other parts of the prompt that the copy may depend on, such as today's date. */
  apply(text: string, context: Readonly<Record<string, string>>): string | null;
}

const words: Readonly<Record<string, number>> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
};

/** "twenty-one" -> 21, "a dozen" -> 12, "1,200" -> 1200; null where the text is no number. */
export function numberOf(text: string): number | null {
  const plain = text.trim().toLowerCase();
  const digits = plain
    .replace(/^[$€£]\s?/u, '')
    .replace(/(?<=\d),(?=\d{3})/g, '')
    .replace(/\s?(%|[a-z°]+\.?)$/u, '');
  if (/^[+-]?\d+(\.\d+)?$/.test(digits)) return Number(digits);
  let total = 0;
  let current = 0;
  let any = false;
  for (const word of plain.split(/[\s-]+/)) {
    const value = words[word];
    if (value !== undefined) current += value;
    else if (word === 'hundred') current = (current || 1) * 100;
    else if (word === 'thousand') {
      total += (current || 1) * 1000;
      current = 0;
    } else if (word === 'dozen') current = (current || 1) * 12;
    else if (word !== 'and' && word !== 'a') return null;
    any ||= value !== undefined || ['hundred', 'thousand', 'dozen'].includes(word);
  }
  return any ? total + current : null;
}

const folds: readonly Normaliser[] = [
  { name: 'lower', apply: (text) => text.toLowerCase() },
  { name: 'upper', apply: (text) => text.toUpperCase() },
  {
    name: 'title',
    apply: (text) => text.toLowerCase().replace(/(^|[\s-])\p{L}/gu, (initial) => initial.toUpperCase()),
  },
  {
    name: 'capitalised',
    apply: (text) => (text === '' ? text : text[0]!.toUpperCase() + text.slice(1)),
  },
  { name: 'spaces', apply: (text) => text.replace(/\s+/gu, ' ').trim() },
  { name: 'nfkc', apply: (text) => text.normalize('NFKC') },
  { name: 'underscores', apply: (text) => text.toLowerCase().replace(/[\s-]+/gu, '_') },
  { name: 'hyphens', apply: (text) => text.toLowerCase().replace(/[\s_]+/gu, '-') },
  { name: 'no-punctuation', apply: (text) => text.replace(/[^\p{L}\p{N}\s]/gu, '') },
  { name: 'number', apply: (text) => numberOf(text)?.toString() ?? null },
  { name: 'singular', apply: (text) => (/[^s]s$/u.test(text) ? text.slice(0, -1) : null) },
];

const calendar: readonly Normaliser[] = [
  { name: 'date', apply: (text, context) => isoDate(text, contextDate(context)) },
  { name: 'time', apply: (text) => clockTime(text) },
];

const byName = new Map([...folds, ...calendar].map((normaliser) => [normaliser.name, normaliser]));

/** Chains that are tried when a slot's normalisers are learned, simplest first. */
export const normaliserChains: readonly (readonly string[])[] = [
  [],
  ['spaces'],
  ['lower'],
  ['capitalised'],
  ['title'],
  ['upper'],
  ['nfkc'],
  ['number'],
  ['underscores'],
  ['hyphens'],
  ['no-punctuation'],
  ['singular'],
  ['lower', 'singular'],
  ['date'],
  ['time'],
];

/** Applies a chain; null where one of its normalisers does not apply. */
export function normalise(
  text: string,
  chain: readonly string[],
  context: Readonly<Record<string, string>> = {},
): string | null {
  let current: string | null = text;
  for (const name of chain) {
    if (current === null) return null;
    current = byName.get(name)?.apply(current, context) ?? null;
  }
  return current;
}
