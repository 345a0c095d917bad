import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { filterHelps, suspectRows } from '../../src/dataset/noise.ts';

test('a row that another class claims as surely as its own rows is a suspect', () => {
  const rows = [
    [0.9, 0.1],
    [0.7, 0.3],
    [0.2, 0.8],
    [0.1, 0.9],
    // Labelled 1 and claimed by class 0 with more than the mean 0.85 of its own rows.
    [0.88, 0.12],
    // Likelier of class 0 and not surely so.
    [0.6, 0.4],
  ];
  assert.deepEqual(suspectRows(rows, [0, 0, 1, 1, 1, 1]), [4]);
});

test('rows that the model agrees with are never suspects, and a class without rows claims none', () => {
  const random = createRandom(1);
  const rows = Array.from({ length: 200 }, () => {
    const p = 0.5 + 0.5 * random.next();
    return [p, 1 - p, 0];
  });
  assert.deepEqual(
    suspectRows(
      rows,
      rows.map(() => 0),
    ),
    [],
  );
  assert.deepEqual(suspectRows([[0.1, 0.2, 0.7]], [0]), []);
});

test('a filter helps where it wins more held-out rows than chance would', () => {
  const before = Array.from({ length: 100 }, (_, i) => i % 2 === 0);
  const wins = before.map((right, i) => right || i < 20);
  assert.equal(filterHelps(before, wins), true);
  assert.equal(filterHelps(before, before), false);
  assert.equal(filterHelps(wins, before), false);
  const even = before.map((right, i) => (i < 8 ? !right : right));
  assert.equal(filterHelps(before, even), false);
});
