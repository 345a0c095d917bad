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

test('a date in another language is a slot, and a new day no new version', () => {
  const days = ['Montag, der 26. Oktober', 'Freitag, der 30. Oktober', 'Sonntag, der 1. November'];
  const calls = days.flatMap((day, i) =>
    stream(`day ${i}`, 40, (random) => ({
      system: `Heute ist ${day} 2026. Nenne die Stimmung: ruhig, wütend oder traurig.`,
      user: sentence(random),
      answer: ['ruhig', 'wütend', 'traurig'][random.int(3)]!,
    })),
  );
  const [task, ...others] = discoverTasks(calls).tasks;
  assert.equal(others.length, 0);
  assert.equal(task?.versions.length, 1);
  const types = Object.fromEntries(task.slots.map(({ name, type }) => [name, type]));
  assert.deepEqual(types, { date: 'date', input: 'main' });
});
