import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../src/base/random.ts';
import {
  applyIsotonic,
  calibrationError,
  fitIsotonic,
  fitScaling,
  fitTemperature,
  reliability,
  scaled,
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

test('the line between two classes is drawn where held-out rows put it', () => {
  const random = createRandom(11);
  const margins = Array.from({ length: 4000 }, () => random.normal() * 2);
  // The second class begins at -1, not at 0, and is half as sure as its margin says.
  const labels = margins.map((m) => (random.next() < 1 / (1 + Math.exp(-(m + 1) / 2)) ? 1 : 0));
  const logits = margins.map((m) => [-m / 2, m / 2]);
  const scaling = fitScaling(logits, labels);
  near(scaling.temperature, 2, 0.2);
  near(scaling.shift, 0.5, 0.1);
  near(scaled([0.5, -0.5], scaling)[1]!, 0.5, 0.05);
});

test('more than two classes and one class alone keep their lines', () => {
  const three = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0.2, 1],
    [0.3, 1, 0.9],
  ];
  assert.equal(fitScaling(three, [0, 1, 2, 2]).shift, 0);
  assert.equal(
    fitScaling(
      [
        [1, 0],
        [2, 0.5],
      ],
      [0, 0],
    ).shift,
    0,
  );
  assert.deepEqual(fitScaling([], []), { temperature: 1, shift: 0 });
  const apart = fitScaling(
    [
      [1, -1],
      [-1, 1],
    ],
    [0, 1],
  );
  assert.ok(apart.temperature > 0 && Math.abs(apart.shift) < 1e-6);
});

test('scaled probabilities are probabilities, whatever the rows', () => {
  const row = fc.tuple(
    fc.double({ min: -50, max: 50, noNaN: true }),
    fc.double({ min: -50, max: 50, noNaN: true }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(row, fc.integer({ min: 0, max: 1 })), { minLength: 1, maxLength: 30 }),
      (rows) => {
        const scaling = fitScaling(
          rows.map(([logits]) => logits),
          rows.map(([, label]) => label),
        );
        for (const [logits] of rows) {
          const [p, q] = scaled(logits, scaling);
          assert.ok(p! >= 0 && q! >= 0 && Math.abs(p! + q! - 1) < 1e-9);
        }
      },
    ),
  );
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
