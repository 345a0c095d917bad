import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDoubt } from '../../src/dataset/doubt.ts';
import type { OutputPlan } from '../../src/dataset/plan.ts';
import { softLabels } from '../../src/dataset/soft.ts';
import { plainStyle } from '../../src/dataset/style.ts';

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

test('the doubt about a field of a JSON answer is read where its value stands', () => {
  const values = ['bill', 'billing', 'gas'];
  const plan: OutputPlan = {
    kind: 'text-answer',
    style: plainStyle,
    node: {
      kind: 'object',
      fields: [
        { key: 'ok', presence: null, node: { kind: 'constant', value: true } },
        { key: 'about', presence: null, node: { kind: 'choice', slot: { name: 'about', values } } },
      ],
    },
  };
  const targets = { about: { kind: 'class', index: 0 } } as const;
  const said = [
    token('{"ok": true, "about', 1),
    token('": "', 1),
    token('bill', 0.8, [['gas', 0.2]]),
    token('"}', 0.75, [['ing', 0.25]]),
  ];
  const target = withDoubt(plan, targets, said)['about'];
  const soft = target?.kind === 'class' ? target.soft : undefined;
  close(soft?.[0], 0.6);
  close(soft?.[1], 0.2);
  close(soft?.[2], 0.2);
  const glued = [token('{"about":"bi', 0.9, [['{"about":"ga', 0.1]]), token('ll"}', 1)];
  const other = withDoubt(plan, targets, glued)['about'];
  close(other?.kind === 'class' ? other.soft?.[2] : undefined, 0.1);
  assert.deepEqual(withDoubt(plan, targets, [token('{"about": "gas"}', 0.9)]), targets);
});
