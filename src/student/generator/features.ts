import { hash32 } from '../../base/hash.ts';
import type { InputPiece, PieceTable } from './pieces.ts';

/**
 * What is read of a piece of the input: a row of each of these tables, summed up. Endings of one to three letters and the
 * exact length tell how words that training never saw are treated.
 */
export interface Feature {
  readonly name: string;
  readonly rows: number;
}

const letters = 96;
const endings = 192;
/** Longer pieces count as so long. */
const lengths = 12;
const shapes = 6 * lengths;
const places = 8;
const gaps = 4;

export function features({ words }: PieceTable): readonly Feature[] {
  return [
    { name: 'word', rows: words.length + 1 },
    { name: 'last', rows: letters },
    { name: 'ending2', rows: endings },
    { name: 'ending3', rows: endings },
    { name: 'beginning', rows: endings },
    { name: 'shape', rows: shapes },
    { name: 'place', rows: places },
    { name: 'gap', rows: gaps },
  ];
}

export const unknownWord = 0;

/** A function from a piece to its rows, in the order of `features`. */
export function createReader({ words }: PieceTable): (piece: InputPiece) => readonly number[] {
  const index = new Map(words.map((word, i) => [word, i + 1]));
  return ({ text, place, gap }) => {
    const word = text.toLowerCase();
    return [
      index.get(word) ?? unknownWord,
      hash32(word.slice(-1), 17) % letters,
      hash32(word.slice(-2), 19) % endings,
      hash32(word.slice(-3), 11) % endings,
      hash32(word.slice(0, 2), 13) % endings,
      shapeOf(text),
      Math.min(place, places - 1),
      gap,
    ];
  };
}

/** Kind and case of a piece, and its length. */
function shapeOf(text: string): number {
  return kindOf(text) * lengths + Math.min(text.length, lengths) - 1;
}

function kindOf(text: string): number {
  if (/^\p{N}/u.test(text)) return 0;
  if (!/^\p{L}/u.test(text)) return 1;
  const lower = text.toLowerCase();
  if (text === lower) return 2;
  if (text === text.toUpperCase()) return 3;
  return text.slice(1) === lower.slice(1) ? 4 : 5;
}
