import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { binomialCdf } from '../../src/base/binomial.ts';
import {
  allowedErrors,
  jointRisk,
  power,
  type Row,
  rowsNeeded,
  servedAt,
  splitFixedSequence,
  startOf,
  startsOf,
  thresholdGrid,
} from '../../src/evaluation/threshold.ts';
import { selectiveGuaranteedRisk } from './draws.ts';

const level = { epsilon: 0.02, delta: 0.05 };
const anyRow: fc.Arbitrary<Row> = fc.record({
  confidence: fc.oneof(
    fc.integer({ min: 0, max: 20 }).map((i) => i / 20),
    fc.constant(Number.NEGATIVE_INFINITY),
  ),
  wrong: fc.boolean(),
});
const rows = (n: number, wrong: (i: number) => boolean): Row[] =>
  Array.from({ length: n }, (_, i) => ({ confidence: 1 - i / n, wrong: wrong(i) }));

test('allowed errors are the most that still pass', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3000 }),
      fc.double({ min: 0.005, max: 0.3, noNaN: true }),
      (n, epsilon) => {
        const k = allowedErrors(n, epsilon, 0.05);
        if (k >= 0) assert.ok(binomialCdf(k, n, epsilon) <= 0.05);
        assert.ok(binomialCdf(k + 1, n, epsilon) > 0.05);
      },
    ),
  );
});

test('error-free rows needed are the rule of three made exact', () => {
  assert.deepEqual(
    [0.05, 0.02, 0.01].map((epsilon) => rowsNeeded(0, epsilon, 0.05)),
    [59, 149, 299],
  );
});

test('rows needed for a power of 80 % match the published table within 10 %', () => {
  for (const [epsilon, ratio, expected] of [
    [0.02, 0.25, 390],
    [0.02, 0.5, 970],
    [0.01, 0.5, 1945],
    [0.05, 0.25, 155],
    [0.05, 0.5, 390],
  ] as const) {
    const needed = rowsNeeded(epsilon * ratio, epsilon, 0.05);
    assert.ok(
      Math.abs(needed - expected) <= expected * 0.1,
      `${epsilon} x ${ratio}: ${needed} against ${expected}`,
    );
    assert.ok(power(needed, epsilon * ratio, epsilon, 0.05) >= 0.8);
  }
  assert.equal(rowsNeeded(0.02, 0.02, 0.05), Number.POSITIVE_INFINITY);
});

test('the grid runs from strict to loose and never serves a row without an answer', () => {
  fc.assert(
    fc.property(fc.array(anyRow, { maxLength: 200 }), (validation) => {
      const grid = thresholdGrid(validation, 500, level);
      grid.forEach((point, i) => {
        assert.ok(Number.isFinite(point.threshold));
        if (i > 0) assert.ok(point.threshold < grid[i - 1]!.threshold);
        assert.ok(
          Math.abs(point.share - servedAt(validation, point.threshold).n / validation.length) < 1e-12,
        );
      });
      assert.ok(startOf(grid) < Math.max(1, grid.length));
    }),
  );
});

test('what is selected passed its exact test, and everything of one confidence is served together', () => {
  fc.assert(
    fc.property(
      fc.array(anyRow, { maxLength: 300 }),
      fc.array(anyRow, { maxLength: 300 }),
      (validation, calibration) => {
        const selected = splitFixedSequence(validation, calibration, { epsilon: 0.3, delta: 0.2 });
        if (selected === null) return;
        const { n, errors } = servedAt(calibration, selected.threshold);
        assert.deepEqual([selected.n, selected.errors], [n, errors]);
        assert.ok(binomialCdf(errors, n, 0.3) <= 0.2);
        assert.ok(
          calibration.every(
            (row) => Number.isFinite(row.confidence) || !(row.confidence >= selected.threshold),
          ),
        );
      },
    ),
  );
});

test('a perfect student is served at every confidence', () => {
  const good = rows(400, () => false);
  assert.equal(splitFixedSequence(good, good, level)?.n, 400);
});

test('148 calls without an error are too few for 2 %, 149 are enough', () => {
  const validation = rows(200, () => false);
  assert.equal(
    splitFixedSequence(
      validation,
      rows(148, () => false),
      level,
    ),
    null,
  );
  assert.notEqual(
    splitFixedSequence(
      validation,
      rows(149, () => false),
      level,
    ),
    null,
  );
});

test('the walk stops at the first failure, even where a looser threshold would pass again', () => {
  const validation = rows(2000, (i) => i > 1050);
  const calibration = rows(2000, (i) => i > 1000 && i <= 1100 && i % 4 === 0);
  assert.ok(binomialCdf(25, 2000, level.epsilon) <= level.delta);
  const selected = splitFixedSequence(validation, calibration, level);
  assert.ok(selected !== null && selected.n >= 1000 && selected.n < 1100);
});

