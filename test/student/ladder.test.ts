import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { Scored } from '../../src/evaluation/prediction.ts';
import { packArrays, unpackArrays } from '../../src/student/arrays.ts';
import { chooseRung, coverageGain, coverageOf } from '../../src/student/ladder.ts';
import { fitLogistic, logistic } from '../../src/student/logistic.ts';

/** Rows whose chance of being wrong falls with confidence; `sharp` rankings separate better. */
function rows(n: number, sharp: number): Scored[] {
  const random = createRandom(5);
  return Array.from({ length: n }, (_, i) => {
    const wrong = random.next() < 0.1;
    const confidence = (wrong ? 0.3 : 0.7) * sharp + random.next() * (1 - sharp);
    return {
      callId: `${i}`,
      atMs: i,
      confidence,
      agree: !wrong,
      answered: true,
      bucket: 'all',
      cached: false,
    };
  });
}

const acceptor = {
  model: { mean: [], scale: [], weights: [], bias: 0 },
  unfamiliar: null,
  alike: 1,
  catchAll: null,
  novelty: null,
  doubts: null,
};
const candidate = (rung: 'wide' | 'wide+deep', scored: readonly Scored[]) => ({
  rung,
  acceptor,
  validation: scored,
  common: scored,
});

test('a higher rung that serves more at the same risk is taken', () => {
  const [low, high] = [rows(800, 0.1), rows(800, 0.6)];
  const { gain, low: least } = coverageGain(low, high, 0.02, 1);
  assert.ok(gain > 0.2 && least > 0);
  assert.equal(
    chooseRung([candidate('wide', low), candidate('wide+deep', high)], 0.02, 1).chosen.rung,
    'wide+deep',
  );
});

test('the cheapest rung stays where a higher one gains nothing', () => {
  const same = rows(800, 0.4);
  const { chosen, reason } = chooseRung([candidate('wide', same), candidate('wide+deep', same)], 0.02, 1);
  assert.equal(chosen.rung, 'wide');
  assert.match(reason, /gains 0\.0 points/);
});

test('the acceptor gives the probabilities that made the data', () => {
  const random = createRandom(11);
  const features = Array.from({ length: 4000 }, () => [random.normal() * 3 + 5, random.normal()]);
  const truth = (row: readonly number[]): number => 1 / (1 + Math.exp(-(0.8 * (row[0]! - 5) - row[1]! + 1)));
  const agree = features.map((row) => random.next() < truth(row));
  const fitted = fitLogistic(features, agree);
  const error = features.reduce((sum, row) => sum + Math.abs(logistic(fitted, row) - truth(row)), 0) / 4000;
  assert.ok(error < 0.03, `mean error ${error}`);
});

test('of two features that say the same the less penalised one speaks', () => {
  const random = createRandom('penalty');
  const features = Array.from({ length: 400 }, () => random.normal()).map((x) => [x, x]);
  const hits = features.map(([x]) => random.next() < 1 / (1 + Math.exp(-2 * x!)));
  const [alike, unlike] = [0.01, [0.01, 0.1]].map((ridge) => fitLogistic(features, hits, undefined, ridge));
  assert.ok(Math.abs(alike!.weights[0]! - alike!.weights[1]!) < 1e-9);
  assert.ok(unlike!.weights[0]! > 5 * unlike!.weights[1]!);
});

test('an acceptor fitted on right answers alone stays finite', () => {
  const fitted = fitLogistic([[1], [2], [3]], [true, true, true]);
  assert.ok(logistic(fitted, [2]) > 0.5 && logistic(fitted, [2]) < 1);
});

test('arrays survive the way through a file', () => {
  const arrays = {
    'a/weights': Int8Array.of(-128, 0, 127),
    b: Float32Array.of(1.5, -2),
    c: Uint32Array.of(4294967295),
    empty: Float64Array.of(),
  };
  assert.deepEqual(unpackArrays(packArrays(arrays)), arrays);
  assert.throws(() => unpackArrays(new Uint8Array(16)), /not a file of arrays/);
});

test('coverage is what can be served at the risk, nothing where every row is wrong', () => {
  const right = rows(400, 0.4).map((row) => ({ ...row, agree: true }));
  assert.equal(coverageOf(right, 0.02), 1);
  assert.equal(
    coverageOf(
      right.map((row) => ({ ...row, agree: false })),
      0.02,
    ),
    0,
  );
  assert.equal(coverageOf([], 0.02), 0);
});

test('a rung that is surely right more often is taken where it does not surely serve less', () => {
  const low = rows(800, 0.4);
  const wrong = low.flatMap((row, i) => (row.agree ? [] : [i]));
  const mended = new Set(wrong.slice(0, Math.floor(wrong.length / 2)));
  // Half the mistakes are mended without a word about how sure it is of them.
  const high = low.map((row, i) => (mended.has(i) ? { ...row, agree: true, confidence: 0 } : row));
  const { chosen } = chooseRung([candidate('wide', low), candidate('wide+deep', high)], 0.02, 1);
  assert.equal(chosen.rung, 'wide+deep');
});
