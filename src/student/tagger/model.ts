import { hash32 } from '../../base/hash.ts';
import type { Targets } from '../../dataset/align.ts';
import type { ModelInput } from '../../dataset/example.ts';
import type { Arrays } from '../arrays.ts';
import type { Blocks } from '../blocks.ts';
import type { Evidence } from '../decode.ts';
import { fromHalves, type Precision, toHalves } from '../half.ts';
import { indexOf, placesIn } from '../hashes.ts';
import type { Places } from '../wide/linear.ts';
import { type Gazetteer, nearFeatures, placedTokens, takenFeatures, tokenFeatures } from './features.ts';
import { type Crf, type ExtraScores, Work } from './field.ts';
import { latticeOf } from './lattice.ts';
import { leaderClass, type PlacedToken, type TagGroup, type TagScheme } from './scheme.ts';
import { signsOf } from './signs.ts';
import { spansOf } from './tagging.ts';
import { TemplateIndex, wordsOf } from './templates.ts';

/** Tags the tokens of an input with the slots they are copied into. */
export interface Tagger {
  readonly scheme: TagScheme;
  /** Sorted feature hashes; the index of a hash is its feature number. */
  readonly hashes: Uint32Array;
  /** Kinds of the values of training answers, and of what their words are part of. */
  readonly phrases: KindTable;
  readonly words: KindTable;
  readonly crf: Crf;
  /** Masked texts of training answers; null where the plan has none. */
  readonly templates: TemplateIndex | null;
}

/** Sorted hashes, and the kinds each is known to be: those of key i are `kinds[start[i] .. start[i+1])`. */
export interface KindTable {
  readonly keys: Uint32Array;
  readonly start: Int32Array;
  readonly kinds: Int32Array;
}

/** A reader of one input, tagged per group on demand. */
export function tagInput(
  tagger: Tagger,
  input: ModelInput,
  slots: readonly string[],
  extra: ExtraScores | null = null,
): NonNullable<Evidence['tag']> {
  return (name, targets) => {
    const group = tagger.scheme.groups[name];
    if (group === undefined) return { targets: {}, probability: 1, familiar: true, signs: [] };
    // Made anew for each group: kept, the features of all rows that a training judges took more than a gigabyte.
    const tokens = placedTokens(input, slots, tagger.scheme.spaces);
    if (tokens.length === 0)
      return { targets: spansOf(group, tokens, []), probability: 1, familiar: true, signs: [] };
    const gazetteer: Gazetteer = {
      phrase: (key) => kindsOf(tagger.phrases, key),
      word: (key) => kindsOf(tagger.words, key),
    };
    const features = tokenFeatures(tokens, gazetteer);
    const known = placesIn(tagger.hashes);
    const salts = ownSalts(name, leaderClass(group, targets));
    const words = tagger.templates === null ? null : tagger.templates.match(salts.at(-1)!, tokens);
    const further = furtherFeatures(group, tokens, targets, words);
    const sequence = { group: name, ...numberFeatures(joinFeatures(features, salts, further), known) };
    const work = new Work(tagger.crf.tags);
    const lattice = latticeOf(group);
    const { transitions, starts } = tagger.crf;
    work.score(
      sequence,
      lattice,
      tagger.crf,
      transitions.get(name)!,
      starts.get(name)!,
      group.apart ? null : extra,
    );
    const { tags, probability } = work.best(lattice);
    const familiar = group.regions.length === 0 || (words !== null && spells(group, tokens, tags, words));
    const copied = spansOf(group, tokens, tags);
    return { targets: copied, probability, familiar, signs: signsOf(group, tokens, copied, gazetteer) };
  };
}

/** Does a tagging say what the known template says? */
function spells(
  group: TagGroup,
  tokens: readonly PlacedToken[],
  tags: ArrayLike<number>,
  words: Uint8Array,
): boolean {
  const read = wordsOf(group, tokens, tags);
  return read.every((word, i) => word === words[i]);
}

