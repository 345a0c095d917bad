/** Numbers as people write them: in digits, in words, with marks of the thousands. Pure text arithmetic. */

/** Looked up by any word of an input, so without what objects inherit ("constructor"). */
export const numberWords: Readonly<Record<string, number>> = bare({
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
});

function bare<T extends object>(table: T): T {
  return Object.assign(Object.create(null) as T, table);
}

const scales: Readonly<Record<string, number>> = {
  k: 1e3,
  thousand: 1e3,
  m: 1e6,
  million: 1e6,
  billion: 1e9,
};

export const ordinals = 'first second third fourth fifth sixth seventh eighth ninth tenth'.split(' ');

/** "twenty-one" -> 21, "a dozen" -> 12, "1,200" -> 1200; null where the text is no number. */
export function numberOf(text: string): number | null {
  if (text.length > longestNumber) return null;
  const known = read.get(text);
  if (known !== undefined) return known;
  if (read.size >= mostRead) read.clear();
  const number = readNumber(text);
  read.set(text, number);
  return number;
}

/** Longer texts are no numbers. */
const longestNumber = 100;

/** Numbers read lately: the same words are tried for every value that is looked for. */
const read = new Map<string, number | null>();
const mostRead = 50_000;

function readNumber(text: string): number | null {
  const plain = text.trim().toLowerCase();
  const digits = plain
    .replace(/^[$€£]\s?/u, '')
    .replace(/(?<=\d),(?=\d{3})/g, '')
    .replace(/\s?(%|€|£|[a-z°]+(?:\/[a-z]+)?\.?)$/u, '');
  const scaled = /^([+-]?\d+(?:\.\d+)?) ?(k|m|thousand|million|billion)$/u.exec(
    plain.replace(/^[$€£]\s?/u, '').replace(/(?<=\d),(?=\d{3})/g, ''),
  );
  if (scaled !== null) return Number((Number(scaled[1]) * scales[scaled[2]!]!).toPrecision(12));
  if (/^[+-]?\d+(\.\d+)?$/.test(digits)) return Number(digits);
  const rank = ordinals.indexOf(plain) + 1 || Number(/^(\d+)(?:st|nd|rd|th)$/u.exec(plain)?.[1] ?? 0);
  if (rank > 0) return rank;
  return spelledNumber(plain);
}

/** "twenty-one", "a dozen", "a couple": how many, in small letters; null where these are no such words. */
export function spelledNumber(plain: string): number | null {
  if (plain === 'a couple' || plain === 'a pair') return 2;
  let total = 0;
  let current = 0;
  let any = false;
  for (const word of plain.split(/[\s-]+/)) {
    const value = numberWords[word];
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

/** "$1,234.50" as "1234.50": the digits as they stand. */
export function plainNumber(text: string): string | null {
  const digits = text.replace(/^[^\d+-]+|[^\d]+$/gu, '').replace(/(?<=\d)[,\s](?=\d{3})/gu, '');
  return /^[+-]?\d+(?:\.\d+)?$/u.test(digits) ? digits : null;
}

/**
 * "1.234,56 €", "4 126,40", "12'000.50" as the number: the last of two kinds of marks is the decimal one, and so is a
 * single one unless three digits follow.
 */
export function localAmount(text: string): string | null {
  const digits = text
    .replace(/^[^\d+-]+|[^\d]+$/gu, '')
    .replace(/(?<=\d)[\s'\u2019\u00a0\u202f](?=\d{3})/gu, '');
  if (!/^[+-]?\d+(?:[.,]\d+)*$/u.test(digits)) return null;
  const marks = digits.match(/[.,]/gu) ?? [];
  const last = marks.at(-1) ?? '';
  const single = marks.filter((mark) => mark === last).length === 1;
  const decimal = single && (new Set(marks).size === 2 || !/[.,]\d{3}$/u.test(digits)) ? last : '';
  return String(Number([...digits].map((c) => (c === decimal ? '.' : /[.,]/u.test(c) ? '' : c)).join('')));
}
