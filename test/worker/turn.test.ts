import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { gathered, messagesOf } from '../../src/worker/turn.ts';

test('what is said in one turn goes together and in its order, a single message as it is', async () => {
  const sent: unknown[] = [];
  const say = gathered<{ n: number }>((said) => sent.push(said));
  say({ n: 1 });
  await turn();
  say({ n: 2 });
  await Promise.resolve();
  say({ n: 3 });
  assert.deepEqual(sent, [{ n: 1 }]);
  await turn();
  assert.deepEqual(sent, [{ n: 1 }, [{ n: 2 }, { n: 3 }]]);
});

test('many messages of one turn go in lists of eight, the first of them at once', async () => {
  const sent: unknown[] = [];
  const say = gathered<{ n: number }>((said) => sent.push(said));
  const messages = Array.from({ length: 19 }, (_, n) => ({ n }));
  messages.forEach(say);
  assert.deepEqual(sent, [messages.slice(0, 8), messages.slice(8, 16)]);
  await turn();
  assert.deepEqual(sent.flat(), messages);
  messages.slice(0, 8).forEach(say);
  assert.equal(sent.length, 4);
  await turn();
  assert.equal(sent.length, 4);
});

test('one message and a list of them are read alike', () => {
  assert.deepEqual(messagesOf({ n: 1 }), [{ n: 1 }]);
  assert.deepEqual(messagesOf([{ n: 1 }, { n: 2 }]), [{ n: 1 }, { n: 2 }]);
});
