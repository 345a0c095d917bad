import { hash32 } from '../../base/hash.ts';
import { count } from '../wide/counts.ts';
import { firstPhrase } from './phrase.ts';
import { meaningOf } from './wordnet.ts';

/** What English words mean, as multisets of 32-bit hashes for the linear heads. */
export interface EnglishFeatures {
  /** The kinds of all words. */
  readonly kinds: Map<number, number>;
  /** The words of the first phrase, and how the text comes to it. */
  readonly phrase: Map<number, number>;
  /** The kinds of the phrase's head, alone and with what stands before it: "what is the" a city, a colour, an animal. */
  readonly headKinds: Map<number, number>;
}

/** Adds those of one text. @param words in lower case. @param salt tells slots apart. */
export function addEnglish(features: EnglishFeatures, words: readonly string[], salt: number): void {
  for (const word of words) addKinds(features.kinds, word, salt + 21);
  const found = firstPhrase(words);
  if (found === null) return;
  const { start, end } = found;
  const [first, head] = [words[start]!, words[end - 1]!];
  const before = words.slice(0, start).join(' ');
  const { phrase, headKinds } = features;
  count(phrase, hash32(head, salt + 22));
  count(phrase, hash32(first, salt + 23));
  count(phrase, hash32(`${before}>${head}`, salt + 24));
  count(phrase, hash32(`${before}|${words[end] ?? ''}`, salt + 25));
  count(phrase, hash32(words.slice(start, end).join(' '), salt + 26));
  addKinds(headKinds, head, salt + 27);
  addKinds(headKinds, head, hash32(before, salt + 28));
  addKinds(headKinds, head, hash32(words[0]!, salt + 29));
  addKinds(headKinds, first, salt + 30);
}

function addKinds(features: Map<number, number>, word: string, salt: number): void {
  for (const kind of meaningOf(word)?.kinds ?? [])
    count(features, Math.imul(kind ^ Math.imul(salt, 0x85ebca6b), 0x9e3779b1) >>> 0);
}
