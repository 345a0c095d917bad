import { type Json, parseJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { parseTrace } from './line.ts';
import type { Trace } from './trace.ts';

/**
 * Reads of a trace what an index needs, leaving its request in the bytes where it lies: most of a line is prompt, and
 * parsing it a million times over is most of the work and all of the garbage.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;

/** A trace whose request is null, or `{model}` where the response names no model. @param json as the journal wrote it, without spaces. */
export function skimTrace(json: Buffer): Result<Trace, string> {
  const request = findField(json, 0, 'request');
  if (request === null) return parseTrace(json);
  const text = `${json.toString('utf8', 0, request.start)}null${json.toString('utf8', request.end)}`;
  const trace = parseTrace(text);
  if (!trace.ok) return fail(trace.error);
  const field = findField(json, request.start, 'model');
  const model: Json = (field && parseJson(json.toString('utf8', field.start, field.end))) ?? null;
  return ok({ ...trace.value, request: model === null ? null : { model } });
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where the value of an object's field lies; null where the object has no such field, or is none. */
export function findField(json: Buffer, object: number, name: string): Range | null {
  if (json[object] !== 0x7b) return null;
  for (let at = object + 1; json[at] === QUOTE; ) {
    const keyEnd = endOfString(json, at);
    const start = keyEnd + 2;
    if (json[keyEnd + 1] !== COLON) return null;
    const end = endOfValue(json, start);
    if (end === null) return null;
    // The key's bytes, compared without making a text of them: they are few and mostly different in length.
    if (keyEnd - at - 1 === name.length && json.toString('latin1', at + 1, keyEnd) === name)
      return { start, end };
    if (json[end] !== COMMA) return null;
    at = end + 1;
  }
  return null;
}

/** Index behind a value; null where the bytes end before it does. */
function endOfValue(json: Buffer, start: number): number | null {
  let depth = 0;
  for (let i = start; i < json.length; i++) {
    const c = json[i];
    if (c === QUOTE) {
      i = endOfString(json, i);
      if (depth === 0) return i + 1;
    } else if (c === 0x7b || c === 0x5b) depth++;
    else if (c === 0x7d || c === 0x5d) {
      if (depth === 0) return i;
      if (--depth === 0) return i + 1;
    } else if (c === COMMA && depth === 0) return i;
  }
  return null;
}

/** Index of the quote that ends the string which begins at `start`. */
function endOfString(json: Buffer, start: number): number {
  for (let end = json.indexOf(QUOTE, start + 1); end !== -1; end = json.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (json[end - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return json.length;
}
