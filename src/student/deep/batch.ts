import type { Random } from '../../base/random.ts';
import type { HostTensor } from '../../onnx/runtime.ts';
import type { DeepHeads, DeepRow } from './data.ts';
import { headOffsets } from './data.ts';
import type { FeatureTable } from './features.ts';
import { createRows, DROPPED_ROW, PAD_ROW } from './features.ts';
import type { StepShape } from './program.ts';
import type { TrainingSpec } from './spec.ts';

/** A row with its words replaced by numbers; words are shared by all rows of a corpus. */
export interface EncodedRow {
  readonly row: DeepRow;
  readonly words: Int32Array;
}

/** Rows of similar length that make one step. */
export interface PlannedBatch {
  readonly length: number;
  readonly members: readonly EncodedRow[];
}

/** The rows of each distinct word of a corpus; word 0 is a dropped one. */
export interface Corpus {
  readonly rows: readonly EncodedRow[];
  readonly lexicon: readonly Int32Array[];
}

export const lengthBuckets = [8, 12, 16, 24, 32, 48, 64, 96, 128] as const;

export function encodeCorpus(table: FeatureTable, rows: readonly DeepRow[], maxTokens: number): Corpus {
  const rowsOf = createRows(table);
  const index = new Map<string, number>();
  const lexicon: Int32Array[] = [Int32Array.of(DROPPED_ROW)];
  const number = (token: string): number => {
    const known = index.get(token);
    if (known !== undefined) return known;
    lexicon.push(rowsOf(token));
    index.set(token, lexicon.length - 1);
    return lexicon.length - 1;
  };
  const encoded = rows.map((row) => ({
    row,
    words: Int32Array.from(row.tokens.slice(0, maxTokens), number),
  }));
  return { rows: encoded, lexicon };
}

/** The smallest bucket that holds `length` tokens; an empty input has one token of padding. */
export function bucketOf(length: number, maxTokens: number): number {
  return lengthBuckets.find((bucket) => bucket >= length && bucket <= maxTokens) ?? maxTokens;
}

/** Examples of a batch of this length: fewer of longer ones, so that the work per step stays about the same. */
export function batchSizeOf(length: number, batch: number): number {
  return Math.max(8, Math.min(batch, Math.floor((batch * 24) / length)));
}

/** Shuffled batches of rows of similar length, in random order: one epoch. */
export function planEpoch(corpus: Corpus, batch: number, maxTokens: number, random: Random): PlannedBatch[] {
  const byLength = new Map<number, EncodedRow[]>();
  for (const row of random.shuffle(corpus.rows)) {
    const length = bucketOf(row.words.length, maxTokens);
    const list = byLength.get(length);
    if (list === undefined) byLength.set(length, [row]);
    else list.push(row);
  }
  const batches = [...byLength].flatMap(([length, rows]) => {
    const size = batchSizeOf(length, batch);
    return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => ({
      length,
      members: rows.slice(i * size, (i + 1) * size),
    }));
  });
  return random.shuffle(batches);
}

/** Epochs that the token budget allows, at least 3, given the batches of one of them. */
export function epochsOf(training: TrainingSpec, batches: readonly PlannedBatch[]): number {
  const tokens = batches.reduce((sum, { length }) => sum + length * batchSizeOf(length, training.batch), 0);
  const affordable = Math.max(3, Math.floor(training.tokenBudget / Math.max(1, tokens)));
  return Math.min(training.epochs, affordable);
}

/** Fills the feeds of a training step. Buffers are reused from step to step. */
export interface Batcher {
  fill(members: readonly EncodedRow[], random: Random): Record<string, HostTensor>;
}

