import type { Json } from '../../base/json.ts';
import { isArray, isObject } from '../../base/json.ts';

/** Dictionaries and lists as Python prints them: single quotes, True, False and None. */

/** The value of a Python literal; undefined where the text is none, or JSON has nothing like it. */
export function readPython(text: string): Json | undefined {
  const reader: Reader = { text, at: 0 };
  const value = readValue(reader);
  skip(reader);
  return value !== undefined && reader.at === text.length ? value : undefined;
}

/** The inverse, as `repr` prints it. */
export function writePython(value: Json): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'number') return JSON.stringify(value);
  if (typeof value === 'string') return quoted(value);
  if (isArray(value)) return `[${value.map(writePython).join(', ')}]`;
  const pairs = Object.entries(value).map(([key, item]) => `${quoted(key)}: ${writePython(item)}`);
  return `{${pairs.join(', ')}}`;
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escapes: Readonly<Record<string, string>> = {
    '\\': '\\\\',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    [quote]: `\\${quote}`,
  };
  return quote + text.replace(/[\\\n\r\t'"]/gu, (c) => escapes[c] ?? c) + quote;
}

interface Reader {
  readonly text: string;
  at: number;
}

function skip(reader: Reader): void {
  while (/\s/u.test(reader.text[reader.at] ?? '')) reader.at++;
}

/** Reads the pattern at the place; null where it does not stand there. */
function take(reader: Reader, pattern: RegExp): string | null {
  skip(reader);
  const match = pattern.exec(reader.text.slice(reader.at));
  if (match === null) return null;
  reader.at += match[0].length;
  return match[0];
}

const words: Readonly<Record<string, Json>> = { True: true, False: false, None: null };

function readValue(reader: Reader): Json | undefined {
  const string = take(reader, /^(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/u);
  if (string !== null) return unquoted(string);
  const number = take(reader, /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/u);
  if (number !== null) return Number(number);
  const word = take(reader, /^(?:True|False|None)\b/u);
  if (word !== null) return words[word];
  if (take(reader, /^\[/u) !== null) return readItems(reader);
  return take(reader, /^\{/u) === null ? undefined : readPairs(reader);
}

function unquoted(text: string): string {
  const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return text.slice(1, -1).replace(/\\(.)/gu, (_, c: string) => escapes[c] ?? c);
}

function readItems(reader: Reader): Json | undefined {
  const items: Json[] = [];
  if (take(reader, /^\]/u) !== null) return items;
  for (;;) {
    const item = readValue(reader);
    if (item === undefined) return undefined;
    items.push(item);
    const mark = take(reader, /^[,\]]/u);
    if (mark === ']') return items;
    if (mark === null) return undefined;
  }
}

function readPairs(reader: Reader): Json | undefined {
  const pairs: [string, Json][] = [];
  if (take(reader, /^\}/u) !== null) return {};
  for (;;) {
    const key = readValue(reader);
    if (typeof key !== 'string' || take(reader, /^:/u) === null) return undefined;
    const value = readValue(reader);
    if (value === undefined) return undefined;
    pairs.push([key, value]);
    const mark = take(reader, /^[,}]/u);
    if (mark === '}') return Object.fromEntries(pairs);
    if (mark === null) return undefined;
  }
}

/** Objects and lists: a bare word or number is a text. */
export function isStructure(value: Json | undefined): boolean {
  return isArray(value) || isObject(value);
}
