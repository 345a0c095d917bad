import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { Blocks } from '../../src/student/blocks.ts';

/** Lengths that leave blocks partly used, with pieces larger than a block among them. */
const random = createRandom('pieces');
const lengths = Array.from({ length: 60 }, (_, i) => (i % 20 === 7 ? 1_500_000 : random.int(300_000)));

test('pieces of a block do not overlap', () => {
  const blocks = new Blocks();
  const pieces = lengths.map((length, i) => blocks.take(length).fill(i));
  pieces.forEach((piece, i) => {
    assert.equal(piece.length, lengths[i]);
    assert.ok(piece.every((value) => value === i));
  });
});

test('what is kept of each piece fits into the same memory, from its beginning', () => {
  const blocks = new Blocks();
  const pieces = lengths.map((length, i) => blocks.take(length).fill(i));
  const again = blocks.rewound();
  const buffers = new Set(pieces.map(({ buffer }) => buffer));
  const kept = pieces.map((piece, i) => {
    const part = piece.subarray(0, i % 3 === 0 ? piece.length : Math.floor(piece.length / 2));
    const moved = again.take(part.length);
    moved.set(part);
    return moved;
  });
  kept.forEach((piece, i) => {
    assert.ok(piece.every((value) => value === i));
    assert.ok(buffers.has(piece.buffer));
  });
  assert.ok(new Set(kept.map(({ buffer }) => buffer)).size < buffers.size);
});