export function createBatcher(
  corpus: Corpus,
  heads: DeepHeads,
  shape: StepShape,
  training: TrainingSpec,
): Batcher {
  const { batch, length } = shape;
  const { offsets, total } = headOffsets(heads);
  const bag = new Float32Array(shape.words * shape.rows);
  const tokens = new Int32Array(batch * length);
  const mask = new Float32Array(batch * length);
  const rows = new Int32Array(shape.rows);
  const rowsLong = new BigInt64Array(shape.rows);
  const targets = new Float32Array(batch * total);
  const mixedTargets = new Float32Array(batch * total);
  const weights = new Float32Array(heads.choices.length * batch);
  const mix = new Float32Array(batch * batch);
  const tags = heads.tags.map(() => new Int32Array(batch * length));
  const tagWeights = heads.tags.map(() => new Float32Array(batch * length));

  const fillWords = (members: readonly EncodedRow[], random: Random): void => {
    bag.fill(0);
    tokens.fill(-1);
    mask.fill(0);
    rows.fill(PAD_ROW);
    const wordIndex = new Map<number, number>();
    const rowIndex = new Map<number, number>();
    const place = (word: number): number => {
      const known = wordIndex.get(word);
      if (known !== undefined) return known;
      const u = wordIndex.size;
      wordIndex.set(word, u);
      const parts = corpus.lexicon[word]!;
      const share = 1 / Math.sqrt(parts.length);
      for (const part of parts) {
        let r = rowIndex.get(part);
        if (r === undefined) {
          r = rowIndex.size;
          rowIndex.set(part, r);
          rows[r] = part;
        }
        const at = u * shape.rows + r;
        bag[at] = bag[at]! + share;
      }
      return u;
    };
    for (const [b, { words }] of members.entries()) {
      for (let i = 0; i < words.length; i++) {
        const dropped = random.next() < training.wordDropout;
        tokens[b * length + i] = place(dropped ? 0 : words[i]!);
        mask[b * length + i] = 1;
      }
    }
    // A row without words still needs an open position for pooling; its embedding is zero.
    for (let b = 0; b < batch; b++) if ((members[b]?.words.length ?? 0) === 0) mask[b * length] = 1;
    for (let r = 0; r < shape.rows; r++) rowsLong[r] = BigInt(rows[r]!);
  };

  const fillTargets = (members: readonly EncodedRow[]): void => {
    targets.fill(0);
    weights.fill(0);
    for (const [b, { row }] of members.entries()) {
      for (const [h, { classes }] of heads.choices.entries()) {
        const start = b * total + offsets[h]!;
        const soft = row.soft?.[h];
        const chosen = row.classes[h] ?? -1;
        if (soft !== null && soft !== undefined) targets.set(soft, start);
        else if (chosen < 0) continue;
        else {
          const spread = training.labelSmoothing / classes;
          targets.fill(spread, start, start + classes);
          targets[start + chosen] = 1 - training.labelSmoothing + spread;
        }
        weights[h * batch + b] = row.weight;
      }
    }
  };

  const fillMix = (members: readonly EncodedRow[], random: Random): void => {
    mix.fill(0);
    mixedTargets.fill(0);
    const share = betaSample(training.mixup, random);
    const partners = random.shuffle(members.map((_, i) => i));
    for (let b = 0; b < batch; b++) {
      const other = partners[b] ?? b;
      mix[b * batch + b] = share;
      mix[b * batch + other] = mix[b * batch + other]! + (1 - share);
      for (let c = 0; c < total; c++)
        mixedTargets[b * total + c] =
          share * targets[b * total + c]! + (1 - share) * targets[other * total + c]!;
    }
  };

  const fillTags = (members: readonly EncodedRow[]): void => {
    for (const h of heads.tags.keys()) {
      tags[h]!.fill(-1);
      tagWeights[h]!.fill(0);
      for (const [b, { row, words }] of members.entries()) {
        const given = row.tags[h];
        if (given === null || given === undefined) continue;
        for (let i = 0; i < words.length; i++) {
          const tag = given[i] ?? -1;
          tags[h]![b * length + i] = tag;
          tagWeights[h]![b * length + i] = tag < 0 ? 0 : row.weight;
        }
      }
    }
  };

  return {
    fill: (members, random) => {
      fillWords(members, random);
      fillTargets(members);
      if (training.mixup > 0) fillMix(members, random);
      fillTags(members);
      const feeds: Record<string, HostTensor> = {
        bag: { dtype: 'f32', shape: [shape.words, shape.rows], data: bag },
        tokens: { dtype: 'i32', shape: [batch * length], data: tokens },
        mask: { dtype: 'f32', shape: [batch, length], data: mask },
        rows: { dtype: 'i32', shape: [shape.rows], data: rows },
        'rows.long': { dtype: 'i64', shape: [shape.rows, 1], data: rowsLong },
        targets: { dtype: 'f32', shape: [batch, total], data: training.mixup > 0 ? mixedTargets : targets },
        'target.weights': { dtype: 'f32', shape: [heads.choices.length, batch], data: weights },
        mix: { dtype: 'f32', shape: [batch, batch], data: mix },
      };
      heads.tags.forEach((_, h) => {
        feeds[`tags${h}`] = { dtype: 'i32', shape: [batch * length], data: tags[h]! };
        feeds[`tags${h}.weights`] = { dtype: 'f32', shape: [batch * length], data: tagWeights[h]! };
      });
      return feeds;
    },
  };
}

/** The most distinct words and rows that any batch of a few simulated epochs has, with some room. */
export function measureShape(
  corpus: Corpus,
  batches: readonly PlannedBatch[],
): { readonly words: number; readonly rows: number } {
  let words = 0;
  let rows = 0;
  for (const { members } of batches) {
    const seen = new Set<number>([0]);
    for (const { words } of members) for (const word of words) seen.add(word);
    const parts = new Set<number>();
    for (const word of seen) for (const part of corpus.lexicon[word]!) parts.add(part);
    words = Math.max(words, seen.size);
    rows = Math.max(rows, parts.size);
  }
  return { words: roundUp(words), rows: roundUp(rows) };
}

function roundUp(n: number): number {
  return Math.ceil(n / 16) * 16;
}

/** A Beta(a, a) sample folded to [0.5, 1], by Johnk's method for a <= 1. */
function betaSample(a: number, random: Random): number {
  for (let i = 0; i < 100; i++) {
    const u = random.next() ** (1 / a);
    const v = random.next() ** (1 / a);
    if (u + v <= 1 && u + v > 0) return Math.max(u, v) / (u + v);
  }
  return 1;
}
