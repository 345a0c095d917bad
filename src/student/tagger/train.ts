import { hash32 } from '../../base/hash.ts';
import type { Targets } from '../../dataset/align.ts';
import type { Example } from '../../dataset/example.ts';
import { spread } from '../../dataset/habit.ts';
import type { OutputPlan } from '../../dataset/plan.ts';
import { Blocks } from '../blocks.ts';
import { type Learn, learnAnew } from '../finished.ts';
import { HashCounts, placesIn } from '../hashes.ts';
import type { Threads } from '../threads.ts';
import { type CrfWork, crfPacking, type FieldLesson, trainCrf } from './crf.ts';
import { placedTokens, tokenFeatures } from './features.ts';
import type { Crf, Sequence } from './field.ts';
import { buildGazetteer } from './gazetteer.ts';
import { latticeOf } from './lattice.ts';
import {
  furtherFeatures,
  type Hashed,
  joinFeatures,
  numberFeatures,
  ownSalts,
  type Tagger,
} from './model.ts';
import { leaderClass, type PlacedToken, schemeOf, type TagScheme } from './scheme.ts';
import { tagsOf } from './tagging.ts';
import { TemplateIndex, type Templates, templateOf } from './templates.ts';

export interface TaggerOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly pause: () => Promise<void>;
  readonly learn: Learn;
  /** null: all is done here. */
  readonly threads: Threads | null;
  readonly progress: (fraction: number, loss: number) => void;
}

/** A tokenised example of one group with its tags. */
interface Row {
  readonly group: string;
  /** Let go of once they are hashed: they take as much memory as what follows. */
  tokens: readonly PlacedToken[];
  readonly tags: Int32Array;
  readonly weight: number;
  readonly salts: readonly number[];
  readonly targets: Targets;
  /** What the templates of other rows say of each token; null where they say nothing. */
  words: Uint8Array | null;
  /** The rows of the same example that read its values alone; null where this is one of them. */
  readonly plain: readonly Row[] | null;
  /** Rows with the same masked text share it; null where nothing is masked. */
  family: number | null;
  /** Is it read as if no row of its family had been seen? */
  readonly anew: boolean;
}

/** Trains the tagger of a plan on examples; null where the plan copies nothing. */
export async function trainTagger(
  examples: readonly Example[],
  plan: OutputPlan,
  slots: readonly string[],
  options: TaggerOptions,
): Promise<Tagger | null> {
  const scheme = schemeOf(plan);
  if (scheme === null) return null;
  const { learn, threads, seed, epochs, progress } = options;
  const read = (): Reading => prepare(examples, scheme, slots, options);
  if (threads === null || examples.length < leastForThread) {
    const reading = read();
    return taggerOf(reading, await learn(crfPacking, () => trainField(reading, options)));
  }
  // Borrowed first: what waits for a thread takes no memory.
  const thread = await threads.borrow();
  try {
    let made = null as PackedTagger | null;
    const crf = await learn(crfPacking, async () => {
      made = await thread.run('tagger', { examples, plan, slots, seed, epochs }, progress);
      return made.crf;
    });
    // Where a run that was killed had learned the field, what it reads is made again.
    if (made === null) return taggerOf(read(), crf);
    return { ...made, templates: made.templates === null ? null : TemplateIndex.unpack(made.templates) };
  } finally {
    thread.giveBack();
  }
}

/** What a thread is given to train a tagger. */
export interface TaggerLesson extends Pick<TaggerOptions, 'seed' | 'epochs'> {
  readonly examples: readonly Example[];
  readonly plan: OutputPlan;
  readonly slots: readonly string[];
}

/** What it gives back: a tagger with its templates as plain data. */
export interface PackedTagger extends Omit<Tagger, 'templates'> {
  readonly templates: Templates | null;
}

/** A thread's side, for a plan that copies. */
export async function trainPacked(
  { examples, plan, slots, seed, epochs }: TaggerLesson,
  work: CrfWork,
): Promise<PackedTagger> {
  const options = { ...work, seed, epochs, learn: learnAnew, threads: null };
  const tagger = (await trainTagger(examples, plan, slots, options))!;
  return { ...tagger, templates: tagger.templates?.pack() ?? null };
}

type Reading = ReturnType<typeof prepare>;

async function trainField({ lesson, ranks }: Reading, options: TaggerOptions): Promise<Crf> {
  return ranked(await trainCrf(lesson, options), ranks);
}

function taggerOf({ scheme, hashes, tables, templates }: Reading, crf: Crf): Tagger {
  return { scheme, hashes, ...tables, crf, templates };
}

/** Fewer examples are learned before a thread has started. */
const leastForThread = 1500;

