import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import OpenAI from 'openai';
import type { AppError } from '../../src/base/error.ts';
import { startTeacher } from '../../src/teacher/server.ts';
import { baseUrls, openTestApp } from '../support/app.ts';
import { openaiCompletion } from '../support/sampleTraffic.ts';
import { importAndTrain, rows, traffic } from '../support/trained.ts';

/** What happens when what lies on the disk is not what was written. */

test('a damaged bundle is refused by its hash, the teacher answers, and training again mends it', {
  timeout: 200_000,
}, async () => {
  const teacher = await startTeacher({
    answer: () => ({ status: 200, response: openaiCompletion('from the teacher', 1) }),
  });
  const { app, storage, close } = await openTestApp({ settings: { upstreams: teacher.urls, epsilon: 0.2 } });
  try {
    const taskId = await importAndTrain(app, storage);
    await app.run('capture.start', null);
    const client = new OpenAI({ apiKey: 'k', baseURL: `${baseUrls(app)['openai']}/v1`, maxRetries: 0 });
    const ask = async () => {
      const body = traffic[0]!.request as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming;
      const { data, response } = await client.chat.completions.create(body).withResponse();
      return { text: data.choices[0]?.message.content, routing: response.headers.get('x-understudy') ?? '' };
    };

    const bundle = bundleOf(storage, taskId);
    const victim = readdirSync(bundle).find((name) => name !== 'card.json')!;
    const good = readFileSync(path.join(bundle, victim));
    const bad = Buffer.from(good);
    bad[bad.length >> 1]! ^= 1;
    writeFileSync(path.join(bundle, victim), bad);
    await assert.rejects(app.run('task.setMode', { taskId, mode: 'on' }), (error: AppError) => {
      assert.equal(error.code, 'bundle-damaged');
      assert.match(error.message, new RegExp(victim.replaceAll('.', '\\.')));
      return true;
    });
    const whileDamaged = await ask();
    assert.equal(whileDamaged.text, 'from the teacher');
    assert.match(whileDamaged.routing, /^teacher; reason=/);

    const { certified } = await app.run('student.train', { taskId, device: 'cpu' });
    assert.equal(certified, true);
    await app.run('task.setMode', { taskId, mode: 'on' });
    const mended = await ask();
    assert.match(mended.routing, /^student; /);
    assert.equal(mended.text, rows[0]!.answer);
  } finally {
    await close();
    await teacher.close();
  }
});

test('damaged lines of the journal are reported and the rest is read', async () => {
  const { app, storage, close } = await openTestApp();
  try {
    const file = path.join(storage, 'traffic.jsonl');
    writeFileSync(
      file,
      traffic
        .slice(0, 20)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
    await app.run('traces.import', { file });
    const journal = path.join(storage, 'journal');
    const open = readdirSync(journal).find((name) => name.endsWith('.jsonl'));
    assert.ok(open !== undefined, readdirSync(journal).join(' '));
    appendFileSync(path.join(journal, open), '0badc0de {"id":"torn\n');
    await app.refresh();
    assert.equal(app.state.traces.total, 20);
    if (open !== undefined)
      assert.equal(
        app.state.problems.some((p) => p.id === 'journal-damage'),
        true,
      );
  } finally {
    await close();
  }
});

test('damaged state files are set aside and said so, and the app opens', async () => {
  const first = await openTestApp();
  writeFileSync(path.join(first.storage, 'tasks.json'), '[{"id": "half');
  const second = await openTestApp({ storage: first.storage });
  assert.deepEqual(second.app.state.tasks, []);
  assert.ok(readdirSync(first.storage).includes('tasks.json.damaged'));
  await second.close();
  await first.close();
});

function bundleOf(storage: string, taskId: string): string {
  const folder = path.join(storage, 'students', taskId);
  return path.join(folder, readdirSync(folder)[0]!);
}
