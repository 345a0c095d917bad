import { isArray, isObject, type Json, parseJson } from '../base/json.ts';
import { isValue, splitItem, unquote } from './item.ts';

/** What the JSON examples of a prompt show: the keys of the answer, and values written down for them. */
export interface JsonExamples {
  /** Path -> values that the prompt writes down for it (alternatives like `a|b`, or literal values). */
  readonly fields: ReadonlyMap<string, ExampleField>;
  /** The prompt with the examples blanked out: what they list is no list of labels. */
  readonly rest: string;
}

export interface ExampleField {
  /** `"positive|negative"`, `<true|false>`, `"a" | "b"`: all the values there are. */
  readonly alternatives: readonly string[];
  /** Literal values of complete examples: some of the values there are. */
  readonly literals: readonly string[];
  /** `"<intent>"`, `"..."`, `string`: something is to be filled in. */
  readonly open: boolean;
}

const MAX_EXAMPLES = 200;
const MAX_LENGTH = 20_000;
/** Braces that close nothing are not searched for ever. */
const MAX_SCANNED = 2_000_000;

/** Reads every `{...}` of a prompt that looks like a JSON answer, complete or with placeholders. */
export function jsonExamples(text: string): JsonExamples {
  const fields = new Map<string, { alternatives: Set<string>; literals: Set<string>; open: boolean }>();
  const field = (path: string) => {
    let known = fields.get(path);
    if (known === undefined)
      fields.set(path, (known = { alternatives: new Set(), literals: new Set(), open: false }));
    return known;
  };
  let examples = 0;
  let scanned = 0;
  let rest = '';
  let copied = 0;
  for (
    let i = text.indexOf('{');
    i >= 0 && examples < MAX_EXAMPLES && scanned < MAX_SCANNED;
    i = text.indexOf('{', i)
  ) {
    const end = closing(text, i);
    scanned += end < 0 ? Math.min(MAX_LENGTH, text.length - i) : end - i;
    const body = end < 0 ? '' : text.slice(i, end);
    if (!/["'\w]\s*:/.test(body)) {
      i++;
      continue;
    }
    examples++;
    const parsed = parseJson(body);
    if (isObject(parsed)) literal(parsed, '', field);
    else placeholders(body, field);
    rest += `${text.slice(copied, i)}{}`;
    copied = end;
    i = end;
  }
  return {
    rest: rest + text.slice(copied),
    fields: new Map(
      [...fields].map(([path, { alternatives, literals, open }]) => [
        path,
        { alternatives: [...alternatives], literals: [...literals], open },
      ]),
    ),
  };
}

type FieldOf = (path: string) => { alternatives: Set<string>; literals: Set<string>; open: boolean };

function literal(node: Json, path: string, field: FieldOf): void {
  if (isArray(node)) for (const item of node) literal(item, `${path}[]`, field);
  else if (isObject(node))
    for (const [key, value] of Object.entries(node)) {
      const child = path === '' ? key : `${path}.${key}`;
      field(child);
      literal(value, child, field);
    }
  else if (path !== '') fill(path, typeof node === 'string' ? JSON.stringify(node) : String(node), field);
}

/** An example that is no JSON yet: `{"domain":"<domain>","escalate":<true|false>}`. Keys are read with their nesting. */
function placeholders(body: string, field: FieldOf): void {
  const stack: string[] = [];
  let pending: string | null = null;
  const token =
    /["']?([A-Za-z_][\w-]*)["']?\s*\??:\s*|[{}[\]]|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|<[^<>\n]*>|[^\s{}[\],;:"'<>]+|\||,|;/g;
  let value = '';
  const finish = (): void => {
    if (pending !== null && value !== '') fill(pending, value, field);
    value = '';
  };
  for (const match of body.matchAll(token)) {
    const text = match[0];
    if (match[1] !== undefined) {
      finish();
      const prefix = stack.filter(Boolean).join('.').replaceAll('.[]', '[]');
      pending = prefix === '' ? match[1] : `${prefix}.${match[1]}`;
      field(pending);
    } else if (text === '{') stack.push(stack.length === 0 ? '' : lastKey(pending));
    else if (text === '[') stack.push(`${lastKey(pending)}[]`);
    else if (text === '}' || text === ']') {
      finish();
      stack.pop();
    } else if (text === ',' || text === ';') finish();
    else value += text;
  }
  finish();
}

function lastKey(path: string | null): string {
  return path === null ? '' : path.slice(path.lastIndexOf('.') + 1);
}

function fill(path: string, raw: string, field: FieldOf): void {
  const known = field(path);
  const shown = inner(raw).trim();
  const text = shown.replace(/^[<[{(](.*)[>\]})]$/s, '$1').trim();
  const parts = text.split(/\s*\|\s*|(?<=\w)\/(?=\w)|\s+or\s+/).map((part) => unquote(part));
  if (parts.length >= 2 && parts.every((part) => isValue(part) && part.split(/\s+/).length <= 4)) {
    for (const part of parts) if (!/^(string|number|null|integer)$/.test(part)) known.alternatives.add(part);
    return;
  }
  const item = splitItem(text);
  const placeholder =
    text !== shown ||
    /\.\.\.|…|^(string|number|boolean|integer|float|int|any|null|date|str|bool)$/i.test(text);
  if (placeholder || item === null || text === '') known.open = true;
  else known.literals.add(text);
}

/** The text inside one pair of quotes; `"a" | "b"` is three things and stays as it is. */
function inner(raw: string): string {
  const body = raw.slice(1, -1);
  return /^["'].*["']$/s.test(raw) && !body.includes(raw[0]!) ? body : raw;
}

/** Index behind the brace that closes the one at `start`; -1 where none does within reach. */
function closing(text: string, start: number): number {
  let depth = 0;
  const limit = Math.min(text.length, start + MAX_LENGTH);
  for (let i = start; i < limit; i++) {
    const character = text[i];
    if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return i + 1;
  }
  return -1;
}
