import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../src/base/random.ts';
import {
  applyIsotonic,
  calibrationError,
  fitIsotonic,
  fitTemperature,
  reliability,
  softmax,
} from '../../src/evaluation/calibrate.ts';

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

test('temperature finds the factor by which logits are too sharp', () => {
  const random = createRandom(7);
  const logits: number[][] = [];
  const labels: number[] = [];
  for (let i = 0; i < 4000; i++) {
    const honest = Array.from({ length: 5 }, () => random.normal() * 1.5);
    const p = softmax(honest);
    let draw = random.next();
    labels.push(
      Math.max(
        0,
        p.findIndex((share) => (draw -= share) < 0),
      ),
    );
    logits.push(honest.map((z) => z * 3));
  }
  near(fitTemperature(logits, labels), 3, 0.15);
});

test('temperature of no rows changes nothing', () => {
  assert.equal(fitTemperature([], []), 1);
});

test('softmax survives logits of any size', () => {
  near(softmax([1000, 1000])[0]!, 0.5, 1e-12);
  near(softmax([-1e4, 0])[1]!, 1, 1e-12);
});

test('isotonic regression is the least-squares rising fit', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.boolean()), { minLength: 1, maxLength: 40 }),
      (rows) => {
        const scores = rows.map(([score]) => score);
        const agree = rows.map(([, hit]) => hit);
        const fit = fitIsotonic(scores, agree);
        // The max-min formula of Barlow et al. (1972), computed the slow way.
        const mean = (from: number, to: number): number => {
          const part = rows.filter(([score]) => score >= from && score <= to);
          return part.length === 0 ? Number.NaN : part.filter(([, hit]) => hit).length / part.length;
        };
        for (const x of new Set(scores)) {
          const lows = [...new Set(scores)].filter((s) => s <= x);
          const highs = [...new Set(scores)].filter((s) => s >= x);
          const expected = Math.max(...lows.map((low) => Math.min(...highs.map((high) => mean(low, high)))));
          near(applyIsotonic(fit, x), expected, 1e-12);
        }
      },
    ),
  );
});

test('reliability bins have equal mass, keep ties together and miss no row', () => {
  const rows = Array.from({ length: 100 }, (_, i) => ({ confidence: i / 100, agree: i % 2 === 0 }));
  const bins = reliability(rows, 10);
  assert.deepEqual(
    bins.map((bin) => bin.n),
    Array(10).fill(10),
  );
  const tied = rows.map((row) => ({ ...row, confidence: 0.5 }));
  assert.deepEqual(reliability(tied, 10), [{ confidence: 0.5, agreement: 0.5, n: 100 }]);
});

test('the calibration error of an honest student is small and of a boaster large', () => {
  const random = createRandom(3);
  const honest = Array.from({ length: 5000 }, () => {
    const confidence = random.next();
    return { confidence, agree: random.next() < confidence };
  });
  assert.ok(calibrationError(honest) < 0.03);
  near(calibrationError(honest.map((row) => ({ ...row, confidence: 1 }))), 0.5, 0.03);
  assert.equal(calibrationError([]), 0);
});