/** Features beside those of the text: what a known template says of it, and what earlier calls took; null without either. */
export function furtherFeatures(
  group: TagGroup,
  tokens: readonly PlacedToken[],
  targets: Targets,
  words: Uint8Array | null,
): readonly (readonly number[])[] | null {
  if (group.regions.length > 0) return templateFeatures(words, tokens.length);
  if (group.near === true) return nearFeatures(tokens);
  if (group.earlier.length === 0) return null;
  const taken = group.earlier.flatMap((slot) => {
    const target = targets[slot];
    return target?.kind === 'spans' ? target.spans : [];
  });
  return takenFeatures(tokens, taken);
}

/** Features of what a template says of each token and its neighbours. */
function templateFeatures(words: Uint8Array | null, tokens: number): number[][] {
  const at = (i: number): number => words?.[i] ?? -1;
  return Array.from({ length: tokens }, (_, i) =>
    words === null
      ? [hash32('t none', 5)]
      : [
          `${at(i)}`,
          `${at(i)} ${at(i + 1)}`,
          `${at(i - 1)} ${at(i)}`,
          `${at(i - 1)} ${at(i)} ${at(i + 1)}`,
          `${at(i)} ${at(i + 1)} ${at(i + 2)}`,
          `${at(i - 2)} ${at(i - 1)} ${at(i)}`,
        ].map((name) => hash32(`t ${name}`, 5)),
  );
}

/** All features of each token as hashes: those of token i are `hashes[start[i] .. start[i+1])`. */
export interface Hashed {
  readonly start: Int32Array;
  readonly hashes: Uint32Array;
}

/** Shared features, own ones per salt and further ones, token by token. @param memory where the hashes are to lie. */
export function joinFeatures(
  { shared, own }: ReturnType<typeof tokenFeatures>,
  salts: readonly number[],
  further: readonly (readonly number[])[] | null = null,
  memory: Blocks | null = null,
): Hashed {
  const start = new Int32Array(shared.length + 1);
  for (let i = 0; i < shared.length; i++)
    start[i + 1] =
      start[i]! + shared[i]!.length + salts.length * own[i]!.length + (further?.[i]?.length ?? 0);
  const length = start.at(-1)!;
  const hashes = memory?.take(length) ?? new Uint32Array(length);
  let next = 0;
  for (let i = 0; i < shared.length; i++) {
    for (const hash of shared[i]!) hashes[next++] = hash;
    for (const salt of salts) for (const hash of own[i]!) hashes[next++] = ownHash(hash, salt);
    for (const hash of further?.[i] ?? []) hashes[next++] = hash;
  }
  return { start, hashes };
}

/**
 * Feature numbers, unknown features left out.
 * @param features where they are written, from the start on; it may lie over the hashes.
 */
export function numberFeatures(
  { start: from, hashes }: Hashed,
  numberOf: (hash: number) => number,
  features: Int32Array = new Int32Array(hashes.length),
): { readonly start: Int32Array; readonly features: Int32Array } {
  const start = new Int32Array(from.length);
  let next = 0;
  for (let i = 0; i + 1 < from.length; i++) {
    for (let j = from[i]!; j < from[i + 1]!; j++) {
      const number = numberOf(hashes[j]!);
      if (number >= 0) features[next++] = number;
    }
    start[i + 1] = next;
  }
  return { start, features: features.subarray(0, next) };
}

/** What own features are salted with: the group, and the group where its leader has this class. */
export function ownSalts(group: string, leader: number | null): number[] {
  const salts = [hash32(group, 9)];
  if (leader !== null) salts.push(hash32(`${group}=${leader}`, 10));
  return salts;
}

/** The hash of a feature that only one group has. */
function ownHash(hash: number, salt: number): number {
  return Math.imul(hash ^ salt, 0x9e3779b1) >>> 0;
}

function kindsOf({ keys, start, kinds }: KindTable, key: number): readonly number[] {
  const i = indexOf(keys, key);
  return i < 0 ? [] : [...kinds.subarray(start[i]!, start[i + 1]!)];
}

