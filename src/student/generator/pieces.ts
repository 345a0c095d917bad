import { keepsTo } from '../../dataset/plan/shortText.ts';
import type { ShortText } from '../../dataset/plan.ts';
import { type Edit, editText } from './edits.ts';
import { longest } from './spec.ts';

/** Inputs are read, and values written, word by word, or letter by letter where words are spelled anew. */
export type Unit = 'word' | 'character';

/** Everything that turns inputs and values into numbers; plain data, stored with the networks. */
export interface PieceTable {
  readonly unit: Unit;
  /** Folded pieces of inputs that have a row of their own. */
  readonly words: readonly string[];
  /** Pieces of values that are no copies; the first ends a value. */
  readonly vocabulary: readonly string[];
  /** What may become of a piece that is copied. */
  readonly edits: readonly Edit[];
  readonly slots: readonly (ShortText & { readonly name: string })[];
}

/** A piece of an input. */
export interface InputPiece {
  readonly text: string;
  /** Which slot of the input it stands in. */
  readonly place: number;
  /** Before it: 0 nothing, 1 a space, 2 a line break, 3 the beginning. */
  readonly gap: number;
}

/** One step of writing: a piece, and every way to come by it. */
export interface Step {
  readonly text: string;
  /** Index in the vocabulary, or -1. */
  readonly known: number;
  /** Copies that give the piece: edit * pieces of the input + position. */
  readonly copies: readonly number[];
}

const patterns = {
  word: /[\p{L}\p{M}]+|\p{N}+|[^\s\p{L}\p{M}\p{N}]/gu,
  character: /[\s\S]/gu,
} as const;

/** The pieces of an input's texts in order, no more than a generator reads. */
export function inputPieces(unit: Unit, texts: readonly string[]): InputPiece[] {
  const most = longest[unit].input;
  return texts.flatMap((text, place) => {
    let end = 0;
    return [...text.matchAll(patterns[unit])].slice(0, most + 1).map((match): InputPiece => {
      const between = text.slice(end, match.index);
      const gap = end === 0 ? 3 : between === '' ? 0 : between.includes('\n') ? 2 : 1;
      end = match.index + match[0].length;
      return { text: match[0], place, gap };
    });
  });
}

/** Runs of letters, of digits, and of everything else. */
export function runsOf(value: string): string[] {
  return value.match(/[\p{L}\p{M}]+|\p{N}+|[^\p{L}\p{M}\p{N}]+/gu) ?? [];
}

export function isWord(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** What each copy of this input gives: copies by text. */
export function copiesOf(edits: readonly Edit[], input: readonly InputPiece[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  edits.forEach((edit, e) => {
    input.forEach((piece, position) => {
      const text = editText(edit, piece.text);
      if (text === '') return;
      const copy = e * input.length + position;
      const list = found.get(text);
      if (list === undefined) found.set(text, [copy]);
      else list.push(copy);
    });
  });
  return found;
}

/** The steps that write a value, its end included; null where some of it can neither be copied nor is known. */
export function spell(
  table: PieceTable,
  index: ReadonlyMap<string, number>,
  input: readonly InputPiece[],
  value: string,
): Step[] | null {
  const copies = copiesOf(table.edits, input);
  const stepOf = (text: string): Step => ({
    text,
    known: index.get(text) ?? -1,
    copies: copies.get(text) ?? [],
  });
  const steps: Step[] = [];
  for (const part of table.unit === 'word' ? runsOf(value) : [value]) {
    const whole = stepOf(part);
    const given = table.unit === 'word' && (whole.known >= 0 || whole.copies.length > 0);
    if (given) steps.push(whole);
    else steps.push(...(joinedFrom(part, copies, input.length) ?? [...part]).map(stepOf));
  }
  if (steps.some((step) => step.known < 0 && step.copies.length === 0)) return null;
  steps.push({ text: '', known: 0, copies: [] });
  return steps.length > longest[table.unit].output ? null : steps;
}

/** How far apart the copies may be that one word is joined from. */
const nextTo = 2;

/** A word as parts that are copies of neighbours ("don" and "t"), as few as there are; null where it is none. */
export function joinedFrom(
  word: string,
  copies: ReadonlyMap<string, readonly number[]>,
  length: number,
): readonly string[] | null {
  if (!isWord(word)) return null;
  const seen = new Map<string, readonly string[] | null>();
  const from = (start: number, last: number): readonly string[] | null => {
    if (start === word.length) return [];
    const key = `${start} ${last}`;
    const before = seen.get(key);
    if (before !== undefined) return before;
    let best: readonly string[] | null = null;
    for (let end = word.length; end > start; end--) {
      const part = word.slice(start, end);
      for (const copy of copies.get(part) ?? []) {
        const position = copy % length;
        if (last >= 0 && (position <= last || position > last + nextTo)) continue;
        const rest = from(end, position);
        if (rest !== null && (best === null || rest.length + 1 < best.length)) best = [part, ...rest];
      }
    }
    seen.set(key, best);
    return best;
  };
  return from(0, -1);
}

/** Positions whose first letters make up the word, in order; null where it is no such word. */
export function initialsIn(word: string, input: readonly InputPiece[]): number[] | null {
  const letters = [...word.toLowerCase()];
  if (letters.length < 2 || !/^\p{L}+$/u.test(word)) return null;
  const positions: number[] = [];
  for (const [position, piece] of input.entries())
    if (positions.length < letters.length && piece.text[0]?.toLowerCase() === letters[positions.length])
      positions.push(position);
  return positions.length === letters.length ? positions : null;
}

/**
 * How a step goes into the history: a copy, or -1 for a known piece. Signs are known rather than copied, words copied
 * rather than known, from the place nearest behind the last copy.
 */
export function historyOf({ text, known, copies }: Step, length: number, last: number): number {
  if (copies.length === 0 || (known >= 0 && !isWord(text))) return -1;
  const far = (copy: number): number => {
    const distance = (copy % length) - last;
    return distance > 0 ? distance : 1000 - distance;
  };
  return copies.reduce((best, copy) => (far(copy) < far(best) ? copy : best));
}

export function indexOf(vocabulary: readonly string[]): ReadonlyMap<string, number> {
  return new Map(vocabulary.map((text, i) => [text, i]));
}

/** May the piece stand in a value of the slot? */
export function allowed(table: PieceTable, slot: number, text: string): boolean {
  return keepsTo(table.slots[slot]!, text);
}
