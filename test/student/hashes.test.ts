import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { HashCounts, indexOf, placesIn } from '../../src/student/hashes.ts';

const random = createRandom('hashes');
const largest = 2 ** 32 - 1;
const sets: Readonly<Record<string, number[]>> = {
  none: [],
  one: [7],
  'both ends': [0, largest],
  many: Array.from({ length: 5000 }, () => random.int(2 ** 32)),
  'all with one head': Array.from({ length: 300 }, () => random.int(2 ** 20)),
};

for (const [name, values] of Object.entries(sets)) {
  test(`a hash is found at its place, and others nowhere: ${name}`, () => {
    const hashes = Uint32Array.from(new Set(values)).sort();
    const placeOf = placesIn(hashes);
    for (const [i, hash] of hashes.entries()) {
      assert.equal(placeOf(hash), i);
      assert.equal(indexOf(hashes, hash), i);
    }
    const known = new Set(hashes);
    const near = values.flatMap((hash) => [Math.max(0, hash - 1), Math.min(largest, hash + 1)]);
    for (const hash of [0, 1, largest, ...near]) {
      if (known.has(hash)) continue;
      assert.equal(placeOf(hash), -1);
      assert.equal(indexOf(hashes, hash), -1);
    }
  });
}

test('hashes are counted as often as they were added, however many there are', () => {
  const counts = new HashCounts();
  const added = [...sets['many']!, ...sets['many']!.slice(0, 2000), 0, largest, 0];
  for (const hash of added) counts.add(hash);
  const truth = new Map<number, number>();
  for (const hash of added) truth.set(hash, (truth.get(hash) ?? 0) + 1);
  for (const least of [1, 2, 3]) {
    const { hashes, counts: times } = counts.atLeast(least);
    const expected = [...truth].filter(([, n]) => n >= least).sort(([a], [b]) => a - b);
    assert.deepEqual(
      [...hashes].map((hash, i) => [hash, times[i]]),
      expected,
    );
  }
});
