import { hash32 } from '../../base/hash.ts';
import type { ModelInput, Span } from '../../dataset/example.ts';
import { tokenise } from '../../dataset/tokens.ts';
import { shapeOf } from '../wide/features.ts';
import type { PlacedToken } from './scheme.ts';

/** Longer inputs are cut: time stays bounded, and spans beyond it are left to the teacher. */
const mostTokens = 600;

export function placedTokens(input: ModelInput, slots: readonly string[], spaces = false): PlacedToken[] {
  const tokens: PlacedToken[] = [];
  for (const slot of slots)
    for (const token of tokenise(input.slots[slot] ?? '', spaces)) {
      if (tokens.length >= mostTokens) return tokens;
      tokens.push({ ...token, slot });
    }
  return tokens;
}

/** Names under which a value is known to a gazetteer: its folded words. */
export function phraseKey(words: readonly string[]): number {
  return hash32(words.join(' '), 77);
}

/** What other training inputs say: the kinds of a phrase, and the kinds of values that a word was part of (0 for none). */
export interface Gazetteer {
  phrase(key: number): readonly number[];
  word(key: number): readonly number[];
}

export function wordKey(word: string): number {
  return hash32(word, 78);
}

const longestPhrase = 6;

/**
 * Hashed features of each token: the words around it, its beginning and end, shapes, spacing, place, and the kinds of
 * known phrases it is part of. `own` features are also learned per group.
 */
export function tokenFeatures(
  tokens: readonly PlacedToken[],
  gazetteer: Gazetteer,
): { readonly shared: readonly number[][]; readonly own: readonly number[][] } {
  const lower = tokens.map((token) => token.text.toLowerCase());
  const shapes = tokens.map((token) => shapeOf(token.text));
  const word = (i: number): string => (i < 0 ? '<s>' : i >= lower.length ? '</s>' : lower[i]!);
  const shape = (i: number): string => (i < 0 || i >= shapes.length ? '' : shapes[i]!);
  const phrases = phraseFeatures(lower, gazetteer);
  const roles = lower.map((w) => gazetteer.word(wordKey(w)));
  const roleNames = roles.map((kinds) => kinds.join() || '?');
  const role = (i: number): string => (i < 0 || i >= roles.length ? '' : roleNames[i]!);
  const chunks = chunksOf(tokens);
  const wordsOnly = overSpaces(lower);
  const places = wordsOnly === null ? null : placesOf(tokens, chunks);
  const shared: number[][] = [];
  const own: number[][] = [];
  tokens.forEach((token, i) => {
    const list: number[] = [];
    const mine: number[] = [];
    const add = (name: string, to = list): void => {
      to.push(hash32(name, 5));
    };
    const w = word(i);
    add('bias');
    for (let d = -3; d <= 3; d++) add(`w${d}=${word(i + d)}`);
    add(`w-1,0=${word(i - 1)} ${w}`);
    add(`w0,1=${w} ${word(i + 1)}`);
    add(`w-2,-1=${word(i - 2)} ${word(i - 1)}`);
    add(`w1,2=${word(i + 1)} ${word(i + 2)}`);
    add(`w-1,1=${word(i - 1)} ${word(i + 1)}`);
    for (let n = 1; n <= 4 && n <= w.length; n++) {
      add(`p=${w.slice(0, n)}`);
      add(`s=${w.slice(-n)}`);
    }
    add(`s-1=${word(i - 1).slice(-3)}`);
    add(`s1=${word(i + 1).slice(-3)}`);
    for (let d = -2; d <= 2; d++) add(`f${d}=${shape(i + d)}`);
    add(`f-1,0=${shape(i - 1)} ${shape(i)}`);
    add(`f0,1=${shape(i)} ${shape(i + 1)}`);
    add(`f-1,0,1=${shape(i - 1)} ${shape(i)} ${shape(i + 1)}`);
    add(`f0w-1=${shape(i)} ${word(i - 1)}`);
    add(`f0w1=${shape(i)} ${word(i + 1)}`);
    if (wordsOnly !== null) {
      // White space uses up the window: look over it.
      const [a, b, c, d] = [-2, -1, 1, 2].map((step) => wordsOnly.at(i, step));
      for (const [name, j] of [
        ['n-2', a],
        ['n-1', b],
        ['n1', c],
        ['n2', d],
      ] as const) {
        add(`${name}=${word(j!)}`);
        add(`${name}f=${shape(j!)}`);
      }
      add(`n-1,0=${word(b!)} ${w}`);
      add(`n-2,-1=${word(a!)} ${word(b!)}`);
      add(`n0,1=${w} ${word(c!)}`);
      add(`nf=${shape(b!)} ${shape(i)} ${shape(c!)}`);
      add(`n-1,0=${word(b!)} ${w}`, mine);
      add(`n-2,-1=${word(a!)} ${word(b!)}`, mine);
    }
    const before = i > 0 && tokens[i - 1]!.end === token.start && tokens[i - 1]!.slot === token.slot;
    const after = i + 1 < tokens.length && tokens[i + 1]!.start === token.end;
    add(`join=${before}${after}`);
    const { form, index, last } = chunks[i]!;
    // Sentences have no such chunks worth a feature; records with copied white space are full of them.
    if (last > 0 && wordsOnly !== null) {
      add(`c=${form}`);
      add(`c=${form}@${Math.min(index, 6)}`);
      add(`c=${form} ${w}`);
      add(`c=${form}@${Math.min(index, 6)}`, mine);
    }
    if (places !== null) {
      const { field, inside, key, marks, left, right } = places[i]!;
      const at = `${form}@${Math.min(index, 6)}`;
      add(`fd=${field}`, mine);
      add(`mk=${marks}`, mine);
      add(`fd=${field} ${marks}`, mine);
      add(`mk=${marks} ${shape(i)}`, mine);
      add(`in=${inside}`);
      add(`in=${inside} ${at}`);
      add(`key=${key}`);
      add(`key=${key} ${form}`);
      add(`lr=${left} ${right} ${at}`);
      add(`lr=${left} ${right} ${at}`, mine);
      add(`l=${left} ${at}`);
      add(`r=${right} ${at}`);
    }
    add(`at=${Math.min(i, 12)}`);
    add(`to=${Math.min(tokens.length - 1 - i, 4)}`);
    add(`slot=${token.slot}`);
    for (const feature of phrases[i]!) add(feature);
    for (const kind of roles[i]!) add(`r${kind}`);
    for (let d = -1; d <= 1; d++) add(`R${d}=${role(i + d)}`);
    add(`R-1,0=${role(i - 1)} ${role(i)}`);
    add(`R0,1=${role(i)} ${role(i + 1)}`);
    add(`R0w-1=${role(i)} ${word(i - 1)}`);
    add(`R0w1=${role(i)} ${word(i + 1)}`);
    add('bias', mine);
    for (let d = -2; d <= 2; d++) add(`w${d}=${word(i + d)}`, mine);
    add(`w-1,0=${word(i - 1)} ${w}`, mine);
    add(`w0,1=${w} ${word(i + 1)}`, mine);
    add(`f0=${shape(i)}`, mine);
    add(`f0w-1=${shape(i)} ${word(i - 1)}`, mine);
    for (const feature of phrases[i]!) add(feature, mine);
    for (const kind of roles[i]!) add(`r${kind}`, mine);
    add(`R0=${role(i)}`, mine);
    shared.push(list);
    own.push(mine);
  });
  return { shared, own };
}

