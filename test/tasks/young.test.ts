import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discoverTasks } from '../../src/tasks/miner.ts';
import { youngTasks } from '../../src/tasks/young.ts';
import { makeCall, mixed, sentence, stream, tool } from './support/calls.ts';

test('a prompt with a few calls is too young rather than lost, and what is typed once is nothing', () => {
  const calls = mixed(
    stream('grown', 40, (random) => ({
      system: 'Name the colour of the thing that the customer describes.',
      user: sentence(random),
      answer: 'red',
    })),
    stream('few', 5, (random) => ({
      system: 'Write a one-line summary of the support call for the weekly digest.',
      user: sentence(random),
      answer: sentence(random),
    })),
    stream('tools', 3, (random) => ({
      user: sentence(random),
      tools: [tool('lift'), tool('park')],
      toolCalls: [['lift', {}]],
    })),
    stream('template', 4, (random) => ({
      user: `Translate the following product note into plain Dutch.\n\nNote: ${sentence(random)}`,
      answer: sentence(random),
    })),
    stream('typed', 30, (random) => ({ user: sentence(random), answer: sentence(random) })),
    stream('again', 3, () => ({ user: 'Explain in three sentences what CORS is to a junior developer.' })),
    stream('one', 1, () => ({ system: 'You explain error messages of a compiler to students.', user: 'E1' })),
  );
  const { tasks, unassigned } = discoverTasks(calls);
  assert.equal(tasks.length, 1);
  const young = youngTasks(unassigned);
  assert.deepEqual(
    young.map((found) => [found.calls, found.needed]),
    [
      [5, 8],
      [4, 8],
      [3, 8],
    ],
  );
  assert.match(young[0]!.opening, /^Write a one-line summary/);
  assert.match(young[1]!.opening, /^Translate the following/);
  assert.ok(young.every(({ firstMs, lastMs }) => firstMs <= lastMs));
});

test('the opening of a young prompt is short, whatever the prompt', () => {
  const calls = ['a', 'b', 'c'].map((user) => makeCall({ system: 'x'.repeat(200_000), user }));
  const [young] = youngTasks(discoverTasks(calls).unassigned);
  assert.equal(young?.opening.length, 80);
});
