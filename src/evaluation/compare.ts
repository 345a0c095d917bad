import { canonicalJson, isArray, isObject, type Json, type JsonObject, parseJson } from '../base/json.ts';
import type { Answer } from '../wire/chat.ts';

/** How one field of a JSON answer is compared; the default is exact. */
export interface FieldPolicy {
  /** Case and runs of whitespace do not count. */
  readonly fold?: boolean;
  /** The array here is a set: order does not count. */
  readonly orderFree?: boolean;
  /** Not compared at all (a timestamp the teacher makes up). */
  readonly ignore?: boolean;
}

export interface CompareOptions {
  /** Labels that mean the same: spelling -> the spelling that stands for it. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** By path, `a.b` or `items[].name`; inside tool calls `ToolName.a.b`. */
  readonly fields?: Readonly<Record<string, FieldPolicy>>;
  /** Text beside tool calls is commentary that nobody parses. */
  readonly ignoreCommentary?: boolean;
}

/**
 * Do two answers say the same? The line is drawn where a client that parses the answer could tell them apart: JSON is
 * compared by value (key order, spacing and a code fence around it do not count, letter case does), tool calls by name
 * and argument values in any order, all other text letter by letter after trimming and joining runs of spaces. Nothing
 * is forgiven beyond that unless `options` say so, because the promise made to the user is about this function.
 */
export function answersAgree(a: Answer, b: Answer, options: CompareOptions = {}): boolean {
  return canonicalAnswer(a, options) === canonicalAnswer(b, options);
}

/** One text per meaning: two answers agree exactly where these are equal, so agreement is an equivalence. */
export function canonicalAnswer(answer: Answer, options: CompareOptions = {}): string {
  const calls = answer.toolCalls.map((call) => canonicalCall(call.name, call.arguments, options)).sort();
  const commentary = calls.length > 0 && options.ignoreCommentary === true;
  return JSON.stringify([commentary ? '' : canonicalText(answer.text ?? '', options), calls]);
}

function canonicalCall(name: string, args: string, options: CompareOptions): string {
  const value = args.trim() === '' ? {} : parseExactly(args);
  const body = value === undefined ? args.trim() : canonicalJson(applyPolicies(value, name, options));
  return JSON.stringify([name, body]);
}

function canonicalText(text: string, options: CompareOptions): string {
  const value = parseExactly(unfence(text));
  if (isObject(value) || isArray(value)) return `json:${canonicalJson(applyPolicies(value, '', options))}`;
  const plain = normaliseSpaces(text);
  return `text:${lookUp(options.aliases, plain) ?? plain}`;
}

/** Lines stay lines; spaces at their ends and runs of spaces inside do not count. */
function normaliseSpaces(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .trim();
}

function unfence(text: string): string {
  const match = /^\s*```[a-zA-Z]*\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(text);
  return match?.[1] ?? text;
}

/**
 * JSON by value, with numbers that a double cannot hold kept apart by their digits: an id of 19 digits that differs in
 * the last one is a different id, though `JSON.parse` gives the same number.
 */
function parseExactly(text: string): Json | undefined {
  if (parseJson(text) === undefined) return undefined;
  const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  const guarded = text.replace(token, (found) => {
    if (found.startsWith('"') || significantDigits(found) <= 15) return found;
    return JSON.stringify(`\u0000number ${found}`);
  });
  return parseJson(guarded);
}

function significantDigits(literal: string): number {
  const [mantissa = ''] = literal.split(/[eE]/);
  const digits = mantissa.replace(/[-.]/g, '').replace(/^0+/, '');
  return (mantissa.includes('.') ? digits.replace(/0+$/, '') : digits).length;
}

function applyPolicies(value: Json, path: string, options: CompareOptions): Json {
  if (options.fields === undefined) return value;
  const policy = lookUp(options.fields, path) ?? {};
  if (isArray(value)) {
    const items = value.map((item) => applyPolicies(item, `${path}[]`, options));
    return policy.orderFree === true ? sortByText(items) : items;
  }
  if (isObject(value)) return applyToFields(value, path, options);
  if (typeof value === 'string' && policy.fold === true)
    return value.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
  return value;
}

function applyToFields(value: JsonObject, path: string, options: CompareOptions): JsonObject {
  const fields: [string, Json][] = [];
  for (const [key, field] of Object.entries(value)) {
    const below = path === '' ? key : `${path}.${key}`;
    if (lookUp(options.fields, below)?.ignore === true) continue;
    fields.push([key, applyPolicies(field, below, options)]);
  }
  return Object.fromEntries(fields);
}

function sortByText(items: readonly Json[]): Json[] {
  return items
    .map((item) => ({ item, text: canonicalJson(item) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ item }) => item);
}

/** Own entries only: an answer may well be the word "constructor". */
function lookUp<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
