import { hash32, hashText } from '../../base/hash.ts';
import { addEnglish } from '../english/features.ts';
import { HashTally } from './hashTally.ts';
import { addRelations } from './relations.ts';
import { hashJoined, WordRun } from './wordRun.ts';

/**
 * The words and letters of an input as hashed features: word 1-3-grams, character 2-5-grams inside words, the opening
 * words alone and with each later word, a short slot's value with each word of the others, what two slots share, word
 * shapes alone and beside their neighbours, shares of capitals and digits, and a few lengths; of English also what its
 * words mean. Every branch is a multiset of 32-bit hashes; weights are set by `vocabulary.ts`.
 */

const wordPattern = /\p{L}[\p{L}\p{M}]*(?:['’]\p{L}+)?|\p{N}+|[^\s\p{L}\p{N}]/gu;
/** Longer inputs are cut: the linear head gains nothing from the tail and time stays bounded. */
const longestText = 4000;

/**
 * Hashes as signed integers, each followed by how often the input has it; the branches lie one after the other: words,
 * characters, shapes, patterns; of English also kinds, first phrase, kinds of its head. As maps they took five times the memory.
 */
export interface RawFeatures {
  readonly entries: Int32Array;
  /** Where each branch ends in `entries`. */
  readonly ends: readonly number[];
}

/** What the input that is read at the moment has: the same memory for every input. */
const written = {
  words: new HashTally(),
  characters: new HashTally(),
  shapes: new HashTally(),
  patterns: new HashTally(),
};
const meant = { kinds: new HashTally(), phrase: new HashTally(), headKinds: new HashTally() };
const writtenBranches = Object.values(written);
const allBranches = [...writtenBranches, ...Object.values(meant)];
const run = new WordRun();

/**
 * @param texts the input slots in order; features of different slots meet in `relations.ts` alone.
 * @param english whether to read what the words mean.
 */
export function rawFeatures(texts: readonly string[], english = false): RawFeatures {
  const { entries, ends } = readFeatures(texts, english);
  return { entries: entries.slice(), ends };
}

/** The same in memory that the next call writes over. */
export function readFeatures(texts: readonly string[], english: boolean): RawFeatures {
  const branches = english ? allBranches : writtenBranches;
  for (const branch of branches) branch.clear();
  const words = texts.map((text, slot) => {
    const own = addText(text.slice(0, longestText), slot * 7919);
    if (english) addEnglish(meant, own, slot * 7919);
    return own;
  });
  if (texts.length > 1)
    addRelations(
      written.shapes,
      words.map((own) => new Set(own)),
      texts,
    );
  return packed(branches);
}

let pack = new Int32Array(2048);

function packed(branches: readonly HashTally[]): RawFeatures {
  const size = 2 * branches.reduce((sum, branch) => sum + branch.length, 0);
  if (size > pack.length) pack = new Int32Array(2 * size);
  let next = 0;
  const ends = branches.map((branch) => {
    next = branch.copyTo(pack, next);
    return next;
  });
  return { entries: pack.subarray(0, size), ends };
}

/** Returns the words, in lower case. */
function addText(text: string, salt: number): readonly string[] {
  const original = text.normalize('NFKC').match(wordPattern) ?? [];
  const lower = original.map((word) => word.toLowerCase());
  run.read(lower);
  addWords(lower.length, salt);
  const shapesOfWords = original.map((word, i) => shapeOf(word, lower[i]));
  addShapes(shapesOfWords, lower, text, salt);
  addPatterns(shapesOfWords, lower, salt);
  addCharacterShares(text, salt);
  return lower;
}

function addWords(count: number, salt: number): void {
  const { words, characters } = written;
  for (let i = 0; i < count; i++) {
    words.add(run.phrase(salt + 1, i, i));
    if (i > 0) words.add(run.phrase(salt + 2, i - 1, i));
    if (i > 1) words.add(run.phrase(salt + 3, i - 2, i));
    run.parts(salt + 4, i, [2, 5], characters);
  }
}

function addShapes(
  shapesOfWords: readonly string[],
  lower: readonly string[],
  text: string,
  salt: number,
): void {
  const { shapes } = written;
  const [first = '', second = '', third = ''] = lower;
  shapes.add(hashJoined(salt + 11, '^', first));
  shapes.add(hashJoined(salt + 12, '^', first, ' ', second));
  shapes.add(hashJoined(salt + 13, '^', first, ' ', second, ' ', third));
  shapes.add(hashJoined(salt + 14, '$', lower.at(-2) ?? '', ' ', lower.at(-1) ?? ''));
  addOpenings(lower, salt);
  shapes.add(hash32(`length ${Math.floor(Math.log2(1 + text.length) * 2)}`, salt + 15));
  for (const shape of shapesOfWords) if (shape !== 'x') shapes.add(hash32(shape, salt + 16));
}

/** What a text opens with changes what every later word means: "how many", "who was". */
function addOpenings(lower: readonly string[], salt: number): void {
  if (lower.length < 2) return;
  const { shapes } = written;
  const [first, second] = [lower[0]!, lower[1]!];
  const places = newWords(lower, 2);
  const one = hashText(salt + 17, `${first}>`);
  shapes.add(run.after(one, first.length + 1, 1));
  for (const i of places) if (lower[i] !== second) shapes.add(run.after(one, first.length + 1, i));
  const two = hashText(salt + 18, `${first} ${second}>`);
  for (const i of places) shapes.add(run.after(two, first.length + second.length + 2, i));
}

/** Where words stand first, from a place on. */
function newWords(words: readonly string[], from: number): number[] {
  const seen = new Set<string>();
  const places: number[] = [];
  for (let i = from; i < words.length; i++) if (seen.size < seen.add(words[i]!).size) places.push(i);
  return places;
}

/** Shapes other than a plain word's beside the shape and the word before and behind: "£ d3", "call d11". */
function addPatterns(shapesOfWords: readonly string[], lower: readonly string[], salt: number): void {
  const { patterns } = written;
  for (let i = 1; i < lower.length; i++) {
    const [before, shape] = [shapesOfWords[i - 1]!, shapesOfWords[i]!];
    if (shape === 'x' && before === 'x') continue;
    patterns.add(hashJoined(salt + 41, before, '~', shape));
    if (shape !== 'x') patterns.add(hashJoined(salt + 43, lower[i - 1]!, '~', shape));
    if (before !== 'x') patterns.add(hashJoined(salt + 44, before, '~', lower[i]!));
  }
}

/** How much of the text is capitals and digits. */
function addCharacterShares(text: string, salt: number): void {
  const { patterns } = written;
  const { letters, capitals, digits } = kindsOfCharacters(text);
  patterns.add(hash32(`upper ${shareStep(capitals / Math.max(1, letters))}`, salt + 45));
  patterns.add(hash32(`digits ${shareStep(digits / Math.max(1, text.length))}`, salt + 46));
  patterns.add(hash32(`digits n ${Math.floor(Math.log2(1 + digits) * 1.5)}`, salt + 47));
}

function kindsOfCharacters(text: string) {
  let [letters, capitals, digits] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > lastAscii) {
      const amount = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
      return { letters: amount(/\p{L}/gu), capitals: amount(/\p{Lu}/gu), digits: amount(/\p{N}/gu) };
    }
    if (isCapital(unit)) capitals++;
    if (isCapital(unit) || isSmall(unit)) letters++;
    else if (isDigit(unit)) digits++;
  }
  return { letters, capitals, digits };
}

/** Plain ASCII, which most texts are, needs no table of characters. */
const lastAscii = 127;
const isCapital = (unit: number): boolean => unit >= 65 && unit <= 90;
const isSmall = (unit: number): boolean => unit >= 97 && unit <= 122;
const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;

/** Steps of a share: fine near none, where a digit or two matter, and coarse near all. */
function shareStep(share: number): number {
  return Math.min(8, Math.floor(Math.log2(1 + 32 * share) * 1.5));
}
/** "Wild" -> "Xx", "UK" -> "XX", "0845" -> "d4", "hello" -> "x"; punctuation as it is. */
export function shapeOf(word: string, lower = word.toLowerCase()): string {
  const first = word.charCodeAt(0);
  if (!isSmall(first) && !isCapital(first)) {
    if (/^\p{N}+$/u.test(word)) return `d${Math.min(word.length, 8)}`;
    if (!/^\p{L}/u.test(word)) return word;
  }
  if (word === lower) return 'x';
  if (word.length > 1 && word === word.toUpperCase()) return 'XX';
  return 'Xx';
}
