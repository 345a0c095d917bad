import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discoverTasks } from '../../src/tasks/miner.ts';
import { sentence, stream } from './support/calls.ts';

const names = (system: (day: number) => string): string[] => {
  const calls = stream('named', 60, (random) => ({
    system: system(random.int(28) + 1),
    user: sentence(random),
    answer: ['calm', 'angry', 'sad'][random.int(3)]!,
  }));
  return discoverTasks(calls).tasks.map((task) => task.name);
};

test('a task is called by the sentence that says what to do, not by the one with the date', () => {
  const rest = 'Name the mood of the sentence: calm, angry or sad.';
  assert.deepEqual(
    names((day) => `Today is Monday, October ${day}, 2026. ${rest}`),
    ['Name the mood of the sentence'],
  );
  assert.deepEqual(
    names(() => rest),
    ['Name the mood of the sentence'],
  );
});

test('a prompt that introduces its role keeps it, slot or not', () => {
  assert.deepEqual(
    names((day) => `You are the mood reader of office ${day}. Answer calm, angry or sad.`),
    ['Mood reader of office'],
  );
});
