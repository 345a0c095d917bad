import { isArray, type Json } from '../../base/json.ts';
import { normaliseText } from '../../base/text.ts';
import { spread } from '../habit.ts';
import type { PlanNode, ShortText } from '../plan.ts';
import type { Sample } from './place.ts';

/** Fewer values teach nobody to write. */
const leastValues = 200;
/** In 95 % of the values. */
const mostCharacters = 120;
const mostWords = 40;
/** Longer inputs are not read whole by a small student. */
const mostInputWords = 110;
/** Share of the later values that must be made of words of their inputs and words that come again and again. */
const leastExplained = 0.25;
/** Where words are spelled anew (a transliteration), lengths go along with each other at least so well. */
const leastCorrelation = 0.8;
const mostSpelled = 80;
const judged = 600;

/**
 * A short text, or a list of such, that may be written from the input: its words are those of the input in another form or come again and
 * again, or it is spelled anew letter by letter. null where nothing speaks for it; whether a student does learn to write
 * it, a pilot tells.
 */
export function inferShortText(
  samples: readonly Sample[],
  name: string,
): (PlanNode & { kind: 'text' }) | null {
  const list = samples.filter(({ value }) => isArray(value)).length > samples.length / 2;
  const texts = samples.flatMap(({ value, input }) => {
    const written = list === isArray(value) ? asText(value) : null;
    return written === null ? [] : [{ value: written, text: Object.values(input.slots).join('\n') }];
  });
  const filled = texts.filter(({ value }) => value !== '');
  if (filled.length < leastValues || texts.length < 0.95 * samples.length) return null;
  const lengths = texts.map(({ value }) => value.length).sort((a, b) => a - b);
  const words = texts.map(({ value }) => wordsOf(value).length).sort((a, b) => a - b);
  const nearly = Math.floor(0.95 * texts.length);
  if (lengths[nearly]! > mostCharacters || words[nearly]! > mostWords) return null;
  const some = spread(filled, judged);
  const read = some.filter(({ text }) => wordsOf(text).length <= mostInputWords);
  if (read.length < 0.8 * some.length) return null;
  if (explained(read) < leastExplained && !spelledAnew(read)) return null;
  return {
    kind: 'text',
    slot: {
      name,
      short: shortText(
        texts.map(({ value }) => value),
        list,
      ),
    },
  };
}

/** A value as one text: a list has a line for each of its items. null where it is neither. */
export function asText(value: Json): string | null {
  if (typeof value === 'string') return value;
  if (!isArray(value)) return null;
  const items = value.filter((item) => typeof item === 'string' && item !== '' && !item.includes('\n'));
  return items.length === value.length ? items.join('\n') : null;
}

/** The inverse of `asText`, for values of a slot. */
export function fromText({ list }: ShortText, text: string): Json {
  if (list === undefined) return text;
  return text === '' ? [] : text.split('\n');
}

interface Text {
  readonly value: string;
  readonly text: string;
}

function wordsOf(text: string): readonly string[] {
  return plain(text).match(/\p{L}+|\p{N}+/gu) ?? [];
}

/** Without case and accents. */
function plain(text: string): string {
  return normaliseText(text.normalize('NFKD').replace(/\p{M}/gu, ''));
}

/** Share of the later half whose words are all words of the input or words of several earlier values, most of them the former. */
function explained(texts: readonly Text[]): number {
  const half = Math.floor(texts.length / 2);
  const counts = new Map<string, number>();
  for (const { value } of texts.slice(0, half))
    for (const word of new Set(wordsOf(value))) counts.set(word, (counts.get(word) ?? 0) + 1);
  const later = texts.slice(half);
  const right = later.filter(({ value, text }) => {
    const own = wordsOf(value);
    const given = wordsOf(text);
    const copied = own.filter((word) => isTaken(word, given));
    const known = own.filter((word) => !isTaken(word, given) && (counts.get(word) ?? 0) >= 3);
    return copied.length + known.length === own.length && copied.length >= 0.4 * own.length;
  });
  return right.length / Math.max(1, later.length);
}

/** A word of the input, a form of one, or the first letters of several. */
function isTaken(word: string, given: readonly string[]): boolean {
  if (given.includes(word)) return true;
  const stem = Math.max(3, Math.ceil(0.6 * word.length));
  if (word.length >= 3 && given.some((other) => other.startsWith(word.slice(0, stem)))) return true;
  let at = 0;
  for (const other of given) if (at < word.length && other[0] === word[at]) at++;
  return at === word.length;
}

/** Short inputs whose length tells the value's. */
function spelledAnew(texts: readonly Text[]): boolean {
  const lengths = texts.map(({ text }) => text.length).sort((a, b) => a - b);
  if (lengths[Math.floor(0.9 * lengths.length)]! > mostSpelled) return false;
  return (
    correlation(
      texts.map(({ text }) => text.length),
      texts.map(({ value }) => value.length),
    ) >= leastCorrelation
  );
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (const [i, a] of x.entries()) {
    xy += (a - mx) * (y[i]! - my);
    xx += (a - mx) ** 2;
    yy += (y[i]! - my) ** 2;
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

/** What all values keep to: nothing longer and no other characters are ever written. */
function shortText(values: readonly string[], list: boolean): ShortText {
  const kinds = new Set<string>();
  for (const value of values) for (const character of value) kinds.add(kindOf(character));
  return {
    shortest: values.reduce((least, value) => Math.min(least, value.length), values[0]?.length ?? 0),
    longest: values.reduce((most, value) => Math.max(most, value.length), 0),
    characters: [...kinds].sort(),
    ...(list ? { list } : {}),
  };
}

const kindsOfLetter = [/\p{Lu}/u, /\p{Ll}/u, /\p{L}/u, /\p{N}/u];

/** A letter or digit stands for all of its kind within or beyond ASCII, any other character for itself. */
function kindOf(character: string): string {
  const kind = kindsOfLetter.find((one) => one.test(character));
  if (kind === undefined) return character;
  return character < '\u0080' ? `${kind.source} ASCII` : kind.source;
}

/** Does the text keep to the characters of a slot? */
export function keepsTo({ characters }: ShortText, text: string): boolean {
  return [...text].every((character) => characters.includes(kindOf(character)));
}
