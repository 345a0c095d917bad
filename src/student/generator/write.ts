import type { HostTensor } from '../../onnx/runtime.ts';
import type { Session } from '../../onnx/session.ts';
import type { State } from '../../onnx/state.ts';
import { append, begin, historyFeeds, readingFeeds, type Task, type Written } from './batch.ts';
import { createReader } from './features.ts';
import {
  allowed,
  copiesOf,
  type InputPiece,
  indexOf,
  inputPieces,
  type PieceTable,
  type Step,
} from './pieces.ts';
import { longest } from './spec.ts';

/** The two graphs that serve, on a state or with their weights inside. */
export interface Sessions {
  readonly reading: Session;
  readonly writing: Session;
  readonly state?: State;
}

/** A text that was written, with how sure its writer was. */
export interface WrittenText {
  readonly text: string;
  /** Product over its pieces. */
  readonly probability: number;
  /** Of the least sure piece: its probability, and its lead over the next best. */
  readonly least: number;
  readonly margin: number;
}

/** A text to write from the texts of an input. */
export interface Asked {
  readonly texts: readonly string[];
  readonly slot: number;
}

/** Inputs at once. */
const together = 48;

/** Writes greedily, piece by piece; null where the input is too long, or what is written breaks the rules of its slot. */
export async function writeTexts(
  sessions: Sessions,
  table: PieceTable,
  asked: readonly Asked[],
): Promise<(WrittenText | null)[]> {
  const reader = createReader(table);
  const index = indexOf(table.vocabulary);
  const drafts = asked.map(({ texts, slot }, i) => draftOf(table, inputPieces(table.unit, texts), slot, i));
  const usable = drafts
    .filter(({ input }) => input.length > 0 && input.length <= longest[table.unit].input)
    .sort((a, b) => a.input.length - b.input.length);
  const results: (WrittenText | null)[] = asked.map(() => null);
  for (let start = 0; start < usable.length; start += together) {
    const group = usable.slice(start, start + together);
    const length = Math.max(...group.map(({ input }) => input.length));
    const feeds = readingFeeds(
      table,
      group.map(({ input }) => input.map(reader)),
      group.length,
      length,
    );
    const { memory } = await sessions.reading.run(feeds, sessions.state);
    await writeGroup(sessions, table, index, group, { memory: memory!, mask: feeds['mask']!, length });
    for (const draft of group) if (draft.end === 'done') results[draft.at] = draft;
  }
  return results;
}

interface Draft {
  readonly at: number;
  readonly input: readonly InputPiece[];
  readonly slot: number;
  /** What each copy gives, '' for nothing. */
  readonly copyTexts: readonly string[];
  readonly copies: ReadonlyMap<string, readonly number[]>;
  readonly written: Written;
  text: string;
  probability: number;
  least: number;
  margin: number;
  end: 'open' | 'done' | 'broken';
}

function draftOf(table: PieceTable, input: readonly InputPiece[], slot: number, at: number): Draft {
  const copies = copiesOf(table.edits, input);
  const copyTexts = new Array<string>(table.edits.length * input.length).fill('');
  for (const [text, list] of copies) for (const copy of list) copyTexts[copy] = text;
  return {
    at,
    input,
    slot,
    copyTexts,
    copies,
    written: begin(table, slot),
    text: '',
    probability: 1,
    least: 1,
    margin: 1,
    end: 'open',
  };
}

interface Memory {
  readonly memory: HostTensor;
  readonly mask: HostTensor;
  readonly length: number;
}

async function writeGroup(
  { writing, state }: Sessions,
  table: PieceTable,
  index: ReadonlyMap<string, number>,
  group: readonly Draft[],
  all: Memory,
): Promise<void> {
  for (let step = 1; step <= longest[table.unit].output; step++) {
    const open = group.flatMap((draft, row) => (draft.end === 'open' ? [{ draft, row }] : []));
    if (open.length === 0) return;
    const rows = open.map(({ row }) => row);
    const histories = open.map(({ draft }) => draft.written);
    const feeds = {
      ...historyFeeds(histories, open.length, step, all.length),
      memory: rowsOf(all.memory, rows),
      mask: rowsOf(all.mask, rows),
    };
    const scores = await writing.run(feeds, state);
    open.forEach(({ draft }, b) => {
      choose(table, index, draft, scoresAt(table, scores, b, step, step - 1, all.length, draft.input.length));
    });
  }
}

function rowsOf({ dtype, shape, data }: HostTensor, rows: readonly number[]): HostTensor {
  const size = shape.slice(1).reduce((a, d) => a * d, 1);
  const kept = new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    kept.set((data as Float32Array).subarray(row * size, (row + 1) * size), i * size);
  });
  return { dtype, shape: [rows.length, ...shape.slice(1)], data: kept };
}

