import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseBytes } from '../../src/traces/memory.ts';

test('only an array that has its memory to itself loses it', () => {
  const own = Buffer.allocUnsafeSlow(1 << 20);
  const pooled = Buffer.from('a short text');
  const part = Buffer.allocUnsafeSlow(1 << 20).subarray(0, 1000);
  for (const bytes of [own, pooled, part]) releaseBytes(bytes);
  assert.deepEqual([own.length, pooled.toString(), part.length], [0, 'a short text', 1000]);
});
