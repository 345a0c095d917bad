import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { upperBound } from '../../src/base/binomial.ts';
import type { CostGrade } from '../../src/capabilities/capability.ts';
import { costOf, gradeDollars } from '../../src/capabilities/cost.ts';
import { longestGap } from '../../src/capabilities/counts.ts';
import {
  callsToDecide,
  type Evidence,
  judge,
  type Rules,
  spansMonthEnd,
} from '../../src/capabilities/neverFired.ts';
import { cycleOf } from '../../src/capabilities/season.ts';

const DAY_MS = 86_400_000;
const sinceMs = Date.UTC(2026, 9, 20);
const rules: Rules = { delta: 0.05, budgetPerCall: 0.001, zeroCount: 1 };

function silent(n: number, grade: CostGrade = 'low', more: Partial<Evidence> = {}): Evidence {
  return {
    kind: 'label',
    empty: false,
    declared: true,
    current: true,
    cycle: cycleOf('ordinary'),
    sinceMs,
    nowMs: sinceMs + 21 * DAY_MS,
    opportunities: n,
    effective: n,
    fired: 0,
    effectiveHits: 0,
    examples: 0,
    firstSeenMs: null,
    lastSeenMs: null,
    before: n,
    after: n,
    longestGap: n,
    observedDays: 21,
    sessions: 100,
    upper: upperBound(0, n, 0.05),
    cost: costOf(gradeDollars[grade]),
    everyCall: true,
    added: false,
    ...more,
  };
}

function fired(k: number, n: number, more: Partial<Evidence> = {}): Evidence {
  const steady = {
    firstSeenMs: sinceMs + 1000,
    lastSeenMs: sinceMs + 20.9 * DAY_MS,
    before: 3,
    after: 3,
    longestGap: 3,
  };
  const upper = upperBound(k, n, 0.05);
  return { ...silent(n), fired: k, effectiveHits: k, examples: k, upper, ...steady, ...more };
}

test('a cost of 5 dollars and a budget of a tenth of a cent need about 15,000 silent calls, 5 cents need 150', () => {
  assert.equal(callsToDecide(costOf(gradeDollars.high), rules), 14979);
  assert.equal(callsToDecide(costOf(gradeDollars.low), rules), 150);
  assert.equal(callsToDecide(costOf(gradeDollars.low), { ...rules, zeroCount: 20 }), 300);
});

test('the reason says how often, how long, how much at most and what it would cost', () => {
  const { status, verdict, reason } = judge(silent(15_412, 'high', { nowMs: sinceMs + 20 * DAY_MS }), rules);
  assert.equal(status, 'dead');
  assert.equal(verdict, 'drop');
  assert.match(reason, /^Never fired in 15,412 opportunities over 20 days; at most 0\.019 % of calls\./);
  assert.match(reason, /would cost at most \$0\.00097 a call \(\$5 each: set by you\)/);
  assert.match(reason, /at most \d+ hits in the next month/);
});

test('repeats and bursts are told', () => {
  const { reason } = judge(silent(1000, 'low', { effective: 200, upper: upperBound(0, 200, 0.05) }), rules);
  assert.match(reason, /1,000 opportunities \(200 after repeats and bursts count once\)/);
});

test('what is severe is never dropped, however long it is silent', () => {
  const { status, verdict } = judge(silent(10_000_000, 'severe'), rules);
  assert.equal(status, 'long tail');
  assert.equal(verdict, 'route');
});

test('something dear that traffic will never decide is the long tail, something cheap waits', () => {
  assert.equal(judge(silent(100, 'high'), rules).status, 'long tail');
  assert.equal(judge(silent(20, 'low'), rules).status, 'not yet');
  assert.equal(judge(silent(20, 'low'), rules).callsNeeded, 130);
});

test('traffic in one burst, or on a few days only, is no cycle', () => {
  assert.match(judge(silent(5000, 'low', { sessions: 2 }), rules).reason, /only 2 separate bursts/);
  assert.match(judge(silent(5000, 'low', { observedDays: 4 }), rules).reason, /only 4 days/);
});

test('without any opportunity nothing is dead', () => {
  const { verdict, reason } = judge(silent(0), rules);
  assert.equal(verdict, 'not yet');
  assert.match(reason, /no call could have used it/);
});

test('what fires steadily is kept, severe acts only by the user', () => {
  assert.equal(judge(fired(100, 1000), rules).verdict, 'keep');
  assert.equal(judge(fired(100, 1000, { cost: costOf(gradeDollars.severe) }), rules).verdict, 'route');
  assert.equal(
    judge(fired(100, 1000, { cost: costOf(gradeDollars.severe), kind: 'field' }), rules).verdict,
    'keep',
  );
});

