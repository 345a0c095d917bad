import type { SourceLanguage } from './mask.ts';

/** The arguments of one call as they stand in the text. */
export interface Arguments {
  /** Just behind the opening and just before the closing parenthesis. */
  readonly start: number;
  readonly end: number;
  /** Top-level arguments without surrounding space; empty ones (a trailing comma) are left out. */
  readonly items: readonly Span[];
  readonly language: SourceLanguage;
  /** The same text with strings and comments blanked. */
  readonly code: string;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Option extends Span {
  /** Name and value, where the value is a plain expression: `baseURL: x`, `base_url=x`. */
  readonly name: string;
  readonly value: Span;
}

/** Reads the arguments behind an opening parenthesis; null where they do not close. */
export function readArguments(
  text: string,
  code: string,
  start: number,
  language: SourceLanguage,
): Arguments | null {
  const end = closing(code, start);
  if (end === null) return null;
  const items = splitTop(code, { start, end }).map((span) => shrink(text, span));
  return { start, end, items: items.filter((span) => span.end > span.start), language, code };
}

/** The options of a call: keyword arguments in Python, the properties of an object literal in JavaScript. */
export function options(text: string, args: Arguments, item = 0): readonly Option[] {
  if (args.language === 'python') return args.items.flatMap((span) => keyword(args.code, text, span) ?? []);
  const span = args.items[item];
  return span === undefined ? [] : properties(text, args.code, span);
}

/** The properties of an object literal (or the items of a Python dictionary); none where the span is something else. */
export function properties(text: string, code: string, span: Span): readonly Option[] {
  if (code[span.start] !== '{' || code[span.end - 1] !== '}') return [];
  const inside = { start: span.start + 1, end: span.end - 1 };
  return splitTop(code, inside).flatMap((part) => property(text, code, shrink(text, part)) ?? []);
}

/** The value of a quoted key with a string literal anywhere in the arguments: `'x-understudy-task': 'intent'`. */
export function stringOption(text: string, args: Arguments, key: string): string | null {
  const inside = text.slice(args.start, args.end);
  const match = new RegExp(`['"]${key}['"]\\s*:\\s*(['"])([^'"\\n]*)\\1`).exec(inside);
  return match?.[2] ?? null;
}

/** The text of a plain string literal; null for any other expression. */
export function literal(text: string, span: Span): string | null {
  const match = /^(['"`])([^'"`\\\n]*)\1$/.exec(text.slice(span.start, span.end));
  return match === null || match[2]?.includes('${') ? null : (match[2] ?? null);
}

function closing(code: string, start: number): number | null {
  let depth = 0;
  for (let i = start; i < code.length; i++) {
    const char = code[i] ?? '';
    if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) {
      if (depth === 0) return char === ')' ? i : null;
      depth--;
    }
  }
  return null;
}

function splitTop(code: string, { start, end }: Span): Span[] {
  const parts: Span[] = [];
  let depth = 0;
  let from = start;
  for (let i = start; i < end; i++) {
    const char = code[i] ?? '';
    if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
    else if (char === ',' && depth === 0) {
      parts.push({ start: from, end: i });
      from = i + 1;
    }
  }
  parts.push({ start: from, end });
  return parts;
}

/** Without space around it, and without a comment in front. */
function shrink(text: string, span: Span): Span {
  let { start, end } = span;
  for (;;) {
    while (start < end && /\s/.test(text[start] ?? '')) start++;
    const comment = /^(\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)/.exec(text.slice(start, end));
    if (comment === null) break;
    start += comment[0].length;
  }
  while (end > start && /\s/.test(text[end - 1] ?? '')) end--;
  return { start, end };
}

function keyword(code: string, text: string, span: Span): Option | null {
  const match = /^(\w+)\s*=(?!=)/.exec(code.slice(span.start, span.end));
  if (match === null) return null;
  const value = shrink(text, { start: span.start + match[0].length, end: span.end });
  return { name: match[1] ?? '', value, ...span };
}

function property(text: string, code: string, span: Span): Option | null {
  const source = text.slice(span.start, span.end);
  const match = /^(?:(\w+)|['"]([^'"\n]+)['"])\s*:/.exec(source);
  if (match === null) {
    // A shorthand property: `{ baseURL }`.
    return /^\w+$/.test(source) ? { name: source, value: span, ...span } : null;
  }
  const value = shrink(text, { start: span.start + match[0].length, end: span.end });
  return code.slice(span.start, span.end).trim() === ''
    ? null
    : { name: match[1] ?? match[2] ?? '', value, ...span };
}
