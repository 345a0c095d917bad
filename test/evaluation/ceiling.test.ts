import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { type Given, selfAgreement } from '../../src/evaluation/ceiling.ts';

const said = (callId: string, text: string): Given => ({ callId, answer: { text, toolCalls: [] } });

test('too few repeated inputs say nothing about the teacher', () => {
  const groups = Array.from({ length: 19 }, (_, i) => [said(`${i}a`, 'x'), said(`${i}b`, 'x')]);
  assert.equal(selfAgreement(groups), null);
  assert.equal(selfAgreement([...groups, [said('alone', 'x')]]), null);
});

test('one pair per repeated input is counted, by meaning and not by bytes', () => {
  const groups = Array.from({ length: 40 }, (_, i) => [
    said(`${i}a`, '{"intent":"pay","sure":true}'),
    said(`${i}b`, i < 2 ? '{"intent":"bill"}' : '{"sure": true, "intent": "pay"}'),
  ]);
  const found = selfAgreement(groups);
  assert.equal(found?.pairs.n, 40);
  assert.equal(found?.pairs.hits, 38);
  assert.deepEqual(found?.conflicts, {
    inputs: 2,
    calls: [
      ['0a', '0b'],
      ['1a', '1b'],
    ],
  });
});

test('a conflict between the first and the last answer is found too', () => {
  const groups = Array.from({ length: 20 }, (_, i) => [
    said(`${i}a`, 'x'),
    said(`${i}b`, 'y'),
    said(`${i}c`, 'x'),
  ]);
  const found = selfAgreement(groups);
  assert.equal(found?.pairs.rate, 1);
  assert.equal(found?.conflicts.inputs, 20);
});

test('the best student lies between the agreement and the ceiling', () => {
  const random = createRandom('teacher');
  // Half of the inputs are easy; on the others the teacher says one thing in 80 % and another in 20 %.
  const answer = (i: number): string => (i % 2 === 0 || random.next() < 0.8 ? 'a' : 'b');
  const groups = Array.from({ length: 4000 }, (_, i) => [said(`${i}a`, answer(i)), said(`${i}b`, answer(i))]);
  const found = selfAgreement(groups)!;
  const best = 0.5 + 0.5 * 0.8;
  assert.ok(found.pairs.rate < best && best < found.ceiling, `${found.pairs.rate} ${found.ceiling}`);
  assert.ok(found.ceiling - found.pairs.rate < 0.1);
});
