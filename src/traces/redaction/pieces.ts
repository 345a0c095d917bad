import { isArray, isObject, type Json, parseJson } from '../../base/json.ts';
import { ValueSplitter } from '../import/records.ts';
import type { OnFound, TextRedactor } from './text.ts';

/**
 * A stream that could not be joined is kept as it came, line by line, and a secret may lie across its events: no piece of
 * it looks like one. So the texts of one place in the events are put together, looked at as a whole, and what is found is
 * taken out of every piece that has a part of it. The end of a stream that broke off may be half a secret: its last word
 * goes, and so does a line that was cut.
 */
export function redactPieces(
  stream: string,
  text: TextRedactor,
  placeholder: (rule: string, value: string) => string,
  onFound: OnFound,
): string {
  const lines = linesOf(stream);
  if (lines.filter((line) => line.event !== null).length < 2) {
    const cut = lastWord(stream);
    return cut === null ? stream : stream.slice(0, cut) + CUT;
  }
  const places = new Map<string, Piece[]>();
  for (const line of lines) if (line.event !== null) collect(line.event, places, '');
  for (const pieces of places.values()) redactPlace(pieces, text, placeholder, onFound);
  return lines
    .map(({ before, event, raw }) => {
      if (event !== null) return before + JSON.stringify(event);
      return /^(?:data:)?\s*\{/.test(raw) ? raw.slice(0, raw.indexOf('{')) + CUT : raw;
    })
    .join('\n');
}

const CUT = '<cut>';

/** Where a last word begins that is long enough to be a part of a key; null where there is none. */
function lastWord(text: string): number | null {
  let at = text.length;
  while (at > 0 && text.length - at < 4096 && /[A-Za-z0-9_~+/=.-]/.test(text[at - 1]!)) at--;
  return text.length - at >= 8 && /\d/.test(text.slice(at)) ? at : null;
}

interface Line {
  /** What stands before the JSON. */
  readonly before: string;
  readonly event: Json | null;
  readonly raw: string;
}

/** One text in one event; `set` puts another in its place. */
export interface Piece {
  readonly text: string;
  readonly set: (text: string) => void;
}

/** The lines of a stream; of a JSON array that was cut, its whole objects. */
function linesOf(stream: string): Line[] {
  if (!stream.trimStart().startsWith('[')) return stream.split(/\r\n|\n|\r/).map(readLine);
  const objects = new ValueSplitter();
  const whole = [...objects.take(stream), ...objects.end()];
  return whole.map(({ content }) =>
    content.ok ? { before: '', event: content.value, raw: '' } : { before: '', event: null, raw: `{${CUT}` },
  );
}

function readLine(raw: string): Line {
  const [, before = '', json = ''] = /^((?:data:)?\s*)(\{.*\})\s*$/s.exec(raw) ?? [];
  const event = json === '' ? undefined : parseJson(json);
  return event === undefined ? { before: '', event: null, raw } : { before, event, raw };
}

function collect(value: Json, places: Map<string, Piece[]>, place: string): void {
  if (!isArray(value) && !isObject(value)) return;
  for (const [key, item] of Object.entries(value)) {
    const inner = `${place}.${key}`;
    if (typeof item !== 'string') {
      collect(item, places, inner);
      continue;
    }
    const pieces = places.get(inner) ?? [];
    places.set(inner, pieces);
    const set = (changed: string): void => {
      (value as Record<string, Json>)[key] = changed;
    };
    pieces.push({ text: item, set });
  }
}

function redactPlace(
  pieces: readonly Piece[],
  text: TextRedactor,
  placeholder: (rule: string, value: string) => string,
  onFound: OnFound,
): void {
  // Ids and names are the same in every event.
  if (pieces.length < 2 || pieces.every((piece) => piece.text === pieces[0]!.text)) return;
  const whole = pieces.map((piece) => piece.text).join('');
  const spans = spansOf(whole, text, placeholder, onFound);
  const cut = lastWord(whole);
  if (cut !== null) spans.push({ from: cut, to: whole.length, by: CUT });
  if (spans.length > 0) takeOut(pieces, spans);
}

/** Takes what is found in the joined text of the pieces out of those that have a part of it. */
export function redactAcross(
  pieces: readonly Piece[],
  text: TextRedactor,
  placeholder: (rule: string, value: string) => string,
  onFound: OnFound,
): void {
  const whole = pieces.map((piece) => piece.text).join('');
  const spans = spansOf(whole, text, placeholder, onFound);
  if (spans.length > 0) takeOut(pieces, spans);
}

/** What is found in a text, wherever it stands there. */
export function spansOf(
  whole: string,
  text: TextRedactor,
  placeholder: (rule: string, value: string) => string,
  onFound: OnFound,
): Span[] {
  const values = new Map<string, string>();
  const clean = text(whole, (rule, value) => {
    onFound(rule, value);
    values.set(value, rule);
  });
  const spans: Span[] = [];
  let isSpelled = true;
  for (const [value, rule] of values) {
    isSpelled &&= value !== '' && whole.includes(value);
    for (let at = whole.indexOf(value); at !== -1 && value !== ''; at = whole.indexOf(value, at + 1))
      spans.push({ from: at, to: at + value.length, by: placeholder(rule, value) });
  }
  // Escapes or base64 stand for some of it: then all from the first change to the last one.
  return isSpelled ? spans : [changeOf(whole, clean)];
}

function changeOf(before: string, after: string): Span {
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before[from] === after[from]) from++;
  let kept = 0;
  while (kept < most - from && before[before.length - 1 - kept] === after[after.length - 1 - kept]) kept++;
  return { from, to: before.length - kept, by: after.slice(from, after.length - kept) };
}

/** A part of a text, and what is to stand there. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

/** A span's replacement stands in the piece where it begins. */
export function takeOut(pieces: readonly Piece[], spans: readonly Span[]): void {
  const ordered = [...spans].sort((a, b) => a.from - b.from || b.to - a.to);
  let start = 0;
  for (const piece of pieces) {
    const end = start + piece.text.length;
    let kept = '';
    let at = start;
    for (const { from, to, by } of ordered) {
      if (to <= at || from >= end) continue;
      if (from >= at) kept += piece.text.slice(at - start, from - start) + by;
      at = Math.min(to, end);
    }
    kept += piece.text.slice(at - start);
    if (kept !== piece.text) piece.set(kept);
    start = end;
  }
}
