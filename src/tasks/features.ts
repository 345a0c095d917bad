/**
 * 32-bit features by which texts of one template are recognised before the template is known: lines, what stands before
 * a colon, the first and the last words. Digits are folded and only the head and tail of a text are read, so that a
 * feature set costs microseconds, however long the text.
 */

const LINES = 12;
const LINE_LENGTH = 240;
/** Lines of fewer characters say too little. */
const SHORTEST = 8;

/** Whole lines have even features, what is less telling odd ones. */
export const isLine = (feature: number): boolean => feature % 2 === 0;

export function textFeatures(text: string): readonly number[] {
  const features = new Set<number>();
  const lines = edgeLines(text);
  for (const line of lines) {
    const [start, end] = trimmed(text, line);
    if (end - start >= SHORTEST)
      features.add(even(hashFolded(text, start, Math.min(end, start + LINE_LENGTH), 1)));
    const colon = text.indexOf(':', start);
    if (colon > start + 1 && colon < Math.min(end, start + 32))
      features.add(odd(hashFolded(text, start, colon, 2)));
  }
  for (const words of [2, 4]) {
    const head = afterWords(text, words);
    if (head > 0) features.add(odd(hashFolded(text, 0, head, 2 + words)));
    const tail = beforeWords(text, words);
    if (tail < text.length) features.add(odd(hashFolded(text, tail, text.length, 8 + words)));
  }
  return [...features];
}

const even = (hash: number): number => (hash & ~1) >>> 0;
const odd = (hash: number): number => (hash | 1) >>> 0;

type Span = readonly [start: number, end: number];

/** The first and the last lines. */
function edgeLines(text: string): readonly Span[] {
  const head: Span[] = [];
  let start = 0;
  while (start <= text.length && head.length < LINES) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    head.push([start, end]);
    start = end + 1;
  }
  const tail: Span[] = [];
  let end = text.length;
  while (end >= start && tail.length < LINES) {
    const newline = text.lastIndexOf('\n', end - 1);
    const from = Math.max(start, newline + 1);
    tail.push([from, end]);
    if (newline < start) break;
    end = newline;
  }
  return [...head, ...tail];
}

function trimmed(text: string, [start, end]: Span): Span {
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (end > start && text.charCodeAt(end - 1) <= 32) end--;
  return [start, end];
}

/** Offset behind the first `count` words; 0 where the text has no more than those. */
function afterWords(text: string, count: number): number {
  let inside = false;
  let words = 0;
  const limit = Math.min(text.length, LINE_LENGTH);
  for (let i = 0; i < limit; i++) {
    const code = text.charCodeAt(i);
    const single = code >= 0x2e80;
    if (code <= 32 || single) {
      if (inside) words++;
      inside = false;
      if (single) words++;
      if (words >= count) return i + (single ? 1 : 0);
    } else inside = true;
  }
  return 0;
}

/** Offset of the last `count` words; the text's length where it has no more than those. */
function beforeWords(text: string, count: number): number {
  let inside = false;
  let words = 0;
  const limit = Math.max(0, text.length - LINE_LENGTH);
  for (let i = text.length - 1; i >= limit; i--) {
    const code = text.charCodeAt(i);
    const single = code >= 0x2e80;
    if (code <= 32 || single) {
      if (inside) words++;
      inside = false;
      if (single) words++;
      if (words >= count) return i + (single ? 0 : 1);
    } else inside = true;
  }
  return text.length;
}

/** FNV-1a with every run of digits counted as one character. */
function hashFolded(text: string, start: number, end: number, seed: number): number {
  let hash = 0x811c9dc5 ^ (seed * 0x9e3779b1);
  let digits = false;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    const digit = code >= 48 && code <= 57;
    if (digit && digits) continue;
    digits = digit;
    hash = Math.imul(hash ^ (digit ? 1 : code), 0x01000193);
  }
  return hash >>> 0;
}
