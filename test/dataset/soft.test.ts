import assert from 'node:assert/strict';
import { test } from 'node:test';
import { softLabels } from '../../src/dataset/soft.ts';

const labels = ['balance', 'bill', 'transfer'];
const token = (text: string, p: number, others: readonly [string, number][] = []) => ({
  token: text,
  logprob: Math.log(p),
  top: [[text, p] as const, ...others].map(([t, q]) => ({ token: t, logprob: Math.log(q) })),
});

const close = (a: number | undefined, b: number): void => assert.ok(Math.abs(a! - b) < 1e-9, `${a} ${b}`);

test('alternatives along the way of a label carry their probability to the labels they lead to', () => {
  const soft = softLabels(labels, 0, [
    token('b', 0.9, [['transfer', 0.06]]),
    token('alance', 0.8, [['ill', 0.2]]),
  ]);
  assert.ok(soft !== null);
  close(soft[0], 0.72);
  close(soft[1], 0.18);
  close(soft[2], 0.06);
});

test('an alternative that fits several labels is shared among them', () => {
  const soft = softLabels(labels, 2, [token('transfer', 0.8, [['b', 0.2]])]);
  assert.deepEqual(soft, { 0: 0.1, 1: 0.1, 2: 0.8 });
});

test('what the list does not name is left open, and other wordings are left out of account', () => {
  const open = softLabels(labels, 1, [token('bill', 0.6, [['transfer', 0.3]])]);
  close(open?.[1], 0.6);
  close(open?.[2], 0.3);
  assert.equal(open?.[0], undefined);
  const worded = softLabels(labels, 1, [
    token('bill', 0.4, [
      ['Sure', 0.2],
      ['transfer', 0.2],
    ]),
  ]);
  close(worded?.[1], 0.5);
  close(worded?.[2], 0.25);
});

test('a sure answer, and one whose tokens spell something else, have no soft target', () => {
  assert.equal(softLabels(labels, 1, [token('bill', 0.999, [['x', 0.001]])]), null);
  assert.equal(softLabels(labels, 1, [token('Bill', 0.6, [['transfer', 0.4]])]), null);
  assert.equal(softLabels(labels, 1, [token('bill', 0.5, [['Sure', 0.5]])]), null);
});
