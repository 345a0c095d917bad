import { isArray, isObject, type Json, type JsonObject } from '../base/json.ts';
import { normaliseText } from '../base/text.ts';
import { unseenMass } from './answers.ts';
import type { FieldProfile, ValueCount } from './task.ts';

/** One answer as a JSON value, with the input it was given for. */
export interface JsonSample {
  readonly value: Json;
  readonly input: string;
}

/** A field with fewer values than this says nothing about being constant or a function of another field. */
const ENOUGH = 20;
/** Values listed per field. */
const LISTED = 1000;
/** Distinct values counted per field; beyond, the field is free text whatever the counts say. */
const COUNTED = 20_000;
const COPIED = 0.95;
/** Share of calls that may break a function between fields: teachers slip. */
const SLIPS = 0.002;

interface Field {
  readonly path: string;
  readonly parent: string;
  count: number;
  readonly types: Set<FieldProfile['types'][number]>;
  /** Canonical JSON of scalars -> count. */
  readonly values: Map<string, number>;
  strings: number;
  copied: number;
  /** Values by sample, for functions between fields; fields inside arrays have none. */
  readonly bySample: Map<number, string>;
}

/**
 * Profiles every field of JSON answers. Fields are listed in order of first appearance, parents before children.
 * @param declared JSON Schema of the answer, if any: its enums win over copying.
 */
export function profileFields(
  samples: readonly JsonSample[],
  declared: JsonObject | null,
): readonly FieldProfile[] {
  const fields = new Map<string, Field>();
  const folded = new Map<string, string>();
  const objects = new Map<string, number>();
  const dictionaries = dictionaryPaths(samples);
  samples.forEach(({ value, input }, i) => {
    let text = folded.get(input);
    if (text === undefined) {
      if (folded.size > 1000) folded.clear();
      folded.set(input, (text = foldForCopy(input)));
    }
    visit(value, '', i, text, fields, objects, dictionaries);
  });
  const draft = [...fields.values()].map((field) =>
    draftProfile(field, fields, objects, samples.length, declared),
  );
  const named = draft.map((profile) =>
    dictionaries.has(profile.path) ? { ...profile, role: 'dictionary' as const } : profile,
  );
  return withDerived(dictionaries.has('') ? [wholeDictionary, ...named] : named, fields, samples.length);
}

const wholeDictionary: FieldProfile = {
  path: '',
  types: ['object'],
  presence: 1,
  role: 'dictionary',
  values: [],
  from: null,
  constant: null,
  copyRate: 0,
};

/** So many keys, of which none is in half of the objects and too many come once, are names and no fields. */
const MANY_KEYS = 30;
const NEW_KEYS = 0.05;

/** Paths of objects that map names to values: their keys are no fields of the answer. */
function dictionaryPaths(samples: readonly JsonSample[]): ReadonlySet<string> {
  const found = new Map<string, { objects: number; readonly keys: Map<string, number> }>();
  const walk = (value: Json, path: string): void => {
    if (isArray(value)) for (const item of value) walk(item, `${path}[]`);
    if (!isObject(value)) return;
    const own = found.get(path) ?? { objects: 0, keys: new Map<string, number>() };
    found.set(path, own);
    own.objects++;
    for (const key in value) {
      own.keys.set(key, (own.keys.get(key) ?? 0) + 1);
      walk(value[key]!, path === '' ? key : `${path}.${key}`);
    }
  };
  for (const { value } of samples) walk(value, '');
  const isDictionary = ({ objects, keys }: { objects: number; keys: Map<string, number> }): boolean => {
    if (keys.size <= MANY_KEYS) return false;
    const counts = [...keys.values()];
    const all = counts.reduce((sum, count) => sum + count, 0);
    const most = counts.reduce((a, b) => Math.max(a, b), 0);
    return most < objects / 2 && counts.filter((count) => count === 1).length > NEW_KEYS * all;
  };
  return new Set([...found].flatMap(([path, own]) => (isDictionary(own) ? [path] : [])));
}

function visit(
  value: Json,
  path: string,
  sample: number,
  input: string,
  fields: Map<string, Field>,
  objects: Map<string, number>,
  dictionaries: ReadonlySet<string>,
): void {
  if (isObject(value)) {
    objects.set(path, (objects.get(path) ?? 0) + 1);
    if (dictionaries.has(path)) return;
    for (const key in value) {
      const child = path === '' ? key : `${path}.${key}`;
      note(value[key]!, child, path, sample, input, fields);
      visit(value[key]!, child, sample, input, fields, objects, dictionaries);
    }
  } else if (isArray(value)) {
    for (const item of value) {
      const child = `${path}[]`;
      note(item, child, path, sample, input, fields);
      visit(item, child, sample, input, fields, objects, dictionaries);
    }
  }
}

function note(
  value: Json,
  path: string,
  parent: string,
  sample: number,
  input: string,
  fields: Map<string, Field>,
): void {
  let field = fields.get(path);
  if (field === undefined) {
    field = {
      path,
      parent,
      count: 0,
      types: new Set(),
      values: new Map(),
      strings: 0,
      copied: 0,
      bySample: new Map(),
    };
    fields.set(path, field);
  }
  field.count++;
  field.types.add(typeOf(value));
  if (isObject(value) || isArray(value)) return;
  const key = JSON.stringify(value);
  if (field.values.size < COUNTED || field.values.has(key))
    field.values.set(key, (field.values.get(key) ?? 0) + 1);
  if (!path.includes('[]')) field.bySample.set(sample, key);
  if (typeof value === 'string' && value !== '') {
    field.strings++;
    if (input.includes(foldForCopy(value))) field.copied++;
  }
}

