import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceOfMore } from '../../src/base/fisher.ts';

test('the chance of as many hits or more is the one of a lady tasting tea', () => {
  const chance = (hits: number): number => chanceOfMore({ hits, n: 4 }, { hits: 4 - hits, n: 4 });
  for (const [hits, of70] of [
    [4, 1],
    [3, 17],
    [2, 53],
    [1, 69],
    [0, 70],
  ] as const)
    assert.ok(Math.abs(chance(hits) - of70 / 70) < 1e-12, `${hits}: ${chance(hits)}`);
});

test('without hits, or without trials, nothing is surprising', () => {
  assert.equal(chanceOfMore({ hits: 0, n: 50 }, { hits: 0, n: 70 }), 1);
  assert.equal(chanceOfMore({ hits: 0, n: 0 }, { hits: 3, n: 70 }), 1);
  assert.ok(Math.abs(chanceOfMore({ hits: 3, n: 9 }, { hits: 0, n: 0 }) - 1) < 1e-12);
});
