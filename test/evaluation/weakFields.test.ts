import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weakFields } from '../../src/evaluation/weakFields.ts';
import type { Answer } from '../../src/wire/chat.ts';

const text = (value: object): Answer => ({ text: JSON.stringify(value), toolCalls: [] });
const call = (value: object): Answer => ({
  text: null,
  toolCalls: [{ name: 'save', arguments: JSON.stringify(value) }],
});
const pairs = (write: (value: object) => Answer, labelRight: number) =>
  Array.from({ length: 100 }, (_, i) => ({
    said: write({ label: i < labelRight ? 'a' : 'b', confidence: 0.9 }),
    given: write({ label: 'a', confidence: i % 10 === 0 ? 0.9 : 0.8 }),
  }));

test('the field that an answer fails by is named, in JSON and in tool calls', () => {
  const reason = /confidence is right in 10 %, all others in 97 %: without it/;
  assert.match(weakFields(pairs(text, 97)), reason);
  assert.match(weakFields(pairs(call, 97)), /save\.confidence is right in 10 %/);
});

test('no field is named where the others are not right either, and where answers have none', () => {
  assert.equal(weakFields(pairs(text, 60)), '');
  assert.equal(weakFields(pairs(text, 97).slice(0, 10)), '');
  assert.equal(weakFields(pairs(() => ({ text: 'a', toolCalls: [] }), 0)), '');
});
