import assert from 'node:assert/strict';
import { test } from 'node:test';
import { softLabels } from '../../src/dataset/soft.ts';

const labels = ['balance', 'bill', 'transfer'];
const token = (text: string, p: number, others: readonly [string, number][] = []) => ({
  token: text,
  logprob: Math.log(p),
  top: [[text, p] as const, ...others].map(([t, q]) => ({ token: t, logprob: Math.log(q) })),
});

test('alternatives along the way of a label carry their probability to the labels they lead to', () => {
  const soft = softLabels(labels, 0, [
    token('b', 0.9, [['transfer', 0.06]]),
    token('alance', 0.8, [['ill', 0.2]]),
  ]);
  assert.ok(soft !== null);
  assert.ok(Math.abs(soft[1]! - 0.18) < 1e-9);
  assert.ok(Math.abs(soft[2]! - 0.06) < 1e-9);
  assert.ok(Math.abs(soft[0]! - 0.76) < 1e-9);
});

test('an alternative that fits several labels is shared among them', () => {
  const soft = softLabels(labels, 2, [token('transfer', 0.8, [['b', 0.2]])]);
  assert.deepEqual(soft, { 0: 0.1, 1: 0.1, 2: 0.8 });
});

test('a sure answer, and one whose tokens spell something else, have no soft target', () => {
  assert.equal(softLabels(labels, 1, [token('bill', 0.999, [['x', 0.001]])]), null);
  assert.equal(softLabels(labels, 1, [token('Bill', 0.6, [['transfer', 0.4]])]), null);
});
