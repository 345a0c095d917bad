import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenRequests } from '../../src/worker/openRequests.ts';

test('a request is found under its number until it is taken', () => {
  const open = createOpenRequests<string>();
  const [a, b] = [open.add('a'), open.add('b')];
  assert.equal(open.get(a), 'a');
  assert.equal(open.take(a), 'a');
  assert.equal(open.get(a), undefined);
  assert.equal(open.take(a), undefined);
  assert.equal(open.get(b), 'b');
});

test('numbers are used again, and never by two requests at once', () => {
  const open = createOpenRequests<number>();
  const held = new Map<number, number>();
  for (let i = 0; i < 200; i++) {
    const number = open.add(i);
    assert.ok(!held.has(number));
    held.set(number, i);
    if (held.size < 16) continue;
    const [oldest, request] = held.entries().next().value!;
    assert.equal(open.take(oldest), request);
    held.delete(oldest);
  }
  assert.ok(Math.max(...held.keys()) < 16);
});

test('taking all leaves nothing open', () => {
  const open = createOpenRequests<string>();
  open.take(open.add('gone'));
  open.add('a');
  open.add('b');
  assert.deepEqual(open.takeAll().sort(), ['a', 'b']);
  assert.deepEqual(open.takeAll(), []);
});
