import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHalves, toHalves } from '../../src/student/half.ts';

test('every finite half is read and written as itself', () => {
  const finite = Uint16Array.from({ length: 1 << 16 }, (_, i) => i).filter((h) => ((h >>> 10) & 31) !== 31);
  assert.deepEqual(toHalves(fromHalves(finite)), finite);
});

test('a number becomes the nearest half, on a tie the even one', () => {
  const halves = fromHalves(Uint16Array.from({ length: 0x7c00 }, (_, i) => i));
  fc.assert(
    fc.property(fc.float({ min: 0, max: 65_504, noNaN: true }), (x) => {
      const [half] = toHalves(Float32Array.of(x));
      const off = Math.abs(halves[half!]! - x);
      for (const beside of [half! - 1, half! + 1]) {
        const other = halves[beside];
        if (other === undefined) continue;
        assert.ok(off < Math.abs(other - x) || (off === Math.abs(other - x) && half! % 2 === 0));
      }
      assert.equal(toHalves(Float32Array.of(-x))[0], half! | 0x8000);
    }),
    { numRuns: 2000 },
  );
  assert.deepEqual([...fromHalves(toHalves(Float32Array.of(1e9, -1e9)))], [65_504, -65_504]);
});
