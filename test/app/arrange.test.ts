import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { App } from '../../src/app/app.ts';
import { createRandom } from '../../src/base/random.ts';
import { openTestApp } from '../support/app.ts';
import { openaiCompletion } from '../support/sampleTraffic.ts';
import { sentence } from '../tasks/support/calls.ts';

/** What the user put right stays right: after a restart, and when new traffic changes the templates. */

const startMs = Date.UTC(2026, 8, 1);
const minute = 60_000;

function lines(
  seed: string,
  count: number,
  prompt: (i: number) => string,
  answers: readonly string[],
  more: { readonly from?: number; readonly pin?: string } = {},
): string {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      ts: new Date(startMs + (more.from ?? 0) + i * 10 * minute).toISOString(),
      provider: 'openai',
      status: 200,
      ...(more.pin === undefined ? {} : { task: more.pin }),
      request: {
        model: 'gpt-4o-mini',
        messages: [
          { role: 'system', content: prompt(i) },
          { role: 'user', content: sentence(random) },
        ],
      },
      response: openaiCompletion(answers[random.int(answers.length)]!, i),
    }),
  ).join('\n');
}

const moods = (extra: string) => (): string =>
  `Name the mood of the message for the support desk of a bicycle shop.${extra} Answer with one word.`;
const colour = (): string => 'Tell which colour comes to mind when you read the text: red, green or blue.';
const size = (): string =>
  'How large is the thing in the text? Reply with small, medium or large and nothing else.';

test('rename, merge and split are remembered after a restart and new traffic', {
  timeout: 60_000,
}, async () => {
  const { app, storage, close } = await openTestApp();
  const take = async (to: App, name: string, text: string): Promise<void> => {
    const file = path.join(storage, name);
    writeFileSync(file, `${text}\n`);
    const { skipped } = await to.run('traces.import', { file });
    assert.deepEqual(skipped, []);
    await to.run('tasks.analyse', null);
  };
  const shown = (of: App) =>
    of.state.tasks.map(({ name, calls, versions }) => `${name}: ${calls} in ${versions}`).toSorted();
  let second: Awaited<ReturnType<typeof openTestApp>> | null = null;
  try {
    await take(
      app,
      'first.jsonl',
      [
        lines('moods', 40, moods(''), ['glad', 'angry', 'sad']),
        lines('moods two', 40, moods(' The customer Ada is at the counter.'), ['glad', 'angry', 'sad'], {
          from: 400 * minute,
        }),
        lines('colour', 30, colour, ['red', 'green', 'blue']),
        lines('size', 30, size, ['small', 'medium', 'large']),
      ].join('\n'),
    );
    assert.equal(app.state.tasks.length, 3);
    const idOf = (of: App, word: string): string =>
      of.state.tasks.find(({ prompt, name }) => prompt.includes(word) || name.includes(word))!.id;
    await app.run('task.rename', { taskId: idOf(app, 'mood'), name: 'Moods' });
    await app.run('task.merge', { taskId: idOf(app, 'large'), into: idOf(app, 'colour') });
    const mood = app.state.tasks.find(({ name }) => name === 'Moods')!;
    assert.equal(mood.versions, 2);
    await app.run('task.split', { taskId: mood.id, version: 2 });
    const before = shown(app);
    assert.equal(app.state.tasks.length, 3);
    assert.ok(before.includes('Moods: 40 in 1'), before.join('; '));
    assert.ok(
      before.some((line) => /: 60 in 2$/.test(line)),
      before.join('; '),
    );

    await app.dispose();
    second = await openTestApp({ storage });
    assert.deepEqual(shown(second.app), before, 'after a restart');
    // The name in the second wording turns out to be a blank: its template is another one now.
    const name = (i: number): string => ['Bo', 'Cleo', 'Dag', 'Ewa', 'Finn'][i % 5]!;
    await take(
      second.app,
      'later.jsonl',
      lines(
        'moods three',
        60,
        (i) => moods(` The customer ${name(i)} is at the counter.`)(),
        ['glad', 'angry', 'sad'],
        { from: 900 * minute },
      ),
    );
    await second.app.run('tasks.analyse', null);
    const after = shown(second.app);
    assert.equal(after.length, 3, after.join('; '));
    assert.ok(after.includes('Moods: 40 in 1'), after.join('; '));
    assert.equal(
      second.app.state.tasks.find(({ prompt }) => prompt.includes('counter'))?.calls,
      100,
      after.join('; '),
    );
  } finally {
    await second?.close();
    await close();
  }
});
