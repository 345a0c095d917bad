import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  afterFailure,
  afterSuccess,
  type BreakerState,
  beginTrial,
  breakerDefaults,
  circuitAt,
  closedBreaker,
} from '../../src/routing/breaker.ts';

const failed = (times: number, nowMs = 0): BreakerState => {
  let state = closedBreaker();
  for (let i = 0; i < times; i++) state = afterFailure(state, nowMs);
  return state;
};

test('two failures are forgiven, the third opens the circuit', () => {
  assert.equal(circuitAt(failed(2), 0), 'closed');
  assert.equal(circuitAt(failed(3), 0), 'open');
});

test('a good answer in between starts the count again', () => {
  const state = afterFailure(afterFailure(afterSuccess(failed(2)), 0), 0);
  assert.equal(circuitAt(state, 0), 'closed');
});

test('after the pause one trial is made, and no second beside it', () => {
  const open = failed(3);
  assert.equal(circuitAt(open, 999), 'open');
  assert.equal(circuitAt(open, 1000), 'trial');
  assert.equal(circuitAt(beginTrial(open, 1000), 1001), 'open');
});

test('a good trial closes the circuit, a bad one opens it for twice as long', () => {
  const trial = beginTrial(failed(3), 1000);
  assert.equal(circuitAt(afterSuccess(trial), 1001), 'closed');
  const again = afterFailure(trial, 1000);
  assert.equal(circuitAt(again, 2999), 'open');
  assert.equal(circuitAt(again, 3000), 'trial');
});

test('the pause has an end however many trials fail', () => {
  let state = failed(3);
  for (let i = 0; i < 20; i++)
    state = afterFailure(beginTrial(state, state.openUntilMs!), state.openUntilMs!);
  assert.equal(state.pauseMs, breakerDefaults.longestPauseMs);
});

test('an old call that comes back while the circuit is open changes nothing', () => {
  const open = failed(3);
  assert.equal(circuitAt(afterSuccess(open), 1), 'open');
  assert.equal(afterFailure(open, 500).openUntilMs, open.openUntilMs);
});

test('a trial that never comes back does not block for ever', () => {
  const trial = beginTrial(failed(3), 1000);
  assert.equal(circuitAt(trial, 1000 + breakerDefaults.longestPauseMs), 'trial');
});

test('whatever happens, a healthy student is asked again within the longest pause', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('fail', 'succeed', 'wait'), { maxLength: 60 }), (events) => {
      let state = closedBreaker();
      let now = 0;
      for (const event of events) {
        now += event === 'wait' ? 700 : 1;
        const circuit = circuitAt(state, now);
        if (circuit === 'open' || event === 'wait') continue;
        if (circuit === 'trial') state = beginTrial(state, now);
        state = event === 'fail' ? afterFailure(state, now) : afterSuccess(state);
      }
      assert.notEqual(circuitAt(state, now + breakerDefaults.longestPauseMs), 'open');
    }),
  );
});
