import { hash32 } from '../../base/hash.ts';
import type { HashTally } from '../wide/hashTally.ts';
import { firstPhrase } from './phrase.ts';
import { meaningOf } from './wordnet.ts';

/** What English words mean, as multisets of 32-bit hashes for the linear heads. */
export interface EnglishFeatures {
  /** The kinds of all words. */
  readonly kinds: HashTally;
  /** The words of the first phrase, and how the text comes to it. */
  readonly phrase: HashTally;
  /** The kinds of the phrase's head, alone and with what stands before it: "what is the" a city, a colour, an animal. */
  readonly headKinds: HashTally;
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
  phrase.add(hash32(head, salt + 22));
  phrase.add(hash32(first, salt + 23));
  phrase.add(hash32(`${before}>${head}`, salt + 24));
  phrase.add(hash32(`${before}|${words[end] ?? ''}`, salt + 25));
  phrase.add(hash32(words.slice(start, end).join(' '), salt + 26));
  addKinds(headKinds, head, salt + 27);
  addKinds(headKinds, head, hash32(before, salt + 28));
  addKinds(headKinds, head, hash32(words[0]!, salt + 29));
  addKinds(headKinds, first, salt + 30);
}

function addKinds(features: HashTally, word: string, salt: number): void {
  const kinds = meaningOf(word)?.kinds;
  if (kinds === undefined) return;
  const mixed = Math.imul(salt, 0x85ebca6b);
  for (let k = 0; k < kinds.length; k++) features.add(Math.imul(kinds[k]! ^ mixed, 0x9e3779b1));
}