/** Probabilities of the known pieces and then of the copies (edit * own length + position) at one step. */
function scoresAt(
  table: PieceTable,
  scores: Readonly<Record<string, HostTensor>>,
  row: number,
  steps: number,
  step: number,
  length: number,
  own: number,
): Float64Array {
  const [known, edits] = [table.vocabulary.length, table.edits.length];
  const knownScores = scores['known']!.data as Float32Array;
  const copyScores = scores['copies']!.data as Float32Array;
  const values = new Float64Array(known + edits * own);
  const at = row * steps + step;
  for (let k = 0; k < known; k++) values[k] = knownScores[at * known + k]!;
  for (let e = 0; e < edits; e++)
    for (let i = 0; i < own; i++) values[known + e * own + i] = copyScores[(at * edits + e) * length + i]!;
  const top = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i]! - top);
  for (let i = 0; i < values.length; i++) values[i]! /= sum;
  return values;
}

/** Probability of each text that may come next: the ways to come by it add up. */
function byText(
  table: PieceTable,
  copyTexts: readonly string[],
  probabilities: Float64Array,
): Map<string, number> {
  const known = table.vocabulary.length;
  const sums = new Map<string, number>();
  for (let i = 0; i < probabilities.length; i++) {
    const text = i < known ? table.vocabulary[i]! : copyTexts[i - known]!;
    if (i >= known && text === '') continue;
    sums.set(text, (sums.get(text) ?? 0) + probabilities[i]!);
  }
  return sums;
}

function choose(
  table: PieceTable,
  index: ReadonlyMap<string, number>,
  draft: Draft,
  probabilities: Float64Array,
): void {
  const options = [...byText(table, draft.copyTexts, probabilities)].sort((a, b) => b[1] - a[1]);
  const { shortest } = table.slots[draft.slot]!;
  const fits = ([text]: readonly [string, number]): boolean =>
    text === '' ? draft.text.length >= shortest : allowed(table, draft.slot, text);
  const best = options.find(fits);
  if (best === undefined) {
    draft.end = 'broken';
    return;
  }
  const [text, probability] = best;
  const next = options.find((option) => option !== best)?.[1] ?? 0;
  draft.probability *= probability;
  draft.least = Math.min(draft.least, probability);
  draft.margin = Math.min(draft.margin, probability - next);
  draft.text += text;
  if (text === '') draft.end = 'done';
  else if (draft.text.length > table.slots[draft.slot]!.longest) draft.end = 'broken';
  else {
    const step: Step = { text, known: index.get(text) ?? -1, copies: draft.copies.get(text) ?? [] };
    append(table, draft.written, step, draft.input.length);
  }
}

/** A value that is known, to be told how well it would be written. */
export interface Told {
  readonly task: Task;
  readonly asked: Asked;
}

/** Mean loss per piece of known values, and the share of them of which every piece would be the best one. */
export async function lookAt(
  sessions: Sessions,
  table: PieceTable,
  told: readonly Told[],
): Promise<{ readonly loss: number; readonly exact: number }> {
  let [loss, pieces, exact] = [0, 0, 0];
  for (let start = 0; start < told.length; start += together) {
    const group = told.slice(start, start + together);
    const length = Math.max(...group.map(({ task }) => task.pieces.length));
    const steps = Math.max(...group.map(({ task }) => task.steps.length));
    const reading = readingFeeds(
      table,
      group.map(({ task }) => task.pieces),
      group.length,
      length,
    );
    const { memory } = await sessions.reading.run(reading, sessions.state);
    const histories = group.map(({ task }) => {
      const written = begin(table, task.slot);
      for (const step of task.steps.slice(0, -1)) append(table, written, step, task.pieces.length);
      return written;
    });
    const feeds = {
      ...historyFeeds(histories, group.length, steps, length),
      memory: memory!,
      mask: reading['mask']!,
    };
    const scores = await sessions.writing.run(feeds, sessions.state);
    group.forEach(({ task, asked }, b) => {
      const { copyTexts } = draftOf(table, inputPieces(table.unit, asked.texts), asked.slot, 0);
      let right = true;
      for (const [t, step] of task.steps.entries()) {
        const sums = byText(
          table,
          copyTexts,
          scoresAt(table, scores, b, steps, t, length, task.pieces.length),
        );
        const own = sums.get(step.text) ?? 0;
        loss -= Math.log(Math.max(1e-7, own));
        pieces++;
        for (const p of sums.values()) if (p > own) right = false;
      }
      if (right) exact++;
    });
  }
  return { loss: loss / Math.max(1, pieces), exact: exact / Math.max(1, told.length) };
}
