import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scored } from '../../src/evaluation/prediction.ts';
import { certifyReserved, reserveOf } from '../../src/evaluation/reserve.ts';

const options = { epsilon: 0.02, delta: 0.05 };

/** Rows that all agree, as sure as evenly spread numbers in (0, 1]. */
function rows(n: number): Scored[] {
  return Array.from({ length: n }, (_, i) => {
    const confidence = 1 - i / n;
    return { callId: `${i}`, atMs: i, confidence, agree: true, answered: true, bucket: 'all', cached: false };
  });
}

test('a certificate says what is kept back for calls of new kinds', () => {
  const outcome = certifyReserved(rows(1000), rows(1000), options, { floor: 0.4, newKinds: 0.05 });
  assert.ok(outcome.kind === 'certified');
  assert.ok(Math.abs(outcome.certificate.coverage - 0.6) < 0.03, String(outcome.certificate.coverage));
  assert.ok(Math.abs((outcome.reserved ?? 0) - 0.4) < 0.03, String(outcome.reserved));
  assert.equal(outcome.newKinds, 0.05);
});

test('a floor of another kind that is as high keeps nothing back', () => {
  const outcome = certifyReserved(
    rows(1000),
    rows(1000),
    { ...options, floor: 0.4 },
    { floor: 0.4, newKinds: 0.05 },
  );
  assert.ok(outcome.kind === 'certified');
  assert.equal(outcome.reserved, undefined);
});

test('a refusal that hangs on the reserve says how much could be answered without it', () => {
  for (const reserve of [0.9, Number.POSITIVE_INFINITY]) {
    const outcome = certifyReserved(rows(400), rows(400), options, { floor: reserve, newKinds: null });
    assert.ok(outcome.kind === 'refused');
    assert.match(outcome.reason, /never seen \(however many\), it could answer about 100 %\.$/);
  }
  const without = certifyReserved(rows(100), rows(100), options, { floor: 0.9, newKinds: null });
  assert.ok(without.kind === 'refused', 'too few calls for any promise');
  assert.doesNotMatch(without.reason, /could answer/);
});

test('of several ways of being strange the strictest decides, and says how many it reckons with', () => {
  const validation = rows(1000);
  const strange = (most: number, share: number | null) => ({
    known: validation.map(({ confidence }) => confidence),
    strange: validation.map(({ confidence }) => ({ confidence: confidence * most, kind: 0 })),
    share,
  });
  const [low, high] = [strange(0.3, 0.1), strange(0.6, null)];
  const reserve = reserveOf(validation, [low, high], 0.02);
  assert.equal(reserve.newKinds, null);
  assert.ok(reserve.floor > 0.5 && reserve.floor < 0.6, String(reserve.floor));
  assert.equal(reserveOf(validation, [high, low], 0.02).floor, reserve.floor);
  assert.equal(reserveOf(validation, [], 0.02).floor, Number.NEGATIVE_INFINITY);
});
