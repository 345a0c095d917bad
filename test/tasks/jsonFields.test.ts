import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileFields } from '../../src/tasks/jsonFields.ts';

test('names that an object maps to values are no fields of the answer', () => {
  const samples = Array.from({ length: 200 }, (_, i) => ({
    value: { kind: i % 2 === 0 ? 'a' : 'b', scores: { [`player${i}`]: i, [`other${i}`]: 1 } },
    input: `player${i} has ${i}`,
  }));
  assert.deepEqual(
    profileFields(samples, null).map(({ path, role }) => [path, role]),
    [
      ['kind', 'enum'],
      ['scores', 'dictionary'],
    ],
  );
});

test('fields that are often left out stay fields', () => {
  const keys = Array.from({ length: 40 }, (_, k) => `field${k}`);
  const samples = Array.from({ length: 200 }, (_, i) => ({
    value: { [keys[i % 40]!]: 1, [keys[(i * 7 + 1) % 40]!]: 2 },
    input: '',
  }));
  assert.equal(profileFields(samples, null).length, 40);
});
