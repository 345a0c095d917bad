import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import OpenAI from 'openai';
import { startTeacher } from '../../src/teacher/server.ts';
import { baseUrls, openTestApp } from '../support/app.ts';
import { understudy } from '../support/cli.ts';
import { openaiCompletion } from '../support/sampleTraffic.ts';
import { importAndTrain, rows, traffic } from '../support/trained.ts';

/** Two windows, or a window and the command line, on one workspace: neither undoes what the other did. */

test('what one window learned and decided is there in the other, and nothing of either is lost', {
  timeout: 200_000,
}, async () => {
  const teacher = await startTeacher({
    answer: () => ({ status: 200, response: openaiCompletion('from the teacher', 1) }),
  });
  const settings = { upstreams: teacher.urls, epsilon: 0.2 };
  const first = await openTestApp({ settings });
  const second = await openTestApp({ settings, storage: first.storage, ports: { ownGateway: false } });
  try {
    assert.equal(second.app.state.tasks.length, 0);
    const taskId = await importAndTrain(first.app, first.storage);
    await second.app.refresh();
    const seen = second.app.state.tasks.map(({ id, stage }) => ({ id, stage }));
    assert.deepEqual(seen, [{ id: taskId, stage: 'certified' }]);

    await second.app.run('task.rename', { taskId, name: 'front desk' });
    await second.app.run('capabilities.sign', { taskId, by: 'The second window' });
    for (const { app } of [first, second]) {
      await app.refresh();
      assert.equal(app.state.tasks[0]?.name, 'front desk');
      assert.equal(app.state.tasks[0]?.signed?.by, 'The second window');
      assert.equal(app.state.terms.find((t) => t.provider === 'openai')?.decision, 'allowed');
    }

    await first.app.run('capture.start', null);
    const ask = async () => {
      const client = new OpenAI({ apiKey: 'k', baseURL: `${baseUrls(first.app)['openai']}/v1` });
      const body = traffic[0]!.request as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming;
      return (await client.chat.completions.create(body)).choices[0]?.message.content;
    };
    assert.equal(await ask(), 'from the teacher');
    const switched = await understudy(['mode', taskId, 'on', '--storage', first.storage]);
    assert.equal(switched.code, 0, switched.stderr);
    let answer = await ask();
    for (let tries = 0; tries < 200 && answer !== rows[0]!.answer; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      answer = await ask();
    }
    assert.equal(answer, rows[0]!.answer, 'the running gateway follows the command line');
    await second.app.run('task.setMode', { taskId, mode: 'off' });
    await first.app.refresh();
    assert.equal(first.app.state.tasks[0]?.mode, 'off');
  } finally {
    await second.close();
    await first.close();
    await teacher.close();
  }
});

test('the command line finds tasks, wants the terms decided, trains and switches on', {
  timeout: 200_000,
}, async () => {
  const { storage, close } = await openTestApp();
  try {
    const file = `${storage}/traffic.jsonl`;
    writeFileSync(file, traffic.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const at = ['--storage', storage];
    assert.equal((await understudy(['import', file, ...at])).code, 0);
    const listed = await understudy(['tasks', ...at]);
    const task = JSON.parse(listed.stdout) as { id: string; calls: number };
    assert.equal(task.calls, traffic.length);

    const undecided = await understudy(['train', task.id, ...at]);
    assert.equal(undecided.code, 1);
    assert.match(undecided.stderr, /OpenAI was not decided yet.* Decide for openai,/);
    const options = ['--allow', 'openai', '--epsilon', '0.2', '--device', 'cpu'];
    const trained = await understudy(['train', task.id, ...options, ...at]);
    assert.equal(trained.code, 0, trained.stderr);
    assert.equal((JSON.parse(trained.stdout) as { certified: boolean }).certified, true);
    const on = await understudy(['mode', task.id, 'on', ...at]);
    assert.equal(on.code, 0, on.stderr);
    const later = await understudy(['tasks', ...at]);
    assert.equal((JSON.parse(later.stdout) as { mode: string }).mode, 'on');
  } finally {
    await close();
  }
});
