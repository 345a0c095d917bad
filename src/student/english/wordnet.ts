import { brotliDecompressSync } from 'node:zlib';
import { hash32 } from '../../base/hash.ts';
import { isFunctionWord } from './functionWords.ts';
import { wordnetData } from './wordnetData.ts';

/**
 * What kinds of things an English word names: the first sense of the part of speech that it is used as most, and all that
 * this is a kind of ("terrier": dog, animal, organism, ...), by WordNet 3.1 (Fellbaum 1998; licence in NOTICE). What was
 * learned of terriers so holds for spaniels that training never saw. A table of facts, with nothing trained in it.
 */
export interface Meaning {
  readonly verb: boolean;
  /** Hashes of the word's base form and of its kinds, nearest first. */
  readonly kinds: Uint32Array;
}

interface WordNet {
  /** The nearest kind of each word. */
  readonly words: ReadonlyMap<string, number>;
  /** The kinds above each kind. */
  readonly above: readonly (readonly number[])[];
  readonly verbs: ReadonlySet<number>;
}

/** Endings of English inflection and what stands in their place (morphy(7WN)). */
const endings: readonly (readonly [string, string])[] = [
  ['s', ''],
  ['ies', 'y'],
  ['es', ''],
  ['es', 'e'],
  ['ed', 'e'],
  ['ed', ''],
  ['ing', 'e'],
  ['ing', ''],
  ['men', 'man'],
];

let table: WordNet | null = null;
const meanings = new Map<string, Meaning | null>();
/** Serving sees ever new words; what is remembered of them must not grow. */
const mostRemembered = 20_000;

/** @param word in lower case. Null where WordNet has no such noun or verb, and for function words. */
export function meaningOf(word: string): Meaning | null {
  const known = meanings.get(word);
  if (known !== undefined) return known;
  if (meanings.size >= mostRemembered) meanings.clear();
  const found = isFunctionWord(word) ? null : lookUp(word);
  meanings.set(word, found);
  return found;
}

function lookUp(word: string): Meaning | null {
  table ??= unpack();
  const { words, above, verbs } = table;
  const base = words.has(word) ? word : baseForms(word).find((form) => words.has(form));
  if (base === undefined) return null;
  const nearest = words.get(base)!;
  const kinds = new Set([nearest]);
  // A set is walked in the order of its growth: what is added on the way comes later.
  for (const kind of kinds) for (const higher of above[kind]!) kinds.add(higher);
  return {
    verb: verbs.has(nearest),
    kinds: Uint32Array.from([hash32(base, 1), ...Array.from(kinds, (kind) => hash32(String(kind), 2))]),
  };
}

function baseForms(word: string): string[] {
  return endings.flatMap(([ending, instead]) =>
    word.endsWith(ending) && word.length > ending.length + 1 ? [word.slice(0, -ending.length) + instead] : [],
  );
}

/** The text that `scripts/wordnet.mjs` packs: a line per word, less what it shares with the one before, then one per kind. */
function unpack(): WordNet {
  const text = brotliDecompressSync(Buffer.from(wordnetData, 'base64')).toString('latin1');
  const [wordLines = '', kindLines = ''] = text.split('\n\n');
  const words = new Map<string, number>();
  let word = '';
  for (const line of wordLines.split('\n')) {
    const space = line.indexOf(' ');
    word = word.slice(0, Number(line[0])) + line.slice(1, space);
    words.set(word, Number.parseInt(line.slice(space + 1), 36));
  }
  const verbs = new Set<number>();
  const above = kindLines.split('\n').map((line, kind) => {
    if (line.endsWith('!')) verbs.add(kind);
    const parents = line.replace('!', '');
    return parents === '' ? [] : parents.split(',').map((parent) => Number.parseInt(parent, 36));
  });
  return { words, above, verbs };
}
