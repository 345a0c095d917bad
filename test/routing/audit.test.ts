import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { type AuditState, audit, initialAudit } from '../../src/routing/audit.ts';
import { auditProbability, defaultPolicy } from '../../src/routing/defaults.ts';
import { policy } from './support.ts';

const options = { epsilon: 0.02, audits: 2000 };

/** Audits until roll-back after `good` audits at half of epsilon; null where none comes within `limit`. */
function delay(seed: number, good: number, rate: number, limit: number): number | null {
  const random = createRandom(`audit/${seed}`);
  let state: AuditState = initialAudit(options);
  for (let i = 0; i < good + limit; i++) {
    state = audit(state, random.next() >= (i < good ? options.epsilon / 2 : rate), options);
    if (state.standing === 'rollback') return i - good;
  }
  return null;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

test('a threefold drift after a thousand good audits is caught in about a hundred', () => {
  const delays = Array.from({ length: 60 }, (_, seed) => delay(seed, 1000, 0.06, 5000) ?? 5000);
  assert.ok(median(delays) < 180, `median ${median(delays)}`);
  assert.ok(delays.filter((d) => d < 0).length <= 4, 'rolls back while all is well');
});

test('a long good past does not slow the alarm', () => {
  const short = Array.from({ length: 40 }, (_, seed) => delay(seed, 100, 0.1, 5000) ?? 5000);
  const long = Array.from({ length: 40 }, (_, seed) => delay(seed, 3000, 0.1, 5000) ?? 5000);
  assert.ok(median(long) < 2 * median(short) + 20);
});

test('while the promise just holds, false roll-backs come less than once in the promised number of audits', () => {
  const lengths = Array.from({ length: 40 }, (_, seed) => delay(seed, 0, options.epsilon, 20_000) ?? 20_000);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  assert.ok(mean >= options.audits, `mean run length ${mean}`);
});

test('watching comes before rolling back, and roll-back is final', () => {
  let state = initialAudit(options);
  const seen: string[] = [];
  for (let i = 0; i < 40; i++) {
    state = audit(state, i % 3 !== 0, options);
    if (seen.at(-1) !== state.standing) seen.push(state.standing);
  }
  assert.deepEqual(seen, ['serve', 'watch', 'rollback']);
  for (let i = 0; i < 5000; i++) state = audit(state, true, options);
  assert.equal(state.standing, 'rollback');
});

test('what is watched calms down when the audits agree again', () => {
  let state = initialAudit(options);
  while (state.standing === 'serve') state = audit(state, false, options);
  assert.equal(state.standing, 'watch');
  for (let i = 0; i < 1000; i++) state = audit(state, true, options);
  assert.equal(state.standing, 'serve');
});

test('the state is plain data and counts what it saw', () => {
  const state = audit(audit(initialAudit(options), true, options), false, options);
  assert.deepEqual([state.audits, state.disagreements], [2, 1]);
  assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
});

test('a very loose promise can still be broken', () => {
  const loose = { epsilon: 0.8, audits: 100 };
  let state = initialAudit(loose);
  for (let i = 0; i < 2000 && state.standing !== 'rollback'; i++) state = audit(state, false, loose);
  assert.equal(state.standing, 'rollback');
});

test('everything is audited first, then about fifty a day, twice that while watching', () => {
  const certificate = policy.certificate!;
  const at = (served: number, servedPerDay: number, watching = false): number =>
    auditProbability(certificate, { served, servedPerDay, watching });
  assert.equal(at(148, 1000), 1);
  assert.equal(at(149, 1000), 0.05);
  assert.equal(at(5000, 1000, true), 0.1);
  assert.equal(at(5000, 1_000_000), 0.01);
  assert.equal(at(5000, 0), 1);
});

test('a task starts with the teacher', () => {
  const fresh = defaultPolicy('intent', 1);
  assert.deepEqual([fresh.mode, fresh.bundle, fresh.certificate, fresh.buckets], ['off', null, null, []]);
});