function typeOf(value: Json): FieldProfile['types'][number] {
  if (value === null) return 'null';
  if (isArray(value)) return 'array';
  if (isObject(value)) return 'object';
  if (typeof value === 'string') return 'string';
  return typeof value === 'number' ? 'number' : 'boolean';
}

/** Case, blanks and compatibility forms do not matter when asking whether a value was copied. */
function foldForCopy(text: string): string {
  return normaliseText(text);
}

function draftProfile(
  field: Field,
  fields: ReadonlyMap<string, Field>,
  objects: ReadonlyMap<string, number>,
  samples: number,
  declared: JsonObject | null,
): FieldProfile {
  const inArray = field.path.endsWith('[]');
  const parents = inArray
    ? (fields.get(field.parent)?.count ?? samples)
    : (objects.get(field.parent) ?? samples);
  const presence = inArray ? 1 : field.count / Math.max(1, parents);
  const counts = [...field.values]
    .map(([key, count]) => ({ value: shown(key), key, count }))
    .sort((a, b) => b.count - a.count);
  const copyRate = field.strings === 0 ? 0 : field.copied / field.strings;
  const enumerated = declaredEnum(declared, field.path);
  const role = roleOf(field, counts, presence, copyRate, enumerated);
  return {
    path: field.path,
    types: [...field.types],
    presence,
    role,
    values: counts.slice(0, LISTED).map(({ value, count }) => ({ value, count })),
    from: null,
    constant: role === 'constant' ? (JSON.parse(counts[0]!.key) as Json) : null,
    copyRate,
  };
}

/** Strings as they are, other scalars as JSON. */
function shown(key: string): string {
  return key.startsWith('"') ? (JSON.parse(key) as string) : key;
}

function roleOf(
  field: Field,
  counts: readonly ValueCount[],
  presence: number,
  copyRate: number,
  enumerated: boolean,
): FieldProfile['role'] {
  if (field.types.has('array')) return 'list';
  if (field.types.has('object')) return 'free';
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  // One other value in ten thousand may be the one that matters: constant is what never varied.
  if (presence === 1 && total >= ENOUGH && counts.length === 1) return 'constant';
  if (enumerated || (field.types.has('boolean') && !field.types.has('string'))) return 'enum';
  if (field.types.has('number') && !field.types.has('string'))
    return isClosed(counts, total) && counts.length <= 12 ? 'enum' : 'number';
  if (copyRate >= COPIED) return 'copied';
  return isClosed(counts, total) ? 'enum' : 'free';
}

/** Few values, short, and (Good-Turing) hardly any call to come will bring another. */
function isClosed(counts: readonly ValueCount[], total: number): boolean {
  if (total < 10 || counts.length > total / 5) return false;
  return unseenMass(counts) <= 0.01 && counts.every(({ value }) => value.length <= 80);
}

/** Does the schema list the values of this path? */
function declaredEnum(schema: JsonObject | null, path: string): boolean {
  let node: Json | undefined = schema ?? undefined;
  for (const step of path.split(/\.|(?=\[\])/u)) {
    if (!isObject(node)) return false;
    if (step === '[]') node = node['items'];
    else {
      const properties: Json | undefined = node['properties'];
      node = isObject(properties) ? properties[step] : undefined;
    }
  }
  return isObject(node) && (isArray(node['enum']) || node['const'] !== undefined);
}

/**
 * Marks fields that are a function of another one: every value of the closed field `from` goes with one value here.
 * Only closed fields can explain others (a near-unique id explains everything), and only the more detailed of two.
 */
function withDerived(
  profiles: readonly FieldProfile[],
  fields: ReadonlyMap<string, Field>,
  samples: number,
): readonly FieldProfile[] {
  const closed = profiles.filter(
    (profile) =>
      profile.role === 'enum' && profile.presence === 1 && fields.get(profile.path)!.bySample.size >= ENOUGH,
  );
  return profiles.map((profile) => {
    if (!closed.includes(profile)) return profile;
    const from = closed
      .filter((other) => other !== profile && explains(other, profile, fields, profiles))
      .sort((a, b) => a.values.length - b.values.length)[0];
    return from === undefined || samples < ENOUGH
      ? profile
      : { ...profile, role: 'derived' as const, from: from.path };
  });
}

function explains(
  from: FieldProfile,
  to: FieldProfile,
  fields: ReadonlyMap<string, Field>,
  order: readonly FieldProfile[],
): boolean {
  if (from.values.length < to.values.length || to.values.length < 2) return false;
  // Of two fields that name the same thing the first one stands.
  if (from.values.length === to.values.length && order.indexOf(from) > order.indexOf(to)) return false;
  const target = fields.get(to.path)!.bySample;
  const pairs = new Map<string, Map<string, number>>();
  let n = 0;
  for (const [sample, key] of fields.get(from.path)!.bySample) {
    const value = target.get(sample);
    if (value === undefined) continue;
    n++;
    const row = pairs.get(key) ?? new Map<string, number>();
    pairs.set(key, row.set(value, (row.get(value) ?? 0) + 1));
  }
  // A value of `from` seen once fits any value here: only repeats are evidence.
  let repeats = 0;
  let slips = 0;
  for (const row of pairs.values()) {
    const total = [...row.values()].reduce((a, b) => a + b, 0);
    repeats += total - 1;
    slips += total - Math.max(...row.values());
  }
  // Nearly always the same value is nearly a function of anything: the rarer values have to follow as well.
  const rarer = to.values.slice(1).reduce((sum, { count }) => sum + count, 0);
  return n >= ENOUGH && repeats >= 0.5 * n && rarer >= 5 && slips <= Math.min(SLIPS * n, 0.05 * rarer);
}
