import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { startTeacher, type Teacher } from '../../src/teacher/server.ts';
import { readTraces } from '../../src/traces/reader.ts';
import { baseUrls, openTestApp } from '../support/app.ts';
import { openaiCompletion } from '../support/sampleTraffic.ts';
import { importAndTrain, traffic } from '../support/trained.ts';

/** Killing any process at any moment: calls still reach the teacher, and nothing acknowledged is lost. */

let teacher: Teacher;
before(async () => {
  let n = 0;
  teacher = await startTeacher({
    delayMs: 5,
    answer: () => ({ status: 200, response: openaiCompletion('ok', n++) }),
  });
});
after(() => teacher.close());

/** Calls in four lanes until it is stopped; the official client's own retries bridge a restart. */
function startLoad(urls: Readonly<Record<string, string>>) {
  const client = new OpenAI({ apiKey: 'k', baseURL: `${urls['openai']}/v1`, maxRetries: 8 });
  const answered: string[] = [];
  const errors: string[] = [];
  let running = true;
  const lane = async (name: number): Promise<void> => {
    for (let i = 0; running && i < 5000; i++) {
      const content = `lane ${name} call ${i}`;
      await client.chat.completions
        .create({ model: 'm', messages: [{ role: 'user', content }] })
        .then(() => answered.push(content))
        .catch((error: Error) => errors.push(error.message));
    }
  };
  const lanes = Promise.all([0, 1, 2, 3].map(lane));
  return {
    answered,
    errors,
    stop: async () => {
      running = false;
      await lanes;
    },
  };
}

test('killing the gateway under load fails no call for good and keeps the port', {
  timeout: 60_000,
}, async () => {
  const { app, storage, close } = await openTestApp({ settings: { upstreams: teacher.urls } });
  try {
    await app.run('capture.start', null);
    const before = baseUrls(app);
    const load = startLoad(before);
    for (let round = 0; round < 3; round++) {
      await sleep(400);
      // What the gateway has acknowledged to its own statistics is in the journal before it dies.
      await app.run('capture.flush', null);
      const acknowledged = app.state.traces.total;
      process.kill(gatewayPid(storage), 'SIGKILL');
      await sleep(1200);
      await app.refresh();
      assert.ok(app.state.traces.total >= acknowledged, `${app.state.traces.total} < ${acknowledged}`);
    }
    await load.stop();
    assert.deepEqual(load.errors, []);
    assert.deepEqual(baseUrls(app), before);
    assert.ok(load.answered.length > 50, `${load.answered.length} calls`);
  } finally {
    await close();
  }
});

test('a gateway outlives the host and is taken over on the same port', { timeout: 60_000 }, async () => {
  const first = await openTestApp({ settings: { upstreams: teacher.urls }, ports: { ownGateway: false } });
  let load: ReturnType<typeof startLoad> | null = null;
  try {
    await first.app.run('capture.start', null);
    const urls = baseUrls(first.app);
    load = startLoad(urls);
    await sleep(200);
    await first.app.dispose();
    const whileGone = load.answered.length;
    await sleep(300);
    assert.ok(load.answered.length > whileGone, 'calls go on while no host is there');

    const second = await openTestApp({ storage: first.storage, settings: { upstreams: teacher.urls } });
    await second.app.run('capture.start', null);
    assert.deepEqual(baseUrls(second.app), urls);
    await load.stop();
    await second.app.run('capture.flush', null);
    assert.deepEqual(load.errors, []);
    const stored = new Set<string>();
    for await (const trace of readTraces(path.join(first.storage, 'journal'), {})) {
      const request = trace.request as { messages: { content: string }[] };
      stored.add(request.messages[0]!.content);
    }
    assert.deepEqual(
      load.answered.filter((content) => !stored.has(content)),
      [],
    );
    await second.close();
  } finally {
    await load?.stop();
    await first.close().catch(() => {}); // Disposed above in the good case.
  }
});

test('killing the worker under load sends calls to the teacher until it is back', {
  timeout: 120_000,
}, async () => {
  const { app, storage, close } = await openTestApp({
    settings: { upstreams: teacher.urls, epsilon: 0.2, auditShare: 0 },
  });
  try {
    const taskId = await importAndTrain(app, storage);
    await app.run('capture.start', null);
    await app.run('task.setMode', { taskId, mode: 'on' });
    const client = new OpenAI({ apiKey: 'k', baseURL: `${baseUrls(app)['openai']}/v1`, maxRetries: 0 });
    const ask = async (): Promise<string> => {
      const body = traffic[0]!.request as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming;
      const { response } = await client.chat.completions.create(body).withResponse();
      return (response.headers.get('x-understudy') ?? '').split(';')[0]!;
    };
    assert.equal(await ask(), 'student');
    const workers = childrenOf(gatewayPid(storage));
    assert.equal(workers.length, 1);
    process.kill(workers[0]!, 'SIGKILL');
    const routes: string[] = [];
    for (let i = 0; i < 200 && routes.filter((route) => route === 'student').length < 5; i++) {
      routes.push(await ask());
      await sleep(20);
    }
    assert.ok(routes.includes('teacher'), 'the teacher answers while the worker is gone');
    assert.equal(routes.at(-1), 'student');
  } finally {
    await close();
  }
});

/** Direct children of a process, from /proc; Linux only, like the machine this suite runs on. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

function gatewayPid(storage: string): number {
  return (JSON.parse(readFileSync(path.join(storage, 'gateway.json'), 'utf8')) as { pid: number }).pid;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
