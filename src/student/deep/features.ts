import { hash32 } from '../../base/hash.ts';
import { isEnglish } from '../english/language.ts';
import { meaningOf } from '../english/wordnet.ts';

/**
 * What a network reads of a word: a few rows of one embedding table. A word has a row of its own if it is frequent enough,
 * a row for its shape, for an English one rows for the kinds of things that it names, and rows for its character n-grams
 * (so that a misspelt or unseen word is close to the ones it resembles, Bojanowski et al. 2017). The table is plain data: the same text gives the same rows in every process.
 */
export interface FeatureTable {
  readonly words: readonly string[];
  readonly buckets: number;
  readonly minGram: number;
  readonly maxGram: number;
  /** Most rows of one word; n-grams beyond it are left out. */
  readonly rowsPerWord: number;
  /** Whether the kinds that words name have rows. */
  readonly english: boolean;
}

export interface FeatureOptions {
  readonly minCount?: number;
  readonly maxWords?: number;
  readonly buckets?: number;
  readonly minGram?: number;
  readonly maxGram?: number;
  readonly rowsPerWord?: number;
}

/** Character offsets [start, end) into the text. */
export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Row 0 pads, row 1 stands for a word that was dropped, row 2 for a word without a row. */
export const PAD_ROW = 0;
export const DROPPED_ROW = 1;
const UNKNOWN_ROW = 2;
const FIRST_WORD_ROW = 3;
const SHAPES = 32;

/** Runs of letters, runs of digits, and every other visible character by itself. */
export function tokenise(text: string): Token[] {
  const pattern = /[\p{L}\p{M}]+|\p{N}+|[^\s\p{L}\p{M}\p{N}]/gu;
  return [...text.matchAll(pattern)].map((match) => ({
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** Learns the words that get a row of their own: the most frequent, ties in code unit order. */
export function buildFeatures(
  documents: readonly (readonly string[])[],
  options: FeatureOptions = {},
): FeatureTable {
  const counts = new Map<string, number>();
  for (const tokens of documents) {
    for (const token of tokens) {
      const word = fold(token);
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  const words = [...counts]
    .filter(([, count]) => count >= (options.minCount ?? 2))
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, options.maxWords ?? 20000)
    .map(([word]) => word);
  return {
    words,
    buckets: options.buckets ?? 8192,
    minGram: options.minGram ?? 3,
    maxGram: options.maxGram ?? 4,
    rowsPerWord: options.rowsPerWord ?? 24,
    english: isEnglish(joined(documents)),
  };
}

/** One text after the other: who asks for their language stops at enough. */
function* joined(documents: readonly (readonly string[])[]): Generator<string> {
  for (const tokens of documents) yield tokens.join(' ');
}

/** Rows of the embedding table. */
export function rowCount(table: FeatureTable): number {
  return FIRST_WORD_ROW + table.words.length + table.buckets + SHAPES;
}

/** A function from a word to its rows (at least one), with a cache. */
export function createRows(table: FeatureTable): (token: string) => Int32Array {
  const index = new Map(table.words.map((word, i) => [word, FIRST_WORD_ROW + i]));
  const cache = new Map<string, Int32Array>();
  return (token) => {
    const known = cache.get(token);
    if (known !== undefined) return known;
    const rows = rowsOf(table, index, token);
    // Serving sees ever new words; the cache must not grow with them.
    if (cache.size >= 4096) cache.clear();
    cache.set(token, rows);
    return rows;
  };
}

function rowsOf(table: FeatureTable, index: ReadonlyMap<string, number>, token: string): Int32Array {
  const word = fold(token);
  const firstBucket = FIRST_WORD_ROW + table.words.length;
  const rows = [index.get(word) ?? UNKNOWN_ROW, firstBucket + table.buckets + shapeOf(token)];
  for (const kind of kindsOf(table, word)) rows.push(firstBucket + (kind % table.buckets));
  const characters = [...`<${word}>`];
  for (let n = table.minGram; n <= table.maxGram; n++) {
    for (let i = 0; i + n <= characters.length; i++) {
      if (rows.length >= table.rowsPerWord) return Int32Array.from(rows);
      rows.push(firstBucket + (hash32(characters.slice(i, i + n).join('')) % table.buckets));
    }
  }
  return Int32Array.from(rows);
}

/** Of a word with many kinds the nearest: half of its rows are left for its letters. */
function kindsOf({ english, rowsPerWord }: FeatureTable, word: string): Uint32Array {
  const kinds = english ? meaningOf(word)?.kinds : undefined;
  return kinds?.subarray(0, rowsPerWord >> 1) ?? new Uint32Array();
}

function fold(token: string): string {
  return token.normalize('NFKC').toLowerCase();
}

/** The case and kind of a token, and for digits how many there are. */
function shapeOf(token: string): number {
  if (/^\p{N}/u.test(token)) return 8 + Math.min(token.length, 12);
  if (!/^[\p{L}\p{M}]/u.test(token)) return 1;
  const lower = token.toLowerCase();
  if (token === lower) return 2;
  if (token === token.toUpperCase()) return token.length === 1 ? 3 : 4;
  return token.slice(1) === lower.slice(1) ? 5 : 6;
}
