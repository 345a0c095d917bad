import { shortHash } from '../base/hash.ts';
import { canonicalJson, isArray, isObject, type Json } from '../base/json.ts';
import type { OutputFormat, ToolDefinition } from '../wire/chat.ts';

/** Equal hashes mean the same tools, whatever their order. */
export function toolsHash(tools: readonly ToolDefinition[]): string {
  return shortHash(byName(tools).map(toolText).join('\n'));
}

function toolText(tool: ToolDefinition): string {
  return canonicalJson([tool.name, tool.description, tool.parameters, tool.hosted]);
}

/** Are these the same tools, whatever their order? Much cheaper than hashing both. */
export function sameTools(a: readonly ToolDefinition[], b: readonly ToolDefinition[]): boolean {
  if (a.length !== b.length) return false;
  if (inOrder(a, b)) return true;
  return a.length > 1 && inOrder(byName(a), byName(b));
}

function inOrder(a: readonly ToolDefinition[], b: readonly ToolDefinition[]): boolean {
  return a.every((tool, i) => {
    const other = b[i]!;
    return (
      tool.name === other.name &&
      tool.description === other.description &&
      tool.hosted === other.hosted &&
      sameJson(tool.parameters, other.parameters)
    );
  });
}

function byName(tools: readonly ToolDefinition[]): readonly ToolDefinition[] {
  return [...tools].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

export function sameFormat(a: OutputFormat, b: OutputFormat): boolean {
  if (a.kind !== 'schema' || b.kind !== 'schema') return a.kind === b.kind;
  return a.name === b.name && a.strict === b.strict && sameJson(a.schema, b.schema);
}

/** One text per output format. */
export function formatText(format: OutputFormat): string {
  return format.kind === 'schema' ? canonicalJson([format.name, format.strict, format.schema]) : format.kind;
}

/** Deep equality of two JSON values; the order of keys does not matter. */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (isArray(a)) return isArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]!));
  if (!isObject(a) || !isObject(b)) return false;
  let keys = 0;
  for (const key in a) {
    const other = b[key];
    if (other === undefined || !sameJson(a[key]!, other)) return false;
    keys++;
  }
  return keys === Object.keys(b).length;
}

/** Keeps one object per distinct tool list or format, so that later comparisons are by identity. */
export class Interner<T> {
  readonly #buckets = new Map<string, T[]>();
  readonly #key: (value: T) => string;
  readonly #same: (a: T, b: T) => boolean;

  /** @param key cheap text that is equal for equal values. */
  constructor(key: (value: T) => string, same: (a: T, b: T) => boolean) {
    this.#key = key;
    this.#same = same;
  }

  intern(value: T): T {
    const key = this.#key(value);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      this.#buckets.set(key, [value]);
      return value;
    }
    const known = bucket.find((other) => this.#same(other, value));
    if (known !== undefined) return known;
    bucket.push(value);
    return value;
  }
}
