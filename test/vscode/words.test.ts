import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppState } from '../../src/protocol.ts';
import { emptyState } from '../../src/vscode/lazyApp.ts';
import { compact, lensTitle, percent, statusOf } from '../../src/vscode/words.ts';
import { states, tasks } from '../host/states.ts';

test('the status bar tells off, recording, serving and trouble apart', () => {
  const kinds = (
    [
      [emptyState, 'off'],
      [{ ...emptyState, gateway: { kind: 'starting' } }, 'starting'],
      [states.recorded, 'recording'],
      [states.tasks, 'serving'],
      [states.troubled, 'error'],
    ] as const satisfies readonly (readonly [AppState, string])[]
  ).map(([state, kind]) => [statusOf(state).kind, kind]);
  for (const [kind, expected] of kinds) assert.equal(kind, expected);
});

test('while serving it shows the share that was answered here', () => {
  const status = statusOf(states.tasks);
  assert.equal(status.text, 'Understudy: 86.2 % local');
  assert.match(status.tooltip, /1069 of 1240/);
});

test('a problem comes with what to do about it', () => {
  assert.match(statusOf(states.troubled).tooltip, /Port 41234 is taken/);
  const state: AppState = {
    ...emptyState,
    problems: [{ id: 'disk', severity: 'error', message: 'The disk is full.', next: 'Free some space.' }],
  };
  assert.equal(statusOf(state).tooltip, 'The disk is full.\nFree some space.');
});

test('calls that went through unrecorded are told', () => {
  const { recorded } = states;
  assert.doesNotMatch(statusOf(recorded).tooltip, /unrecorded/);
  const state = { ...recorded, traces: { ...recorded.traces, shed: 7 } };
  assert.match(statusOf(state).tooltip, /\n7 calls went through unrecorded$/);
});

test('a lens tells the task, its calls and its state', () => {
  assert.equal(
    lensTitle(tasks.support),
    '$(zap)\u00a0route bank messages · 3,204 calls · student answers 86.2 %',
  );
  assert.equal(
    lensTitle(tasks.voice),
    '$(record)\u00a0understand home assistant · 1,420 calls · ready to train',
  );
  assert.match(lensTitle(tasks.tutor), /stays with the teacher$/);
  assert.match(lensTitle({ ...tasks.spam, mode: 'off' }), /94\.8 % agree · switch on$/);
});

test('a share that is not quite nothing or everything never looks like it', () => {
  assert.equal(percent(0), '0 %');
  assert.equal(percent(1), '100 %');
  assert.equal(percent(0.0004), '<0.1 %');
  assert.equal(percent(0.9996), '>99.9 %');
  assert.equal(percent(0.8621), '86.2 %');
});

test('counts are short', () => {
  assert.deepEqual([7, 999, 1000, 1240, 25_400, 999_600].map(compact), [
    '7',
    '999',
    '1k',
    '1.2k',
    '25k',
    '1M',
  ]);
});
