import type { Random } from '../../base/random.ts';
import type { DeepRow } from './data.ts';
import type { FeatureTable } from './features.ts';
import { createRows, DROPPED_ROW, rowCount } from './features.ts';
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

/** The table rows of each distinct word of a corpus; word 0 is a dropped one. */
export interface Corpus {
  readonly rows: readonly EncodedRow[];
  readonly lexicon: readonly Int32Array[];
  /** Rows of the embedding table. */
  readonly tableRows: number;
}

export const DROPPED_WORD = 0;

const lengthBuckets = [8, 12, 16, 24, 32, 48, 64, 96, 128] as const;

/** Words are numbered in code unit order: ones that begin alike, and so share rows, have numbers close to each other. */
export function encodeCorpus(table: FeatureTable, rows: readonly DeepRow[], maxTokens: number): Corpus {
  const rowsOf = createRows(table);
  const cut = rows.map((row) => row.tokens.slice(0, maxTokens));
  const distinct = [...new Set(cut.flat())].sort();
  const number = new Map(distinct.map((token, i) => [token, i + 1]));
  return {
    rows: rows.map((row, i) => ({ row, words: Int32Array.from(cut[i]!, (token) => number.get(token)!) })),
    lexicon: [Int32Array.of(DROPPED_ROW), ...distinct.map(rowsOf)],
    tableRows: rowCount(table),
  };
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
