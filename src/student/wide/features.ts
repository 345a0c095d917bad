import { hash32 } from '../../base/hash.ts';
import { addEnglish } from '../english/features.ts';
import { count } from './counts.ts';
import { addRelations } from './relations.ts';

/**
 * The words and letters of an input as hashed features: word 1-3-grams, character 2-5-grams inside words, the opening
 * words alone and with each later word, a short slot's value with each word of the others, what two slots share, word
 * shapes alone and beside their neighbours, shares of capitals and digits, and a few lengths; of English also what its
 * words mean. Every branch is a multiset of 32-bit hashes; weights are set by `vocabulary.ts`.
 */

const wordPattern = /\p{L}[\p{L}\p{M}]*(?:['’]\p{L}+)?|\p{N}+|[^\s\p{L}\p{N}]/gu;
/** Longer inputs are cut: the linear head gains nothing from the tail and time stays bounded. */
const longestText = 4000;

type Counts = Map<number, number>;

/**
 * Hashes as signed integers, each followed by how often the input has it; the branches lie one after the other: words,
 * characters, shapes, patterns; of English also kinds, first phrase, kinds of its head. As maps they took five times the memory.
 */
export interface RawFeatures {
  readonly entries: Int32Array;
  /** Where each branch ends in `entries`. */
  readonly ends: readonly number[];
}

/**
 * @param texts the input slots in order; features of different slots meet in `relations.ts` alone.
 * @param english whether to read what the words mean.
 */
export function rawFeatures(texts: readonly string[], english = false): RawFeatures {
  const written = [new Map(), new Map(), new Map(), new Map()] as const;
  const meant = [new Map(), new Map(), new Map()] as const;
  const [kinds, phrase, headKinds] = meant;
  texts.forEach((text, slot) => {
    const words = addText(written, text.slice(0, longestText), slot * 7919);
    if (english) addEnglish({ kinds, phrase, headKinds }, words, slot * 7919);
  });
  if (texts.length > 1) addRelations(written[2], texts.map(wordsOf), texts);
  return packed(english ? [...written, ...meant] : written);
}

function packed(branches: readonly Counts[]): RawFeatures {
  const entries = new Int32Array(2 * branches.reduce((sum, branch) => sum + branch.size, 0));
  let next = 0;
  // To step through a map makes an array of each entry: half of the garbage that an answer would leave.
  const put = (n: number, hash: number): void => {
    entries[next++] = hash;
    entries[next++] = n;
  };
  const ends = branches.map((branch) => {
    branch.forEach(put);
    return next;
  });
  return { entries, ends };
}

/** Returns the words, in lower case. */
function addText(
  [words, characters, shapes, patterns]: readonly [Counts, Counts, Counts, Counts],
  text: string,
  salt: number,
): readonly string[] {
  const original = text.normalize('NFKC').match(wordPattern) ?? [];
  const lower = original.map((word) => word.toLowerCase());
  lower.forEach((word, i) => {
    count(words, hash32(word, salt + 1));
    if (i > 0) count(words, hash32(`${lower[i - 1]} ${word}`, salt + 2));
    if (i > 1) count(words, hash32(`${lower[i - 2]} ${lower[i - 1]} ${word}`, salt + 3));
    addCharacters(characters, ` ${word} `, salt + 4);
  });
  const shapesOfWords = original.map((word) => shapeOf(word));
  addShapes(shapes, shapesOfWords, lower, text, salt);
  addPatterns(patterns, lower, shapesOfWords, salt);
  addCharacterShares(patterns, text, salt);
  return lower;
}

function addCharacters(characters: Counts, padded: string, salt: number): void {
  for (let n = 2; n <= 5; n++) {
    if (padded.length < n) {
      count(characters, hash32(padded, salt + n));
      break;
    }
    for (let i = 0; i + n <= padded.length; i++) count(characters, hash32(padded, salt + n, i, i + n));
  }
}

function addShapes(
  shapes: Counts,
  shapesOfWords: readonly string[],
  lower: readonly string[],
  text: string,
  salt: number,
): void {
  count(shapes, hash32(`^${lower[0] ?? ''}`, salt + 11));
  count(shapes, hash32(`^${lower[0] ?? ''} ${lower[1] ?? ''}`, salt + 12));
  count(shapes, hash32(`^${lower[0] ?? ''} ${lower[1] ?? ''} ${lower[2] ?? ''}`, salt + 13));
  count(shapes, hash32(`$${lower.at(-2) ?? ''} ${lower.at(-1) ?? ''}`, salt + 14));
  // What a text opens with changes what every later word means: "how many", "who was".
  for (const word of new Set(lower.slice(1))) count(shapes, hash32(`${lower[0]}>${word}`, salt + 17));
  for (const word of new Set(lower.slice(2)))
    count(shapes, hash32(`${lower[0]} ${lower[1]}>${word}`, salt + 18));
  count(shapes, hash32(`length ${Math.floor(Math.log2(1 + text.length) * 2)}`, salt + 15));
  for (const shape of shapesOfWords) if (shape !== 'x') count(shapes, hash32(shape, salt + 16));
}

/** Shapes other than a plain word's beside the shape and the word before and behind: "£ d3", "call d11". */
function addPatterns(
  patterns: Counts,
  lower: readonly string[],
  shapesOfWords: readonly string[],
  salt: number,
): void {
  shapesOfWords.forEach((shape, i) => {
    const [before, last] = [shapesOfWords[i - 1], lower[i - 1]];
    if (before === undefined || (shape === 'x' && before === 'x')) return;
    count(patterns, hash32(`${before}~${shape}`, salt + 41));
    if (shape !== 'x') count(patterns, hash32(`${last}~${shape}`, salt + 43));
    if (before !== 'x') count(patterns, hash32(`${before}~${lower[i]}`, salt + 44));
  });
}

/** How much of the text is capitals and digits. */
function addCharacterShares(patterns: Counts, text: string, salt: number): void {
  const amount = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const [letters, capitals, digits] = [amount(/\p{L}/gu), amount(/\p{Lu}/gu), amount(/\p{N}/gu)];
  count(patterns, hash32(`upper ${shareStep(capitals / Math.max(1, letters))}`, salt + 45));
  count(patterns, hash32(`digits ${shareStep(digits / Math.max(1, text.length))}`, salt + 46));
  count(patterns, hash32(`digits n ${Math.floor(Math.log2(1 + digits) * 1.5)}`, salt + 47));
}

/** Steps of a share: fine near none, where a digit or two matter, and coarse near all. */
function shareStep(share: number): number {
  return Math.min(8, Math.floor(Math.log2(1 + 32 * share) * 1.5));
}

/** "Wild" -> "Xx", "UK" -> "XX", "0845" -> "d4", "hello" -> "x"; punctuation as it is. */
export function shapeOf(word: string): string {
  if (/^\p{N}+$/u.test(word)) return `d${Math.min(word.length, 8)}`;
  if (!/^\p{L}/u.test(word)) return word;
  if (word === word.toLowerCase()) return 'x';
  if (word.length > 1 && word === word.toUpperCase()) return 'XX';
  return 'Xx';
}

function wordsOf(text: string): Set<string> {
  return new Set(
    (text.slice(0, longestText).normalize('NFKC').match(wordPattern) ?? []).map((w) => w.toLowerCase()),
  );
}
