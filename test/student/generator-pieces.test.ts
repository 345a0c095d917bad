import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { TextSlot } from '../../src/dataset/plan.ts';
import { editBetween, editText } from '../../src/student/generator/edits.ts';
import { learnPieces, type Writing } from '../../src/student/generator/learnPieces.ts';
import { indexOf, inputPieces, type PieceTable, spell } from '../../src/student/generator/pieces.ts';
import { slugSlot, slugWritings, titles } from './titles.ts';

const slot: TextSlot = { name: 'text', short: { shortest: 1, longest: 80, characters: [] } };
const learn = (pairs: readonly (readonly [string, string])[]): PieceTable =>
  learnPieces(
    pairs.map(([text, value]): Writing => ({ texts: [text], slot: 0, value })),
    [slot],
  );
const spelled = (table: PieceTable, text: string, value: string): string[] | null =>
  spell(table, indexOf(table.vocabulary), inputPieces(table.unit, [text]), value)?.map((step) => step.text) ??
  null;

test('every slug is spelled by its words, and new words are copied', () => {
  const table = learnPieces(slugWritings(200, 'pieces'), [slugSlot]);
  assert.equal(table.unit, 'word');
  assert.deepEqual(spelled(table, 'Two Zebras of the Sea', '2-zebras-sea'), [
    '2',
    '-',
    'zebras',
    '-',
    'sea',
    '',
  ]);
  assert.equal(spelled(table, 'Two Zebras of the Sea', '2-lions-sea'), null);
});

test('abbreviations are written from first letters', () => {
  const pairs = titles(200, 'initials').map((title) => [title, title.replace(/[^A-Z]/g, '')] as const);
  const table = learn(pairs);
  assert.ok(table.edits.some(({ casing, head }) => casing === 'upper' && head === 1));
  assert.deepEqual(spelled(table, 'the Xenon Yard Queue', 'XYQ'), ['X', 'Y', 'Q', '']);
});

test('endings that come again are edits, so that new words have them too', () => {
  const verbs = 'play call walk open turn start clean watch mark boil'.split(' ');
  const table = learn(
    Array.from(
      { length: 120 },
      (_, i) => [`she is ${verbs[i % 10]}ing it ${i}`, `${verbs[i % 10]} it`] as const,
    ),
  );
  assert.deepEqual(spelled(table, 'he is fixing it', 'fix it'), ['fix', ' ', 'it', '']);
});

test('words joined from several are written part by part', () => {
  const table = learn(
    Array.from({ length: 60 }, (_, i) => [`we don't see o'hara${i}`, `we dont see ohara${i}`] as const),
  );
  assert.deepEqual(spelled(table, "I can't go", 'I cant go'), ['I', ' ', 'can', 't', ' ', 'go', '']);
});

test('words spelled anew are written letter by letter', () => {
  const random = createRandom('letters');
  const letters: Readonly<Record<string, string>> = { α: 'a', β: 'b', γ: 'g', δ: 'd', ε: 'e' };
  const table = learn(
    Array.from({ length: 120 }, () => {
      const word = Array.from({ length: 6 }, () => Object.keys(letters)[random.int(5)]!).join('');
      return [word, [...word].map((c) => letters[c]).join('')] as const;
    }),
  );
  assert.equal(table.unit, 'character');
  assert.deepEqual(spelled(table, 'δαβε', 'dabe'), ['d', 'a', 'b', 'e', '']);
});

test('an edit between two words is the same edit for others', () => {
  const edits = editBetween('cities', 'city');
  assert.ok(
    edits.some((edit) => editText(edit, 'Berries') === 'berry' || editText(edit, 'berries') === 'berry'),
  );
  assert.deepEqual(editBetween('house', 'garden'), []);
});
