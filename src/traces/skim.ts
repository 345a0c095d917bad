import type { Result } from '../base/result.ts';
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

/** What `rowOf` looks at in a response, under the names of all providers. */
const inResponse: ReadonlySet<string> = new Set([
  'model',
  'modelVersion',
  'usage',
  'usageMetadata',
  'prompt_eval_count',
  'eval_count',
]);
const inRequest: ReadonlySet<string> = new Set(['model']);

/** A trace with only the model of its request, and the model and usage of its response. @param json as the journal wrote it, without spaces. */
export function skimTrace(json: Buffer): Result<Trace, string> {
  let text = '';
  let from = 0;
  const whole = eachField(json, 0, (name, start, end) => {
    const wanted = name === 'request' ? inRequest : name === 'response' ? inResponse : null;
    if (wanted === null) return;
    text += json.toString('utf8', from, start) + pick(json, start, wanted);
    from = end;
  });
  // Not as the journal writes it: then as JSON is, at the price of parsing all of it.
  return parseTrace(whole ? text + json.toString('utf8', from) : json);
}

/** An object's wanted fields as JSON; `null` where the value is no object or has none of them. */
function pick(json: Buffer, start: number, wanted: ReadonlySet<string>): string {
  let text = '';
  eachField(json, start, (name, fieldStart, end) => {
    if (wanted.has(name))
      text += `${text === '' ? '{' : ','}"${name}":${json.toString('utf8', fieldStart, end)}`;
  });
  return text === '' ? 'null' : `${text}}`;
}

/** Calls back with every field of an object. @returns false where it is none, or breaks off. */
function eachField(
  json: Buffer,
  object: number,
  found: (name: string, start: number, end: number) => void,
): boolean {
  if (json[object] !== 0x7b) return false;
  for (let at = object + 1; json[at] === QUOTE; ) {
    const keyEnd = endOfString(json, at);
    const start = keyEnd + 2;
    const end = json[keyEnd + 1] === COLON ? endOfValue(json, start) : null;
    if (end === null) return false;
    found(json.toString('latin1', at + 1, keyEnd), start, end);
    if (json[end] !== COMMA) return json[end] === 0x7d;
    at = end + 1;
  }
  return json[object + 1] === 0x7d;
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
