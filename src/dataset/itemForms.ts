import { canonicalJson, isArray, isObject, type Json, type JsonObject } from '../base/json.ts';

/**
 * Lists of records come in several forms: objects, objects with objects or short lists in them, bare lists of as many
 * values each, and dictionaries of a name and a value. All of them are planned as lists of flat objects.
 */
export interface ItemForm {
  /** An object stands for the list: each item is a key and what it holds. */
  readonly dictionary?: true;
  /** Keys of items are paths: "price.amount", "span.0". */
  readonly nested?: true;
}

/** Names of the two fields of an entry of a dictionary. */
const [entryKey, entryValue] = ['key', 'value'];

/** The list as flat objects; null where the value has another form. */
export function itemsOf(form: ItemForm, value: Json): Json[] | null {
  if (!form.dictionary) {
    if (!isArray(value)) return null;
    return form.nested ? value.map(flat) : [...value];
  }
  if (!isObject(value)) return null;
  const entries = Object.entries(value).map(
    ([key, item]): JsonObject => ({ [entryKey]: key, [entryValue]: item }),
  );
  return form.nested ? entries.map(flat) : entries;
}

/** The inverse. */
export function fromItems(form: ItemForm, items: readonly JsonObject[]): Json {
  const whole = form.nested ? items.map(unflat) : [...items];
  if (!form.dictionary) return whole;
  return Object.fromEntries(
    whole.map((item) => (isObject(item) ? [String(item[entryKey]), item[entryValue] ?? null] : ['', null])),
  );
}

/** The form under which these lists are lists of flat objects with the same fields; null where there is none. */
export function nestedForm(lists: readonly (readonly Json[])[]): ItemForm | null {
  const items = lists.flat();
  if (items.every((item) => isObject(item) && Object.values(item).every((own) => !isNested(own)))) return {};
  const isSound = items.every((item) => {
    const own = flat(item);
    return isObject(own) && canonicalJson(unflat(own)) === canonicalJson(item);
  });
  if (!isSound) return null;
  // Lists of any length within items have no fields of their own.
  const lengths = new Map<string, Set<number>>();
  for (const item of items) noteLengths(item, '', lengths);
  return [...lengths.values()].every((own) => own.size === 1) ? { nested: true } : null;
}

function isNested(value: Json): boolean {
  return isArray(value) || isObject(value);
}

function noteLengths(value: Json, path: string, lengths: Map<string, Set<number>>): void {
  if (!isNested(value)) return;
  if (isArray(value)) lengths.set(path, (lengths.get(path) ?? new Set()).add(value.length));
  for (const [key, own] of Object.entries(value as object)) noteLengths(own, `${path}.${key}`, lengths);
}

function flat(item: Json): Json {
  if (!isNested(item)) return item;
  const found: [string, Json][] = [];
  const walk = (value: Json, path: string): void => {
    if (!isNested(value) || Object.keys(value as object).length === 0) found.push([path, value]);
    else
      for (const [key, own] of Object.entries(value as object))
        walk(own, path === '' ? key : `${path}.${key}`);
  };
  walk(item, '');
  return Object.fromEntries(found);
}

function unflat(item: JsonObject): Json {
  const groups = new Map<string, [string, Json][]>();
  for (const [path, value] of Object.entries(item)) {
    const at = path.indexOf('.');
    const [key, rest] = at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at + 1)];
    groups.set(key, [...(groups.get(key) ?? []), [rest, value]]);
  }
  const whole = [...groups].map(([key, own]): [string, Json] => {
    const [first] = own;
    return [key, own.length === 1 && first?.[0] === '' ? first[1] : unflat(Object.fromEntries(own))];
  });
  const isList = whole.length > 0 && whole.every(([key], i) => key === String(i));
  return isList ? whole.map(([, value]) => value) : Object.fromEntries(whole);
}