/** What the field is trained on. */
function prepare(
  examples: readonly Example[],
  scheme: TagScheme,
  slots: readonly string[],
  { epochs, seed }: TaggerOptions,
) {
  const memory = new Blocks();
  const { rows, hashed, tables, templates } = hashedRows(examples, scheme, slots, memory);
  const { hashes, ranks } = featuresOf(
    hashed,
    rows.map(({ family }) => family),
  );
  const placeOf = placesIn(hashes);
  const rankOf = (hash: number): number => {
    const place = placeOf(hash);
    return place < 0 ? -1 : ranks[place]!;
  };
  const blocks = memory.rewound();
  const sequences = rows.map(({ group, tags, weight }, i): Sequence => {
    const own = hashed[i]!.hashes;
    const { start, features } = numberFeatures(hashed[i]!, rankOf, asIntegers(own));
    const moved = asIntegers(blocks.take(features.length));
    moved.set(features);
    return { group, tags, weight, start, features: moved };
  });
  const lesson: FieldLesson = {
    sequences,
    lattices: new Map(Object.entries(scheme.groups).map(([name, group]) => [name, latticeOf(group)])),
    features: hashes.length,
    tags: 1 + 2 * scheme.kinds.length,
    options: { epochs, rate: 0.2, ridge: 0.02, dropout: 0.3, seed },
  };
  return { scheme, lesson, hashes, ranks, tables, templates };
}

