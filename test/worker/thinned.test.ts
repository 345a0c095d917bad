import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thinned } from '../../src/worker/thinned.ts';

test('a short curve stays as it is', () => {
  assert.deepEqual(thinned([3, 1, 2], 3), [3, 1, 2]);
});

test('a long curve keeps its ends and its order', () => {
  const points = thinned(
    Array.from({ length: 5001 }, (_, i) => i),
    200,
  );
  assert.equal(points.length, 200);
  assert.deepEqual([points[0], points.at(-1)], [0, 5000]);
  const gaps = points.slice(1).map((point, i) => point - points[i]!);
  assert.ok(Math.min(...gaps) >= 25 && Math.max(...gaps) <= 26);
});
