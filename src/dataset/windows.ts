import { couldBegin, couldGive, lettersPass, normalise } from './normaliser.ts';
import { type Token, tokenise } from './tokens.ts';

/** Where a value stands in a text that the teacher wrote in another way. */

const longest = 12;

/** A part of a text, in characters. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/**
 * Windows of tokens whose normalised text is the wanted one. Of windows within each other one is meant: of dates and
 * times the widest ("5 March 2026", though "5 March" is the same day), else the narrowest ("20", not "$20").
 */
export function foldedPlaces(
  text: string,
  wanted: string,
  chain: readonly string[],
  context: Readonly<Record<string, string>>,
): Window[] {
  // No normaliser makes twelve tokens out of far fewer: long texts are not looked for in short windows.
  if (tokenise(wanted).length > 2 * longest || !couldGive(chain, wanted)) return [];
  const read = readText(text);
  const { tokens } = read;
  // Trying every window of a long input under every chain takes long, and few begin with the letters that are wanted.
  const [begin, ...others] = beginsOf(chain, wanted);
  const starts = others.length === 0 ? startsOf(read, begin!) : merged([begin!, ...others], read);
  const found: Window[] = [];
  for (const i of starts) {
    if (!couldBegin(chain, tokens[i]!.text)) continue;
    for (let j = i; j < Math.min(tokens.length, i + longest); j++) {
      const [start, end] = [tokens[i]!.start, tokens[j]!.end];
      if (normalise(text.slice(start, end), chain, context) === wanted) found.push({ start, end });
    }
  }
  if (found.length < 2) return found;
  const widest = /^(?:date|time)/u.test(chain[0] ?? '');
  return found.filter((one) =>
    found.every((other) => one === other || !(widest ? isWithin(one, other) : isWithin(other, one))),
  );
}

function merged(begins: readonly string[], read: ReadText): number[] {
  return [...new Set(begins.flatMap((begin) => [...startsOf(read, begin)]))].sort((a, b) => a - b);
}

/** Tokens at which these letters begin, also after marks; all of them for none. */
function* startsOf({ letters, at }: ReadText, begin: string): Generator<number> {
  if (begin === '') yield* at.keys();
  let i = 0;
  for (
    let from = letters.indexOf(begin);
    begin !== '' && from >= 0;
    from = letters.indexOf(begin, from + 1)
  ) {
    while (i < at.length && at[i]! < from) i++;
    for (; at[i] === from; i++) yield i;
  }
}

function isWithin(inner: Window, outer: Window): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}

interface ReadText {
  readonly tokens: readonly Token[];
  /** Letters and digits of the text alone. */
  readonly letters: string;
  /** By token: its place among the letters. */
  readonly at: Int32Array;
}

/** Texts read last: the ones that a slot is judged by come again for every chain. */
const known = new Map<string, ReadText>();
const mostCharacters = 2_000_000;
let characters = 0;

function readText(text: string): ReadText {
  const before = known.get(text);
  if (before !== undefined) return before;
  const tokens = tokenise(text);
  const at = new Int32Array(tokens.length);
  let letters = '';
  tokens.forEach((token, i) => {
    at[i] = letters.length;
    letters += lettersOf(token.text);
  });
  characters += text.length;
  if (characters > mostCharacters) {
    known.clear();
    characters = text.length;
  }
  const read = { tokens, letters, at };
  known.set(text, read);
  return read;
}

/** Normalisers that write an ending anew, and those that turn words around. */
const endings = new Set(['singular', 'stem']);
const turning = new Set(['given-first']);

/** Letters of which a window must begin with some: all but what an ending may change; '' where a chain writes others. */
function beginsOf(chain: readonly string[], wanted: string): string[] {
  const letters = lettersOf(wanted);
  if (lettersPass(chain)) return [letters];
  if (lettersPass(chain.filter((name) => !endings.has(name)))) return [letters.slice(0, -1)];
  if (!lettersPass(chain.filter((name) => !turning.has(name)))) return [''];
  const words = wanted.split(' ').map(lettersOf);
  return words.map((_, i) => [...words.slice(i), ...words.slice(0, i)].join(''));
}

/** Letters and digits alone, without case and accents. */
function lettersOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toUpperCase();
}
