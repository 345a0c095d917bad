import { hash32 } from '../../base/hash.ts';
import type { InputPiece, PieceTable } from './pieces.ts';

/** What is read of a piece of the input: a row of each of these tables, summed up. */
export interface Feature {
  readonly name: string;
  readonly rows: number;
}

const endings = 192;
const shapes = 24;
const places = 8;
const gaps = 4;

export function features({ words }: PieceTable): readonly Feature[] {
  return [
    { name: 'word', rows: words.length + 1 },
    { name: 'ending', rows: endings },
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
      hash32(word.slice(-3), 11) % endings,
      hash32(word.slice(0, 2), 13) % endings,
      shapeOf(text),
      Math.min(place, places - 1),
      gap,
    ];
  };
}

/** Kind, case and length of a piece. */
function shapeOf(text: string): number {
  const length = Math.min(3, Math.ceil(text.length / 3) - 1);
  if (/^\p{N}/u.test(text)) return length;
  if (!/^\p{L}/u.test(text)) return 4;
  if (text === text.toLowerCase()) return 5 + length;
  if (text === text.toUpperCase()) return text.length === 1 ? 9 : 10 + length;
  return text.slice(1) === text.slice(1).toLowerCase() ? 14 + length : 18 + length;
}