/** The tagger as arrays for a bundle; weights without zeros. */
export function taggerToArrays(tagger: Tagger, precision: Precision = 'int8'): Arrays {
  const { crf } = tagger;
  const groups = Object.keys(tagger.scheme.groups);
  const { kept, emissions, start, columns, scale } = packEmissions(crf, precision);
  return {
    hashes: Uint32Array.from(kept, (f) => tagger.hashes[f]!),
    ...packKinds('phrases', tagger.phrases),
    ...packKinds('words', tagger.words),
    ...packTemplates(tagger.templates),
    emissions,
    starts: start,
    columns,
    scale,
    ...Object.fromEntries(groups.map((group) => [`${group}/transitions`, crf.transitions.get(group)!])),
    ...Object.fromEntries(groups.map((group) => [`${group}/starts`, crf.starts.get(group)!])),
  };
}

export function taggerFromArrays(scheme: TagScheme, arrays: Arrays): Tagger {
  const groups = Object.keys(scheme.groups);
  const matrix = (name: string): Float32Array => arrays[name] as Float32Array;
  const halves = arrays['emissions'];
  return {
    scheme,
    hashes: arrays['hashes'] as Uint32Array,
    phrases: unpackKinds('phrases', arrays),
    words: unpackKinds('words', arrays),
    templates: unpackTemplates(arrays),
    crf: {
      tags: 1 + 2 * scheme.kinds.length,
      emissions: halves instanceof Uint16Array ? fromHalves(halves) : (halves as Int8Array),
      places: { start: arrays['starts'], columns: arrays['columns'] } as Places,
      scale: matrix('scale'),
      transitions: new Map(groups.map((group) => [group, matrix(`${group}/transitions`)])),
      starts: new Map(groups.map((group) => [group, matrix(`${group}/starts`)])),
    },
  };
}

function packKinds(name: string, { keys, start, kinds }: KindTable): Arrays {
  return { [`${name}.keys`]: keys, [`${name}.start`]: start, [`${name}.kinds`]: kinds };
}

function unpackKinds(name: string, arrays: Arrays): KindTable {
  return {
    keys: arrays[`${name}.keys`] as Uint32Array,
    start: arrays[`${name}.start`] as Int32Array,
    kinds: arrays[`${name}.kinds`] as Int32Array,
  };
}

function packTemplates(templates: TemplateIndex | null): Arrays {
  if (templates === null) return {};
  const { salts, start, tokens } = templates.pack();
  return { templateSalts: salts, templateStart: start, templateTokens: tokens };
}

function unpackTemplates(arrays: Arrays): TemplateIndex | null {
  const [salts, start, tokens] = ['templateSalts', 'templateStart', 'templateTokens'].map((n) => arrays[n]);
  if (salts === undefined) return null;
  return TemplateIndex.unpack({
    salts: salts as Uint32Array,
    start: start as Int32Array,
    tokens: tokens as Uint32Array,
  });
}

/**
 * Weights as 8-bit integers, nine in ten of which are zero and left out, with features that are left with none; or as
 * halves without what is next to nothing.
 */
function packEmissions({ emissions, tags }: Crf, precision: Precision) {
  const scale = new Float32Array(tags);
  const isFine = precision === 'float16';
  if (isFine) scale.fill(1);
  else
    emissions.forEach((weight, i) => {
      scale[i % tags] = Math.max(scale[i % tags]!, Math.abs(weight) / 127);
    });
  const kept: number[] = [];
  const starts = [0];
  const weights: number[] = [];
  const columns: number[] = [];
  for (let f = 0; f * tags < emissions.length; f++) {
    for (let tag = 0; tag < tags; tag++) {
      const step = scale[tag]!;
      const exact = emissions[f * tags + tag]!;
      const weight = isFine
        ? Math.abs(exact) < dust
          ? 0
          : exact
        : step === 0
          ? 0
          : Math.round(exact / step);
      if (weight === 0) continue;
      weights.push(weight);
      columns.push(tag);
    }
    if (weights.length === starts.at(-1)) continue;
    kept.push(f);
    starts.push(weights.length);
  }
  return {
    kept,
    emissions: isFine ? toHalves(Float32Array.from(weights)) : Int8Array.from(weights),
    start: Uint32Array.from(starts),
    columns: tags <= 256 ? Uint8Array.from(columns) : Uint16Array.from(columns),
    scale,
  };
}

/** Emissions are logarithms of odds: so little moves no tag. */
const dust = 1e-3;