/**
 * Features of what earlier calls of the same answer took: the tokens they copied, and how many of their copies lie
 * before a token.
 */
export function takenFeatures(tokens: readonly PlacedToken[], taken: readonly Span[]): number[][] {
  return tokens.map(({ text, slot, start, end }, i) => {
    const inside = taken.some((span) => span.slot === slot && start < span.end && span.start < end);
    const before = taken.filter((span) => span.slot === slot && span.end <= start).length;
    const state = inside ? 'in' : String(Math.min(before, 3));
    return [
      `k=${state}`,
      `k=${state} ${text.toLowerCase()}`,
      `k=${state} ${tokens[i - 1]?.text.toLowerCase() ?? ''} <`,
      `k=${state} ${shapeOf(text)}`,
    ].map((name) => hash32(name, 6));
  });
}

/** A call among several is told in about so many words. */
const nearby = 7;

/** Features of the words before and after each token, wherever they are: what is to be done is said around its object. */
export function nearFeatures(tokens: readonly PlacedToken[]): number[][] {
  const words = tokens.map((token) => token.text.toLowerCase());
  return tokens.map((_, i) => [
    ...words.slice(Math.max(0, i - nearby), i).map((word) => hash32(`near <${word}`, 7)),
    ...words.slice(i + 1, i + 1 + nearby).map((word) => hash32(`near >${word}`, 7)),
  ]);
}