test('one input repeated is no lesson', () => {
  const { status, verdict, reason } = judge(fired(100, 1000, { examples: 1 }), rules);
  assert.equal(status, 'long tail');
  assert.equal(verdict, 'route');
  assert.match(reason, /Only 1 different input, 10 are needed/);
});

test('an empty list is an answer, however few inputs have it', () => {
  const nothing = fired(100, 1000, { kind: 'array-length', examples: 1 });
  assert.equal(judge(nothing, rules).verdict, 'route');
  assert.equal(judge({ ...nothing, empty: true }, rules).verdict, 'keep');
});

test('a first hit by chance is not news, a first hit after silence that chance does not explain is', () => {
  const recent = { firstSeenMs: sinceMs + 19 * DAY_MS };
  assert.equal(judge(fired(1, 1000, { ...recent, before: 900, after: 50 }), rules).status, 'long tail');
  assert.equal(judge(fired(3, 1000, { ...recent, before: 900, after: 50 }), rules).status, 'new');
  assert.equal(judge(fired(100, 1000, { ...recent, before: 900, after: 50 }), rules).verdict, 'keep');
});

test('silence after the last hit counts only when its own rate does not explain it', () => {
  const quiet = { lastSeenMs: sinceMs + 10 * DAY_MS };
  assert.equal(judge(fired(2, 1000, { ...quiet, after: 500 }), rules).status, 'long tail');
  assert.equal(judge(fired(50, 1000, { ...quiet, after: 500 }), rules).status, 'retired');
  const short = { lastSeenMs: sinceMs + 17 * DAY_MS, after: 250 };
  assert.equal(judge(fired(50, 1000, short), rules).status, 'dormant');
});

test('what comes in waves is not retired between two of them', () => {
  const month = { lastSeenMs: sinceMs, after: 500, before: 480 };
  assert.equal(judge(fired(50, 1000, { ...month, longestGap: 100 }), rules).status, 'retired');
  const between = judge(fired(50, 1000, { ...month, longestGap: 480 }), rules);
  assert.deepEqual([between.status, between.verdict], ['fired', 'keep']);
  assert.match(
    between.reason,
    /Comes in waves: silent for the last 500 opportunities, and before for up to 480/,
  );
});

test('the longest gap is counted between hits and before the first', () => {
  assert.equal(longestGap([0, 1, 2, 3, 4, 5, 6, 7], [1, 6]), 4);
  assert.equal(longestGap([0, 2, 4, 6, 8], [8]), 4);
  assert.equal(longestGap([0, 1, 2], []), 0);
});

test('knows whether a span holds the turn of a month', () => {
  assert.equal(spansMonthEnd(Date.UTC(2026, 9, 1), Date.UTC(2026, 9, 31, 23)), false);
  assert.equal(spansMonthEnd(Date.UTC(2026, 9, 31), Date.UTC(2026, 10, 1)), true);
  assert.equal(spansMonthEnd(Date.UTC(2025, 10, 5), Date.UTC(2026, 10, 5)), true);
});

test('drops only what fits the budget, and more silence never turns a drop back', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 200_000 }),
      fc.constantFrom<CostGrade>('trivial', 'low', 'high', 'severe'),
      fc.integer({ min: 1, max: 500 }),
      (n, grade, zeroCount) => {
        const shared = { ...rules, zeroCount };
        const at = (calls: number) =>
          judge(silent(calls, grade, { upper: upperBound(0, calls, rules.delta / zeroCount) }), shared);
        const { verdict, callsNeeded } = at(n);
        if (verdict === 'drop') {
          assert.notEqual(grade, 'severe');
          assert.ok(
            upperBound(0, n, rules.delta / zeroCount) * costOf(gradeDollars[grade]).dollars <=
              rules.budgetPerCall * 1.0001,
          );
          assert.equal(at(n + 1000).verdict, 'drop');
        } else if (verdict === 'not yet' && callsNeeded !== null)
          assert.equal(at(n + callsNeeded).verdict, 'drop');
      },
    ),
    { seed: 3 },
  );
});

test('what is seasonal by its name waits for its season', () => {
  const { status, reason } = judge(silent(100_000, 'low', { cycle: cycleOf('file_taxes') }), rules);
  assert.equal(status, 'not yet');
  assert.match(reason, /Not yet: seasonal \("taxes"\), offered for 21 days, a full cycle is 365\./);
  const yearLater = { cycle: cycleOf('ChristmasGreeting'), nowMs: sinceMs + 370 * DAY_MS };
  assert.equal(judge(silent(100_000, 'low', yearLater), rules).status, 'dead');
  assert.equal(cycleOf('monthlyReport').days, 31);
  assert.equal(cycleOf('taxi_booking').word, null);
});
