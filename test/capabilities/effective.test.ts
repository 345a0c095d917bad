import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upperBound } from '../../src/base/binomial.ts';
import { createRandom } from '../../src/base/random.ts';
import {
  burstCorrelation,
  effectiveSize,
  findRepeats,
  WINDOW_MS,
  worthOf,
} from '../../src/capabilities/effective.ts';
import { sentence } from './support/log.ts';

const HOUR_MS = 3_600_000;

test('finds exact repeats at any time, near ones within a day, and no others', () => {
  const random = createRandom(5);
  const base = Array.from({ length: 300 }, () => sentence(random));
  const inputs = base.flatMap((text) => [
    text,
    `${text.toUpperCase()}!`,
    `hello, ${text}`,
    text.replace('a', 'e'),
  ]);
  const sameDay = Float64Array.from(inputs, (_, i) => i * 1000);
  const repeats = findRepeats(inputs, sameDay);
  const leaders = new Set(repeats.near);
  assert.equal(leaders.size, 300);
  assert.deepEqual([...repeats.near.slice(0, 4)], [0, 0, 0, 0]);
  assert.equal(new Set(findRepeats(base, sameDay.slice(0, 300)).near).size, 300);
  const nextDay = findRepeats([base[0]!, base[0]!], Float64Array.of(0, 86_400_000));
  assert.deepEqual([...nextDay.near], [0, 1]);
  assert.deepEqual([...nextDay.exact], [0, 0]);
});

test('empty and one-letter inputs are inputs', () => {
  const { near } = findRepeats(['', '', 'a', 'b', 'a'], new Float64Array(5));
  assert.deepEqual([...near], [0, 0, 2, 3, 2]);
});

test('independent calls are worth their number, whatever the rate', () => {
  const random = createRandom(1);
  const n = 5000;
  const calls = Array.from({ length: n }, (_, i) => i);
  const times = Float64Array.from(calls, (i) => i * 1000);
  const signatures = Int32Array.from(calls, () => random.int(20));
  const burst = burstCorrelation(calls, times, signatures);
  assert.ok(burst.size > 300);
  assert.ok(burst.correlation < 0.002, String(burst.correlation));
});

test('a burst of one answer is worth one call', () => {
  const calls = Array.from({ length: 1000 }, (_, i) => i);
  const times = Float64Array.from(calls, (i) => Math.floor(i / 100) * 10 * WINDOW_MS + (i % 100));
  const signatures = Int32Array.from(calls, (i) => Math.floor(i / 100));
  const burst = burstCorrelation(calls, times, signatures);
  assert.ok(burst.correlation > 0.99);
  assert.ok(Math.abs(effectiveSize(1000, burst) - 10) < 0.5);
  assert.equal(effectiveSize(0, burst), 0);
});

test('upper bounds on the effective size cover the truth in at least 95 % of 1,000 bursty windows', () => {
  const random = createRandom(11);
  const rate = 0.05;
  let covered = 0;
  let naive = 0;
  const windows = 1000;
  for (let w = 0; w < windows; w++) {
    // Twenty answers; bursts of 1 to 30 calls; nine tenths of a burst's calls repeat its first answer.
    const times: number[] = [];
    const signatures: number[] = [];
    for (let burst = 0; burst < 60; burst++) {
      const mood = random.int(20);
      const size = 1 + random.int(30);
      for (let i = 0; i < size; i++) {
        times.push(burst * HOUR_MS + i * 1000);
        signatures.push(random.next() < 0.9 ? mood : random.int(20));
      }
    }
    const calls = times.map((_, i) => i);
    const near = Int32Array.from(calls);
    const { effective } = worthOf(calls, near, Float64Array.from(times), Int32Array.from(signatures));
    const hits = signatures.filter((s) => s === 1).length;
    const ratio = effective / calls.length;
    if (upperBound(hits * ratio, effective, 0.05) >= rate) covered++;
    if (upperBound(hits, calls.length, 0.05) >= rate) naive++;
  }
  assert.ok(covered >= 0.95 * windows, `${covered} covered`);
  assert.ok(naive < 0.9 * windows, `${naive} covered by the naive bound`);
});
