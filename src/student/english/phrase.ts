import { isFunctionWord } from './functionWords.ts';
import { meaningOf } from './wordnet.ts';

/** The first thing that a text names: "new england state" of "What New England state carries the area code 27?". */
export interface Phrase {
  /** Place of its first word, and of the first word after it. */
  readonly start: number;
  readonly end: number;
}

/**
 * The first run of words that are no function words, up to a verb: in a question its last word, the head, tells what is
 * asked for (Huang, Thint and Qin 2008, without a parser). Null where there is no such word.
 * @param words in lower case.
 */
export function firstPhrase(words: readonly string[]): Phrase | null {
  const start = words.findIndex(isContent);
  if (start < 0) return null;
  let end = start + 1;
  while (end < words.length && isContent(words[end]!) && meaningOf(words[end]!)?.verb !== true) end++;
  return { start, end };
}

function isContent(word: string): boolean {
  return /^\p{L}/u.test(word) && !isFunctionWord(word);
}