test('the starts share out all of delta, and a clearly stricter one is added only where it is likely to pass', () => {
  fc.assert(
    fc.property(
      fc.array(anyRow, { minLength: 1, maxLength: 400 }),
      fc.integer({ min: 1, max: 4000 }),
      (validation, n) => {
        const grid = thresholdGrid(validation, n, { epsilon: 0.3, delta: 0.05 });
        const starts = startsOf(grid, n, { epsilon: 0.3, delta: 0.05 });
        const spent = [...starts.values()].reduce((sum, share) => sum + share, 0);
        assert.ok(Math.abs(spent - 0.05) < 1e-12);
        assert.ok(starts.has(startOf(grid)));
        for (const [index, share] of starts) {
          if (index === startOf(grid)) continue;
          const { share: served, risk } = grid[index]!;
          assert.ok(served <= 0.75 * grid[startOf(grid)]!.share);
          assert.ok(power(Math.round(n * served), risk, 0.3, share) > 0.5);
        }
      },
    ),
  );
});

test('a walk that would fail at its main start is begun again from a safer one', () => {
  // Validation has next to none up to 70 %; calibration has its errors from 52 % on.
  const validation = rows(2000, (i) => i > 1400 || (i > 1000 && i % 100 === 0));
  const calibration = rows(2000, (i) => i > 1400 || (i > 1050 && i % 8 === 0));
  const grid = thresholdGrid(validation, calibration.length, level);
  const { n, errors } = servedAt(calibration, grid[startOf(grid)]!.threshold);
  assert.ok(binomialCdf(errors, n, level.epsilon) > level.delta, 'the main start fails');
  const selected = splitFixedSequence(validation, calibration, level);
  assert.ok(selected !== null && selected.n > 149 && selected.n < n);
});

test('a main start that is safe keeps its level where few calls are as sure as a stricter one asks', () => {
  const loose = { epsilon: 0.05, delta: 0.05 };
  const validation = rows(600, () => false);
  for (const n of [125, 400]) {
    // Fewer than could pass are as sure as three quarters of the validation rows, and all as sure as the last of them.
    const calibration = rows(n, () => false).map((row, i) => (i < 50 ? row : { ...row, confidence: 0.2 }));
    const grid = thresholdGrid(validation, n, loose);
    assert.ok((startsOf(grid, n, loose).get(startOf(grid)) ?? 0) >= 0.9 * loose.delta);
    assert.equal(splitFixedSequence(validation, calibration, loose)?.n, n);
  }
});

test('no rows select nothing', () => {
  assert.equal(splitFixedSequence([], [], level), null);
  assert.equal(selectiveGuaranteedRisk([], level), null);
  assert.equal(jointRisk([], level), null);
});

test('the joint promise counts all rows: 300 with few errors are enough where the served alone are too few', () => {
  const calibration: Row[] = [
    ...rows(100, () => false),
    ...Array.from({ length: 200 }, () => ({ confidence: Number.NEGATIVE_INFINITY, wrong: true })),
  ];
  assert.equal(splitFixedSequence(calibration, calibration, level), null);
  const joint = jointRisk(calibration, level);
  assert.ok(joint !== null && Math.abs(joint.coverage - 1 / 3) < 1e-12);
});

test('the joint promise stops at the last confidence that keeps it, ties as one', () => {
  const tied = rows(1000, (i) => i >= 500).map((row) => ({
    ...row,
    confidence: Math.ceil(row.confidence * 10) / 10,
  }));
  const joint = jointRisk(tied, level);
  assert.equal(joint?.threshold, 0.6);
  assert.equal(joint?.coverage, 0.5);
});

test('SGR never returns a threshold that its bound did not pass', () => {
  fc.assert(
    fc.property(fc.array(anyRow, { minLength: 1, maxLength: 300 }), (calibration) => {
      const selected = selectiveGuaranteedRisk(calibration, { epsilon: 0.3, delta: 0.2 });
      if (selected !== null) assert.ok(selected.errors / selected.n <= 0.3);
    }),
  );
});

test('the loosest candidate serves every row with an answer, however many have none', () => {
  const rows = (answered: number): Row[] =>
    Array.from({ length: 1000 }, (_, i) => ({
      confidence: i < answered ? 1 - i / 1000 : Number.NEGATIVE_INFINITY,
      wrong: false,
    }));
  const level = { epsilon: 0.02, delta: 0.05 };
  for (const answered of [1000, 995, 510, 20])
    assert.equal(thresholdGrid(rows(answered), 1000, level).at(-1)?.share, answered / 1000);
  assert.deepEqual(thresholdGrid(rows(19), 1000, level), [], 'too few to be a step');
});
