import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCall } from '../../src/traces/call.ts';
import { makeTrace } from './sample.ts';

test('a trace is read by its codec', () => {
  const call = toCall(makeTrace('a'));
  assert.equal(call?.request.model, 'gpt-4o-mini');
  assert.equal(call?.response?.text, 'positive');
});

test('a failed, incomplete or unreadable answer is no response, and the request is still there', () => {
  for (const over of [
    { status: 429 },
    { status: 0 },
    { incomplete: 'client aborted' },
    { response: null },
    { response: { unexpected: true } },
  ]) {
    const call = toCall(makeTrace('a', over));
    assert.equal(call?.response, null);
    assert.equal(call?.request.messages.length, 2);
  }
});

test('a trace without a format or with an unreadable request is no call', () => {
  assert.equal(toCall(makeTrace('a', { format: null })), null);
  assert.equal(toCall(makeTrace('a', { request: null })), null);
  assert.equal(toCall(makeTrace('a', { request: 'text' })), null);
  assert.equal(toCall(makeTrace('a', { request: { model: 'm' } })), null);
});
