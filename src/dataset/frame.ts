import { type Json, parseJson } from '../base/json.ts';

/** A JSON value in a text, and what stands around it. */
export interface Frame {
  readonly prefix: string;
  readonly body: string;
  readonly suffix: string;
  readonly value: Json;
}

/** The frame around a JSON body: code fences, a lead-in, white space. null where the text holds no JSON. */
export function jsonFrame(text: string): Frame | null {
  const start = text.search(/[[{]/);
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  if (start < 0 || end < start) return null;
  const body = text.slice(start, end + 1);
  const value = parseJson(body);
  if (value === undefined) return null;
  return { prefix: text.slice(0, start), body, suffix: text.slice(end + 1), value };
}

/** Frames that every reader of JSON looks through: white space and a code fence. */
export function isTransparent({ prefix, suffix }: Pick<Frame, 'prefix' | 'suffix'>): boolean {
  return /^\s*(?:```[a-z]*\s*)?$/iu.test(prefix) && /^\s*(?:```\s*)?$/u.test(suffix);
}
