import { createRandom } from '../../src/base/random.ts';
import type { TextSlot } from '../../src/dataset/plan.ts';
import type { Writing } from '../../src/student/generator/learnPieces.ts';
import { said } from '../dataset/support.ts';

/** Titles made by hand, and short texts written from them. */

const subjects = 'Green Rusty Second Old Three Quiet Golden Broken Last Wooden Paper Silver Little Two'.split(
  ' ',
);
const things =
  'Bridge Garden River Lamp Clock Harbour Train Letter Window Forest Castle Road Piano Tower'.split(' ');
const links = ['of the', 'in the', 'and the', 'for a', 'to', 'without'];
const small = new Set('of the in and for a to'.split(' '));
const figures: Readonly<Record<string, string>> = { two: '2', three: '3', second: '2nd' };

export function titles(n: number, seed: string): string[] {
  const random = createRandom(seed);
  const of = (words: readonly string[]): string => words[random.int(words.length)]!;
  const name = (): string => {
    const word = Array.from({ length: 2 + random.int(2) }, () =>
      of(['ba', 'ro', 'lin', 'ta', 'mu', 'ke', 'sor']),
    ).join('');
    return word[0]!.toUpperCase() + word.slice(1);
  };
  const maybe = (share: number, words: () => string): string[] => (random.next() < share ? [words()] : []);
  return Array.from({ length: n }, () =>
    [
      ...maybe(0.4, () => of(['The', 'A', 'In the', 'To the'])),
      ...maybe(0.7, () => of(subjects)),
      random.next() < 0.4 ? name() : of(things),
      ...maybe(0.8, () => `${of(links)} ${of(things)}`),
      ...maybe(0.4, () => `${of(links)} ${name()} ${of(things)}`),
      ...maybe(0.3, name),
    ].join(' '),
  );
}

/** Lower case, hyphens, no small words, numbers as digits. */
export function slugOf(title: string): string {
  const words = title.toLowerCase().split(' ');
  return words
    .filter((word) => !small.has(word))
    .map((word) => figures[word] ?? word)
    .join('-');
}

export const slugCalls = (n: number, seed: string) =>
  titles(n, seed).map((title, i) => ({
    input: title,
    answer: said(JSON.stringify({ kind: i % 2 === 0 ? 'page' : 'page', slug: slugOf(title) })),
  }));

export const slugSlot: TextSlot = {
  name: 'slug',
  short: { shortest: 1, longest: 60, characters: ['-', '\\p{Ll} ASCII', '\\p{N} ASCII'] },
};

export const slugWritings = (n: number, seed: string): (Writing & { readonly weight: number })[] =>
  titles(n, seed).map((title) => ({ texts: [title], slot: 0, value: slugOf(title), weight: 1 }));

/** A generator that learns these in seconds. */
export const quick = {
  width: 48,
  heads: 2,
  encoderLayers: 1,
  decoderLayers: 1,
  pointer: 24,
  batch: 32,
  steps: 240,
  rate: 4e-3,
  dropout: 0.05,
} as const;
