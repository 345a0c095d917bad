import { isArray, isObject, type Json } from '../../base/json.ts';
import { type Piece, type Span, spansOf, takeOut } from './pieces.ts';
import type { OnFound, TextRedactor } from './text.ts';

/**
 * A call tells its text in parts and messages, and a secret may lie across two of them: no part of it looks like one, or
 * only the first does, and the rest would stay. So the texts of one place in a body are looked at where they meet, before
 * each is looked at alone; a private key, which has many lines, in all of them together.
 */
export function redactSeams(
  body: Json,
  text: TextRedactor,
  placeholder: (rule: string, value: string) => string,
  onFound: OnFound,
): Json {
  const found = new Map<string, readonly Span[]>();
  for (const [place, pieces] of placesOf(body)) {
    const spans = spansAcross(pieces, text, placeholder, onFound);
    if (spans.length > 0) found.set(place, spans);
  }
  if (found.size === 0) return body;
  const copy = structuredClone(body) as Json;
  for (const [place, pieces] of placesOf(copy)) takeOut(pieces, found.get(place) ?? []);
  return copy;
}

/** What people and models say stands under these names, in every provider's format. */
const spoken = new Set(
  'content text input output system instructions prompt arguments thinking reasoning reasoning_content refusal summary'.split(
    ' ',
  ),
);
/** What is offered and what is counted: said by nobody. */
const unspoken = new Set(['tools', 'functions', 'logprobs', 'response_format']);

/** The texts of a body by where they stand, whatever their number there; a part's text stands where a plain one would. */
function placesOf(body: Json): Map<string, Piece[]> {
  const places = new Map<string, Piece[]>();
  visit(body, '', places);
  for (const [place, pieces] of places) if (pieces.length < 2) places.delete(place);
  return places;
}

/** @param place the names that lead there, without that of a part's text. */
function visit(value: Json, place: string, places: Map<string, Piece[]>, name = '', depth = 0): void {
  if (depth > MAX_DEPTH) return;
  if (isArray(value)) {
    for (const [i, item] of value.entries())
      if (typeof item === 'string') add(places, place, name, pieceOf(value as Json[], i, item));
      else visit(item, place, places, name, depth + 1);
  } else if (isObject(value)) {
    for (const key in value) {
      const item = value[key]!;
      if (unspoken.has(key)) continue;
      const inner = key === 'text' ? place : `${place}.${key}`;
      if (typeof item === 'string')
        add(places, inner, key, pieceOf(value as Record<string, Json>, key, item));
      else if (typeof item === 'object') visit(item, inner, places, key, depth + 1);
    }
  }
}

function add(places: Map<string, Piece[]>, place: string, name: string, piece: Piece): void {
  if (piece.text === '' || !spoken.has(name)) return;
  const pieces = places.get(place);
  if (pieces === undefined) places.set(place, [piece]);
  else pieces.push(piece);
}

function pieceOf<K extends string | number>(holder: Record<K, Json>, key: K, text: string): Piece {
  const set = (changed: string): void => {
    holder[key] = changed;
  };
  return { text, set };
}

/** What is found where the pieces meet, by its place in their joined text. */
function spansAcross(
  pieces: readonly Piece[],
  text: TextRedactor,
  placeholder: (rule: string, value: string) => string,
  onFound: OnFound,
): Span[] {
  const texts = pieces.map((piece) => piece.text);
  const whole = texts.join('');
  const isKey = texts.some((piece) => piece.includes(MARK)) && whole.includes('PRIVATE KEY');
  const windows = isKey ? [{ from: 0, to: whole.length }] : windowsOf(texts, whole);
  return windows.flatMap(({ from, to }) =>
    spansOf(whole.slice(from, to), text, placeholder, onFound).map((span) => ({
      ...span,
      from: span.from + from,
      to: span.to + from,
    })),
  );
}

/** Around each border: the words that meet there, and what may name them. */
function windowsOf(texts: readonly string[], whole: string): { from: number; to: number }[] {
  const windows: { from: number; to: number }[] = [];
  let border = 0;
  for (const { length } of texts.slice(0, -1)) {
    border += length;
    const from = wordStart(whole, Math.max(0, wordStart(whole, border) - CONTEXT));
    const to = wordEnd(whole, wordEnd(whole, border) + CONTEXT);
    if (to - from >= MIN_SECRET) windows.push({ from, to });
  }
  return windows;
}

/** What is nested deeper is not kept. */
const MAX_DEPTH = 100;
/** On both sides of a key's first and last line. */
const MARK = '-----';
const MIN_SECRET = 8;
/** A secret's name, or what is between the two, is no longer. */
const CONTEXT = 60;
/** No word that goes on for longer is looked at. */
const MAX_WORD = 8192;

function wordStart(text: string, from: number): number {
  let at = from;
  while (at > 0 && from - at < MAX_WORD && !isSpace(text.charCodeAt(at - 1))) at--;
  return at;
}

function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && at - from < MAX_WORD && !isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code <= 32;
}
