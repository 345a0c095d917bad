import type { Random } from '../../base/random.ts';
import type { HostTensor } from '../../onnx/runtime.ts';
import { createReader, features, unknownWord } from './features.ts';
import type { Writing } from './learnPieces.ts';
import { distances } from './network.ts';
import { historyOf, indexOf, inputPieces, type PieceTable, type Step, spell } from './pieces.ts';
import type { StepShape } from './program.ts';
import { longest, reach } from './spec.ts';

/** A value to write, in numbers. */
export interface Task {
  /** Rows of each feature, piece by piece. */
  readonly pieces: readonly (readonly number[])[];
  readonly slot: number;
  readonly steps: readonly Step[];
  readonly weight: number;
}

/** The values that can be written at all; the others teach nothing. */
export function tasksOf(
  table: PieceTable,
  writings: readonly (Writing & { readonly weight: number })[],
): Task[] {
  const reader = createReader(table);
  const index = indexOf(table.vocabulary);
  return writings.flatMap(({ texts, slot, value, weight }): Task[] => {
    const input = inputPieces(table.unit, texts);
    if (input.length > longest[table.unit].input || input.length === 0) return [];
    const steps = spell(table, index, input, value);
    return steps === null ? [] : [{ pieces: input.map(reader), slot, steps, weight }];
  });
}

/** What is written of one value so far, as the networks read it. */
export interface Written {
  /** Action of each step, the slot's mark first. */
  readonly actions: number[];
  /** Position that each step copied, or -1. */
  readonly copied: number[];
  /** Position of the last copy before each step, or -1. */
  readonly last: number[];
}

export function begin(table: PieceTable, slot: number): Written {
  return { actions: [table.vocabulary.length + table.edits.length + slot], copied: [-1], last: [-1] };
}

/** Appends a step to what is written of a value whose input has `length` pieces. */
export function append(table: PieceTable, written: Written, step: Step, length: number): void {
  const last = written.last.at(-1)!;
  const copy = historyOf(step, length, last);
  const position = copy < 0 ? -1 : copy % length;
  written.actions.push(copy < 0 ? step.known : table.vocabulary.length + Math.floor(copy / length));
  written.copied.push(position);
  written.last.push(position < 0 ? last : position);
}

/** Fills the feeds of a training step; the arrays are used again for the next. */
export function createBatcher(table: PieceTable, shape: StepShape, wordDropout: number) {
  const { batch, length, steps } = shape;
  const actions = table.vocabulary.length + table.edits.length * length;
  const right = new Float32Array(batch * steps * actions);
  const weights = new Float32Array(batch * steps);
  return (members: readonly Task[], random: Random): Record<string, HostTensor> => {
    right.fill(0);
    weights.fill(0);
    const pieces = members.map((task) =>
      task.pieces.map((rows) => (random.next() < wordDropout ? [unknownWord, ...rows.slice(1)] : rows)),
    );
    const histories = members.map((task, b) => {
      const written = begin(table, task.slot);
      for (const [t, step] of task.steps.entries()) {
        const at = (b * steps + t) * actions;
        if (step.known >= 0) right[at + step.known] = 1;
        for (const copy of step.copies) {
          const [edit, position] = [Math.floor(copy / task.pieces.length), copy % task.pieces.length];
          right[at + table.vocabulary.length + edit * length + position] = 1;
        }
        weights[b * steps + t] = task.weight;
        if (t + 1 < task.steps.length) append(table, written, step, task.pieces.length);
      }
      return written;
    });
    return {
      ...readingFeeds(table, pieces, batch, length),
      ...historyFeeds(histories, batch, steps, length),
      right: { dtype: 'f32', shape: [batch * steps, actions], data: right },
      weights: { dtype: 'f32', shape: [batch * steps], data: weights },
    };
  };
}

export function readingFeeds(
  table: PieceTable,
  inputs: readonly (readonly (readonly number[])[])[],
  batch: number,
  length: number,
): Record<string, HostTensor> {
  const mask = new Float32Array(batch * length);
  const feeds: Record<string, HostTensor> = {
    'pieces.positions': { dtype: 'i32', shape: [length], data: Int32Array.from({ length }, (_, i) => i) },
    mask: { dtype: 'f32', shape: [batch, length], data: mask },
  };
  for (let b = 0; b < batch; b++) {
    mask[b * length] = 1; // Something must be open, also where there is no input.
    for (let i = 0; i < (inputs[b]?.length ?? 0); i++) mask[b * length + i] = 1;
  }
  features(table).forEach(({ name }, f) => {
    const data = new Int32Array(batch * length);
    inputs.forEach((pieces, b) => {
      pieces.forEach((rows, i) => {
        data[b * length + i] = rows[f]!;
      });
    });
    feeds[`pieces.${name}`] = { dtype: 'i32', shape: [batch, length], data };
  });
  return feeds;
}

export function historyFeeds(
  histories: readonly Written[],
  batch: number,
  steps: number,
  length: number,
): Record<string, HostTensor> {
  const actions = new Int32Array(batch * steps);
  const copied = new Float32Array(batch * steps * length);
  const near = new Int32Array(batch * steps * length);
  const there = new Float32Array(batch * steps);
  for (let b = 0; b < batch; b++) {
    const written = histories[b];
    there[b * steps] = 1;
    for (let t = 0; t < (written?.actions.length ?? 0); t++) {
      const at = b * steps + t;
      there[at] = 1;
      actions[at] = written!.actions[t]!;
      if (written!.copied[t]! >= 0) copied[at * length + written!.copied[t]!] = 1;
      for (let i = 0; i < length; i++) near[at * length + i] = distance(i - written!.last[t]!);
    }
  }
  const order = new Float32Array(steps * steps);
  for (let t = 0; t < steps; t++) order.fill(-1e9, t * steps + t + 1, (t + 1) * steps);
  return {
    actions: { dtype: 'i32', shape: [batch, steps], data: actions },
    copied: { dtype: 'f32', shape: [batch, steps, length], data: copied },
    near: { dtype: 'i32', shape: [batch, steps, length], data: near },
    'steps.positions': {
      dtype: 'i32',
      shape: [steps],
      data: Int32Array.from({ length: steps }, (_, t) => t),
    },
    order: { dtype: 'f32', shape: [1, 1, steps, steps], data: order },
    steps: { dtype: 'f32', shape: [batch, steps], data: there },
  };
}

function distance(from: number): number {
  return Math.max(0, Math.min(distances - 1, from + reach));
}
