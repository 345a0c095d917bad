import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { certify } from '../../src/evaluation/certify.ts';
import { changeFloor } from '../../src/evaluation/change.ts';
import type { Scored } from '../../src/evaluation/prediction.ts';

/** Rows whose chance to disagree at sureness u and time t in [0, 1) is told. */
function rows(n: number, seed: string, wrong: (u: number, t: number) => number): Scored[] {
  const random = createRandom(seed);
  return Array.from({ length: n }, (_, i) => {
    const confidence = random.next();
    const agree = random.next() >= wrong(confidence, i / n);
    return { callId: `${i}`, atMs: i, confidence, agree, answered: true, bucket: 'all', cached: false };
  });
}

const steady = (u: number): number => 0.012 * (1 - u);
/** The newest third errs where the student was sure before; only the very surest are right as ever. */
const changing = (u: number, t: number): number => (t > 0.67 && u < 0.8 ? 0.1 : 0.004);

test('steady traffic has no floor', () => {
  for (const seed of ['a', 'b', 'c', 'd', 'e'])
    assert.equal(changeFloor(rows(3000, seed, steady), 0.02), Number.NEGATIVE_INFINITY, seed);
});

test('steady traffic is taken for changing traffic in one case of a hundred, however few its errors are', () => {
  const flat = (): number => 0.025;
  const alarms = (n: number): number =>
    Array.from({ length: 200 }, (_, i) => changeFloor(rows(n, `steady-${i}`, flat), 0.02)).filter(
      (floor) => floor > Number.NEGATIVE_INFINITY,
    ).length;
  // At one in a hundred, more than 5 of 200 draws would be one case of sixty.
  for (const n of [600, 3000]) assert.ok(alarms(n) <= 5, `${alarms(n)} of ${n}`);
});

test('where the newest rows err more, the floor stands where they keep the promise', () => {
  const floor = changeFloor(rows(6000, 'change', changing), 0.02);
  assert.ok(floor > 0.6 && floor < 0.8, String(floor));
  const newest = rows(60_000, 'fresh', changing).slice(40_200);
  const served = newest.filter((row) => row.confidence >= floor);
  const share = served.filter((row) => !row.agree).length / served.length;
  assert.ok(share < 0.05, String(share));
});

test('rows that err at every sureness leave nothing to serve, and the order of the rows does not matter', () => {
  const wrong = rows(900, 'wrong', (_u, t) => (t > 0.67 ? 0.5 : 0));
  assert.equal(changeFloor(wrong, 0.02), changeFloor([...wrong].reverse(), 0.02));
  const sure = wrong.map((row) => ({ ...row, confidence: 0.5 }));
  assert.equal(changeFloor(sure, 0.02), Number.POSITIVE_INFINITY);
  assert.equal(changeFloor([], 0.02), Number.NEGATIVE_INFINITY, 'nothing to go by');
});

test('calibration rows of the past certify too much of what is to come, and less of it above the floor', () => {
  const validation = rows(6000, 'validation', changing);
  // Calibration rows lie among the learned ones: the student errs on them as if nothing changed.
  const calibration = rows(3000, 'calibration', () => 0.004);
  const floor = changeFloor(validation, 0.05);
  const future = rows(20_000, 'future', (u) => changing(u, 1));
  const brokenBy = (held: number): number => {
    const outcome = certify(validation, calibration, { epsilon: 0.05, delta: 0.05, floor: held });
    assert.equal(outcome.kind, 'certified');
    const threshold = outcome.kind === 'certified' ? outcome.certificate.threshold : 1;
    const served = future.filter((row) => row.confidence >= threshold);
    return served.filter((row) => !row.agree).length / served.length;
  };
  assert.ok(brokenBy(Number.NEGATIVE_INFINITY) > 0.075);
  assert.ok(brokenBy(floor) < 0.067, String(brokenBy(floor)));
});
