import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import type { App } from '../../src/app/app.ts';
import { startTeacher, type Teacher } from '../../src/teacher/server.ts';
import { baseUrls, openTestApp } from '../support/app.ts';
import { labelTraffic, openaiCompletion } from '../support/sampleTraffic.ts';
import { rows } from '../support/trained.ts';

/** The set that somebody agreed to, from the signature to the gateway: real processes, a real student. */

const offered = ['apr', 'balance', 'pin_change', 'transfer', 'stolen_card'];
// Few calls use the label that is dropped: those that the student takes for another count as its errors.
const calls = rows.filter((row, i) => row.answer !== 'apr' || i % 4 === 0);
const traffic = labelTraffic(calls, { labels: offered });

let teacher: Teacher;
let said = 'balance';
before(async () => {
  let n = 0;
  teacher = await startTeacher({
    delayMs: 0,
    answer: () => ({ status: 200, response: openaiCompletion(said, n++) }),
  });
});
after(() => teacher.close());

test('the agreed set shapes the student, and one use of a dropped label stops its kind of call', {
  timeout: 120_000,
}, async () => {
  const { app, storage, close } = await openTestApp({
    settings: { upstreams: teacher.urls, deadlineMs: 5000, epsilon: 0.2 },
  });
  try {
    const file = path.join(storage, 'traffic.jsonl');
    writeFileSync(file, traffic.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await app.run('traces.import', { file });
    await app.run('tasks.analyse', null);
    const taskId = app.state.tasks[0]!.id;
    const task = () => app.state.tasks.find((t) => t.id === taskId)!;
    const decide = (name: string, verdict: 'keep' | 'drop') =>
      app.run('capability.setVerdict', { taskId, capabilityId: `label:${name}`, verdict });
    await decide('stolen_card', 'drop');
    await decide('apr', 'drop');
    await app.run('capabilities.sign', { taskId, by: 'Ada' });
    assert.deepEqual(task().signed?.changes, []);
    await decide('transfer', 'drop');
    assert.deepEqual(task().signed?.changes, [
      { id: 'label:transfer', name: 'transfer', from: 'keep', to: 'drop' },
    ]);

    await app.run('terms.decide', { provider: 'openai', decision: 'allowed' });
    const { certified } = await app.run('student.train', { taskId, device: 'cpu' });
    assert.equal(certified, true, task().summary);
    assert.deepEqual([task().student?.signed?.by, task().student?.signed?.waiting], ['Ada', 1]);
    const buckets = task().student!.report!.buckets.map(({ bucket }) => bucket);
    assert.ok(buckets.includes('label:transfer'), 'nobody agreed to drop it');
    assert.ok(!buckets.includes('label:apr'), 'dropped: no class of the student');

    await app.run('capture.start', null);
    await app.run('task.setMode', { taskId, mode: 'on' });
    const inputs = rows.filter((row) => row.answer === 'balance').map((row) => row.input);
    const sure = await firstServed(app, inputs);
    assert.notEqual(sure, null, 'the student answers some question about the balance');

    // A kind of request that is left to the teacher is left to it at once, and given back as well.
    const capabilityId = `input-length:${sure!.length < 100 ? '0-99' : '100-399'} characters`;
    await app.run('capability.setVerdict', { taskId, capabilityId, verdict: 'route' });
    assert.match(await ask(app, sure!), /teacher; reason=routed/);
    await app.run('capability.setVerdict', { taskId, capabilityId, verdict: null });
    assert.match(await ask(app, sure!), /^student/);

    // The teacher says for the same question what was dropped as never used; shadow lets it answer.
    await app.run('task.setMode', { taskId, mode: 'shadow' });
    said = 'stolen_card';
    await ask(app, sure!);
    await app.run('capture.flush', null);
    for (let i = 0; i < 50 && app.state.problems.length === 0; i++) await app.refresh();
    assert.match(
      app.state.problems.map(({ message }) => message).join(' '),
      /used label:stolen_card, which was dropped.* so is that of label:balance/,
    );
    await app.run('task.setMode', { taskId, mode: 'on' });
    assert.match(await ask(app, sure!), /teacher; reason=bucket-not-certified/);
    await app.run('tasks.analyse', null);
    assert.match(
      task().capabilities.find(({ id }) => id === 'label:stolen_card')?.reason ?? '',
      /^Reopened on \d{4}-\d\d-\d\d: the teacher used it after it was dropped\. Fired \d+ time/,
    );
    assert.equal(
      task().signed?.changes.find(({ id }) => id === 'label:stolen_card')?.to,
      'route',
      'routed at once, and told as a change',
    );
  } finally {
    await close();
  }
});

/** The first of these questions that the student answers itself; null where it answers none. */
async function firstServed(app: App, inputs: readonly string[]): Promise<string | null> {
  for (const input of inputs.slice(0, 40)) if (/^student/.test(await ask(app, input))) return input;
  return null;
}

/** Sends one question through the gateway. @returns who answered, and why. */
async function ask(app: App, content: string): Promise<string> {
  const client = new OpenAI({ apiKey: 'k', baseURL: `${baseUrls(app)['openai']}/v1`, maxRetries: 0 });
  const { model, messages } = traffic[0]!.request as { model: string; messages: { content: string }[] };
  const { response } = await client.chat.completions
    .create({
      model,
      temperature: 0,
      messages: [
        { role: 'system', content: messages[0]!.content },
        { role: 'user', content },
      ],
    })
    .withResponse();
  return response.headers.get('x-understudy') ?? '';
}
