import { isArray, isObject, type Json } from '../../base/json.ts';

/** YAML as teachers write records: keys, nested keys, lists of values and of records. */

export interface YamlHabit {
  readonly step: 2 | 4;
  /** Lists stand this far to the right of their key. */
  readonly lists: 0 | 2 | 4;
  readonly quote: '"' | "'";
  /** Texts are quoted even where they need not be. */
  readonly quotesAll: boolean;
  /** Lists of bare values stand in brackets. */
  readonly brackets: boolean;
  readonly none: 'null' | '~' | '';
}

/** Every habit, the most usual first. */
export const yamlHabits: readonly YamlHabit[] = ([2, 4] as const).flatMap((step) =>
  ([2, 0, 4] as const).flatMap((lists) =>
    (['"', "'"] as const).flatMap((quote) =>
      [false, true].flatMap((quotesAll) =>
        [false, true].flatMap((brackets) =>
          (['null', '~', ''] as const).map((none) => ({ step, lists, quote, quotesAll, brackets, none })),
        ),
      ),
    ),
  ),
);

interface Lines {
  readonly lines: string[];
  at: number;
}

/** The value of a text in this part of YAML; undefined where it is none of that. */
export function readYaml(text: string): Json | undefined {
  const lines = text.split('\n');
  if (lines.some((line) => !/^ *\S.*$/u.test(line) || /^ *#/u.test(line))) return undefined;
  const reader: Lines = { lines, at: 0 };
  const value = readBlock(reader, indentOf(lines[0] ?? ''));
  return reader.at === lines.length ? value : undefined;
}

export function writeYaml(value: Json, habit: YamlHabit): string {
  return block(value, 0, habit).join('\n');
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function readBlock(reader: Lines, indent: number): Json | undefined {
  return /^ *-(?: |$)/u.test(reader.lines[reader.at] ?? '')
    ? readList(reader, indent)
    : readMap(reader, indent);
}

function readList(reader: Lines, indent: number): Json | undefined {
  const items: Json[] = [];
  for (let line = reader.lines[reader.at]; line !== undefined; line = reader.lines[reader.at]) {
    if (indentOf(line) !== indent || !line.slice(indent).startsWith('- ')) break;
    const rest = line.slice(indent + 2);
    let item: Json | undefined;
    if (pair.test(rest)) {
      // The record that begins behind the dash stands as deep as its first key.
      reader.lines[reader.at] = ' '.repeat(indent + 2) + rest;
      item = readMap(reader, indent + 2);
    } else {
      item = readScalar(rest);
      reader.at++;
    }
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items.length === 0 ? undefined : items;
}

const pair = /^([\p{L}_][\p{L}\p{N}_ .-]*):(?: (.*))?$/u;

function readMap(reader: Lines, indent: number): Json | undefined {
  const found: [string, Json][] = [];
  for (let line = reader.lines[reader.at]; line !== undefined; line = reader.lines[reader.at]) {
    if (indentOf(line) !== indent) break;
    const match = pair.exec(line.slice(indent));
    if (match === null) return found.length > 0 ? Object.fromEntries(found) : undefined;
    reader.at++;
    const value = match[2] === undefined ? readBelow(reader, indent) : readScalar(match[2]);
    if (value === undefined) return undefined;
    found.push([match[1]!, value]);
  }
  const value = Object.fromEntries(found);
  return found.length > 0 && Object.keys(value).length === found.length ? value : undefined;
}

/** What stands below a key without a value on its line. */
function readBelow(reader: Lines, indent: number): Json | undefined {
  const next = reader.lines[reader.at] ?? '';
  const deep = indentOf(next);
  if (deep > indent || (deep === indent && next.slice(indent).startsWith('- ')))
    return readBlock(reader, deep);
  return null;
}

const plainWords: Readonly<Record<string, Json>> = { true: true, false: false, null: null, '~': null };

function readScalar(text: string): Json | undefined {
  if (Object.hasOwn(plainWords, text)) return plainWords[text];
  if (/^".*"$/u.test(text)) {
    const inner = text.slice(1, -1);
    return /(?<!\\)"/u.test(inner) ? undefined : inner.replace(/\\(["\\])/gu, '$1');
  }
  if (/^'.*'$/u.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  if (text === '[]') return [];
  if (/^\[.*\]$/u.test(text)) {
    const items = text.slice(1, -1).split(', ').map(readScalar);
    return items.some((item) => item === undefined || isArray(item)) ? undefined : (items as Json[]);
  }
  if (isNumber(text)) return Number(text);
  return isPlain(text) ? text : undefined;
}

function isNumber(text: string): boolean {
  return /^-?\d/u.test(text) && String(Number(text)) === text;
}

/** A text that needs no quotes. */
function isPlain(text: string): boolean {
  return (
    text !== '' &&
    !/^[\s!&*?|>%@`"'#{}[\],-]|: | #|[\s:]$|\n/u.test(text) &&
    !Object.hasOwn(plainWords, text) &&
    !/^-?[\d.]+$/u.test(text)
  );
}

function scalar(value: Json, habit: YamlHabit): string {
  if (value === null) return habit.none;
  if (typeof value !== 'string') return JSON.stringify(value);
  if (!habit.quotesAll && isPlain(value)) return value;
  return habit.quote === "'"
    ? `'${value.replaceAll("'", "''")}'`
    : `"${value.replace(/["\\]/gu, (c) => `\\${c}`)}"`;
}

function block(value: Json, indent: number, habit: YamlHabit): string[] {
  const space = ' '.repeat(indent);
  if (isArray(value))
    return value.flatMap((item) => {
      if (!isObject(item)) return [`${space}- ${scalar(item, habit)}`];
      const [first = '', ...rest] = block(item, indent + 2, habit);
      return [`${space}- ${first.slice(indent + 2)}`, ...rest];
    });
  if (!isObject(value)) return [space + scalar(value, habit)];
  return Object.entries(value).flatMap(([key, item]) => {
    if (isArray(item)) {
      const bare = item.every((one) => one === null || typeof one !== 'object');
      if (item.length === 0 || (bare && habit.brackets))
        return [`${space}${key}: [${item.map((one) => scalar(one, habit)).join(', ')}]`];
      return [`${space}${key}:`, ...block(item, indent + habit.lists, habit)];
    }
    if (isObject(item)) return [`${space}${key}:`, ...block(item, indent + habit.step, habit)];
    return [`${space}${key}: ${scalar(item, habit)}`.trimEnd()];
  });
}