/** Finds the word so many words away from a token, not counting white space; null where no token is white space. */
function overSpaces(words: readonly string[]): { at(i: number, step: number): number } | null {
  if (!words.some((word) => word.trim() === '')) return null;
  const places = words.flatMap((word, i) => (word.trim() === '' ? [] : [i]));
  const rank = new Map(places.map((place, r) => [place, r]));
  let before = -1;
  const left = words.map((_, i) => (before = rank.get(i) ?? before));
  return {
    at: (i, step) => {
      const own = rank.has(i);
      const r = own || step < 0 ? left[i]! + (own ? step : step + 1) : left[i]! + step;
      return r < 0 ? -1 : (places[r] ?? words.length);
    },
  };
}

interface Chunk {
  /** Letters, digits and hexadecimal runs of the whole chunk in short: "a:h-h-h", "0.0.0.0". */
  readonly form: string;
  readonly index: number;
  readonly last: number;
}

/** Where a token stands in a record: in which field, after which marks, in what brackets, behind which key. */
interface Place {
  /** Stretches of white space before it. */
  readonly field: number;
  readonly inside: string;
  readonly key: string;
  /** How many of the marks that part a record's head from its body stand before it. */
  readonly marks: string;
  /** What its chunk lies between. */
  readonly left: string;
  readonly right: string;
}

const brackets: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' };

function placesOf(tokens: readonly PlacedToken[], chunks: readonly Chunk[]): Place[] {
  let field = 0;
  let [colons, squares, bars] = [0, 0, 0];
  let open: string[] = [];
  let key = '';
  const blank = (i: number): boolean => tokens[i] === undefined || tokens[i]!.text.trim() === '';
  const text = (i: number): string => (blank(i) ? '_' : tokens[i]!.text.toLowerCase());
  return tokens.map((token, i) => {
    if (i > 0 && blank(i) && !blank(i - 1)) {
      field++;
      key = '';
    }
    if (i > 0 && tokens[i - 1]!.slot !== token.slot) [field, open, key] = [0, [], ''];
    const { index, last } = chunks[i]!;
    const place = {
      field: Math.min(field, 20),
      inside: open.at(-1) ?? '',
      key,
      marks: `${Math.min(colons, 3)}${Math.min(squares, 3)}${Math.min(bars, 3)}`,
      left: text(i - index - 1),
      right: text(i - index + last + 1),
    };
    if (token.text in brackets) open.push(token.text);
    else if (token.text === brackets[open.at(-1) ?? '']) open.pop();
    if (token.text === ':' && blank(i + 1)) colons++;
    if (token.text === ']') squares++;
    if (token.text === '|') bars++;
    if (i > 0 && /^[=:([#@]$/u.test(token.text)) key = `${text(i - 1)}${token.text}`;
    return place;
  });
}

/** What lies between white space, brackets and commas, seen as a whole: paths, addresses, identifiers. */
function chunksOf(tokens: readonly PlacedToken[]): Chunk[] {
  const chunks: Chunk[] = new Array(tokens.length);
  for (let start = 0; start < tokens.length; ) {
    let end = start + 1;
    while (end < tokens.length && joined(tokens[end - 1]!, tokens[end]!)) end++;
    const own = tokens.slice(start, end);
    const form = formOf(own.map((token) => token.text).join(''));
    for (let i = start; i < end; i++) chunks[i] = { form, index: i - start, last: own.length - 1 };
    start = end;
  }
  return chunks;
}

const breaks = /^[\s()[\]{}<>,;"'|=]/u;

function joined(a: PlacedToken, b: PlacedToken): boolean {
  return a.slot === b.slot && a.end === b.start && !breaks.test(a.text) && !breaks.test(b.text);
}

function formOf(chunk: string): string {
  return chunk
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/giu, '\u0002')
    .replace(/[0-9a-f]*(?:[0-9][a-f]|[a-f][0-9])[0-9a-f]*/giu, (run) => (run.length >= 4 ? '\u0001' : run))
    .replace(/\p{N}+/gu, '0')
    .replace(/\p{L}+/gu, 'a')
    .replaceAll('\u0001', 'h')
    .replaceAll('\u0002', 'u')
    .slice(0, 24);
}

function phraseFeatures(lower: readonly string[], gazetteer: Gazetteer): string[][] {
  const found: string[][] = lower.map(() => []);
  for (let i = 0; i < lower.length; i++) {
    for (let n = 1; n <= longestPhrase && i + n <= lower.length; n++) {
      for (const kind of gazetteer.phrase(phraseKey(lower.slice(i, i + n)))) {
        found[i]!.push(`g${kind}B${Math.min(n, 3)}`);
        for (let j = i + 1; j < i + n; j++) found[j]!.push(`g${kind}I${Math.min(n, 3)}`);
        found[i + n - 1]!.push(`g${kind}E`);
      }
    }
  }
  return found;
}