function asIntegers({ buffer, byteOffset, length }: Uint32Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

/** What is left of the rows once they are read. */
type ReadRow = Pick<Row, 'group' | 'tags' | 'weight' | 'family'>;

function hashedRows(
  examples: readonly Example[],
  scheme: TagScheme,
  slots: readonly string[],
  memory: Blocks,
) {
  const seen = thin(examples.flatMap((example) => rowsOf(example, scheme, slots)));
  const templates = learnTemplates(seen, scheme);
  const gazetteer = buildGazetteer(seen.filter(({ plain }) => plain === null));
  const rows = [...seen, ...readAnew(seen)];
  const hashed = rows.map((row) => {
    const others = row.anew
      ? gazetteer.withoutFamily(row.family ?? 0)
      : gazetteer.without(row.plain ?? [row]);
    const { tokens, targets, words, salts } = row;
    const further = furtherFeatures(scheme.groups[row.group]!, tokens, targets, words);
    const features = joinFeatures(tokenFeatures(tokens, others), salts, further, memory);
    row.tokens = [];
    return features;
  });
  const kept = rows.map(({ group, tags, weight, family }): ReadRow => ({ group, tags, weight, family }));
  return { rows: kept, hashed, tables: gazetteer.tables(), templates };
}

/** A number for the masked text of each example's answer, the same for the same text; 0 where there is none. */
export function maskedNames(
  examples: readonly Example[],
  plan: OutputPlan,
  slots: readonly string[],
): Uint32Array {
  const scheme = schemeOf(plan);
  const masks = Object.values(scheme?.groups ?? {}).some((group) => group.regions.length > 0);
  if (scheme === null || !masks) return new Uint32Array(examples.length);
  return Uint32Array.from(examples, (example) => {
    const [row] = rowsOf(example, scheme, slots);
    const template = row === undefined ? null : templateOf(scheme.groups[row.group]!, row.tokens, row.tags);
    return template === null ? 0 : nameOf(template);
  });
}

function nameOf(template: readonly number[]): number {
  return hash32(template.join(), 4);
}

/** The groups that an example fills: one per call of its answer. */
function rowsOf(example: Example, scheme: TagScheme, slots: readonly string[]): Row[] {
  if (example.targets === null) return [];
  const rows: Row[] = [];
  for (const [name, group] of Object.entries(scheme.groups)) {
    // Which tools are called is read of answers without calls as well.
    const own = group.calls === undefined ? group.slots.map(({ slot }) => slot) : [group.calls.choice];
    if (!own.some((slot) => example.targets?.[slot] !== undefined)) continue;
    const tokens = placedTokens(example.input, slots, scheme.spaces);
    const tags = tagsOf(group, tokens, example.targets);
    const salts = ownSalts(name, leaderClass(group, example.targets));
    if (tags !== null && tokens.length > 0)
      rows.push({
        group: name,
        tokens,
        tags,
        weight: example.weight,
        salts,
        targets: example.targets,
        words: null,
        plain: group.again === undefined ? null : rows.filter(({ plain }) => plain === null),
        family: null,
        anew: false,
      });
  }
  return rows;
}

/** Rows of each masked text that are read a second time. */
const anew = 6;

/**
 * Some rows of each family, to be read as if the family were new: without its template and its words. Every row has
 * relatives, so without these the tagger would learn masked texts by heart and nothing of how a new one is masked.
 */
function readAnew(rows: readonly Row[]): Row[] {
  const families = new Map<number, Row[]>();
  for (const row of rows) {
    if (row.family === null) continue;
    const own = families.get(row.family) ?? [];
    families.set(row.family, own);
    own.push(row);
  }
  return [...families.values()].flatMap((own) =>
    spread(own, anew).map((row) => ({ ...row, anew: true, words: null })),
  );
}

/** Remembers the masked texts and notes for each row its family and what the templates of the other rows say of it. */
function learnTemplates(rows: readonly Row[], scheme: TagScheme): TemplateIndex | null {
  if (!Object.values(scheme.groups).some((group) => group.regions.length > 0)) return null;
  const index = new TemplateIndex();
  const own = rows.map((row) => {
    const template = templateOf(scheme.groups[row.group]!, row.tokens, row.tags);
    const text = hash32(row.tokens.map((token) => token.text.toLowerCase()).join(' '), 3);
    if (template !== null) index.add(row.salts.at(-1)!, template, text);
    return { text, name: template === null ? 0 : nameOf(template) };
  });
  rows.forEach((row, i) => {
    if (scheme.groups[row.group]!.regions.length === 0) return;
    const { text, name } = own[i]!;
    row.family = name === 0 ? null : (name ^ row.salts.at(-1)!) >>> 0;
    row.words = index.match(row.salts.at(-1)!, row.tokens, text);
  });
  return index;
}

/**
 * Features seen at least twice, and in two families where rows have one; what was seen once, or only with one masked text,
 * could only be learned by heart. `ranks` numbers them by how common they
 * are while the field is trained: so the weights that nearly every token asks for lie together, and in the cache.
 */
function featuresOf(
  rows: readonly Hashed[],
  families: readonly (number | null)[],
): { readonly hashes: Uint32Array; readonly ranks: Int32Array } {
  const hashes = common(rows, families);
  const placeOf = placesIn(hashes);
  const counts = new Uint32Array(hashes.length);
  for (const row of rows)
    for (const hash of row.hashes) {
      const place = placeOf(hash);
      if (place >= 0) counts[place]!++;
    }
  const order = Uint32Array.from(hashes.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const ranks = new Int32Array(hashes.length);
  order.forEach((place, rank) => {
    ranks[place] = rank;
  });
  return { hashes, ranks };
}

/** Hashes are counted a quarter at a time: a table of all that are there once took as much memory as the rows. */
const partBits = 2;

/** Features that two families have; where nothing is masked, those that are there twice. */
function common(rows: readonly Hashed[], families: readonly (number | null)[]): Uint32Array {
  const parts = Array.from({ length: 1 << partBits }, (_, part) => commonOf(part, rows, families));
  const hashes = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let next = 0;
  for (const part of parts) {
    hashes.set(part, next);
    next += part.length;
  }
  return hashes;
}

/** Of hashes that begin with these bits. */
function commonOf(part: number, rows: readonly Hashed[], families: readonly (number | null)[]): Uint32Array {
  const sources = new HashCounts();
  const isOwn = (hash: number): boolean => hash >>> (32 - partBits) === part;
  if (families.every((family) => family === null)) {
    for (const row of rows) for (const hash of row.hashes) if (isOwn(hash)) sources.add(hash);
    return sources.atLeast(2).hashes;
  }
  const order = [...rows.keys()].sort((a, b) => (families[a] ?? -1) - (families[b] ?? -1));
  let own = new Set<number>();
  order.forEach((row, k) => {
    const family = families[row] ?? null;
    if (family === null || family !== families[order[k - 1] ?? -1]) own = new Set();
    for (const hash of rows[row]!.hashes) {
      if (!isOwn(hash) || own.has(hash)) continue;
      own.add(hash);
      sources.add(hash);
    }
  });
  return sources.atLeast(2).hashes;
}

/** The field with its features in the order of their hashes. */
function ranked(crf: Crf, ranks: Int32Array): Crf {
  const emissions = new Float32Array(crf.emissions.length);
  ranks.forEach((rank, place) => {
    emissions.set(crf.emissions.subarray(rank * crf.tags, (rank + 1) * crf.tags), place * crf.tags);
  });
  return { ...crf, emissions };
}

/** More tokens than this are thinned out. */
const mostTokens = 1_000_000;
const copies = 4;

/** Of rows that differ in their numbers alone a few say it all; only where there is more than enough. */
function thin(rows: readonly Row[]): readonly Row[] {
  if (rows.reduce((sum, row) => sum + row.tokens.length, 0) <= mostTokens) return rows;
  const seen = new Map<string, number>();
  const kept = rows.filter((row) => {
    const words = row.tokens.map((token) => token.text.replace(/\p{N}/gu, '0')).join(' ');
    const key = `${row.salts.join()} ${words} ${row.tags.join()}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return seen.get(key)! <= copies;
  });
  const tokens = kept.reduce((sum, row) => sum + row.tokens.length, 0);
  const step = tokens / mostTokens;
  if (step <= 1) return kept;
  return Array.from({ length: Math.floor(kept.length / step) }, (_, i) => kept[Math.floor(i * step)]!);
}
