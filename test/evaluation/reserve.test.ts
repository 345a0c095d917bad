import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scored } from '../../src/evaluation/prediction.ts';
import { certifyReserved } from '../../src/evaluation/reserve.ts';

const options = { epsilon: 0.02, delta: 0.05 };

/** Rows that all agree, as sure as evenly spread numbers in (0, 1]. */
function rows(n: number): Scored[] {
  return Array.from({ length: n }, (_, i) => {
    const confidence = 1 - i / n;
    return { callId: `${i}`, atMs: i, confidence, agree: true, answered: true, bucket: 'all', cached: false };
  });
}

test('a certificate says what is kept back for calls of new kinds', () => {
  const outcome = certifyReserved(rows(1000), rows(1000), options, 0.4);
  assert.ok(outcome.kind === 'certified');
  assert.ok(Math.abs(outcome.certificate.coverage - 0.6) < 0.03, String(outcome.certificate.coverage));
  assert.ok(Math.abs((outcome.reserved ?? 0) - 0.4) < 0.03, String(outcome.reserved));
});

test('a floor of another kind that is as high keeps nothing back', () => {
  const outcome = certifyReserved(rows(1000), rows(1000), { ...options, floor: 0.4 }, 0.4);
  assert.ok(outcome.kind === 'certified');
  assert.equal(outcome.reserved, undefined);
});

test('a refusal that hangs on the reserve says how much could be answered without it', () => {
  for (const reserve of [0.9, Number.POSITIVE_INFINITY]) {
    const outcome = certifyReserved(rows(400), rows(400), options, reserve);
    assert.ok(outcome.kind === 'refused');
    assert.match(outcome.reason, /never seen, it could answer about 100 %\.$/);
  }
  const without = certifyReserved(rows(100), rows(100), options, 0.9);
  assert.ok(without.kind === 'refused', 'too few calls for any promise');
  assert.doesNotMatch(without.reason, /could answer/);
});
