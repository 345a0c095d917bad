import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { type GatewayClient, startGateway } from '../../src/gateway/client.ts';
import type { RoutingPolicy } from '../../src/routing/policy.ts';
import type { Task } from '../../src/tasks/task.ts';
import { openJournal } from '../../src/traces/journal.ts';
import type { Trace } from '../../src/traces/trace.ts';
import { answerChat, type FakeTeacher, type SeenCall, startFakeTeacher } from '../support/fakeTeacher.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

const workerEntry = path.resolve(import.meta.dirname, 'fixtureWorker.ts');

const task: Task = {
  id: 'intent',
  name: 'intent',
  renamed: false,
  versions: [
    {
      version: 1,
      template: {
        messages: [
          { role: 'system', segments: [{ kind: 'text', text: 'Name the intent of the sentence.' }] },
          { role: 'user', segments: [{ kind: 'slot', name: 'text' }] },
        ],
        turns: 'fixed',
        hash: 'h1',
      },
      toolset: { kind: 'fixed', hash: 'none', tools: [] },
      outputFormat: { kind: 'text' },
      models: ['gpt-4o-mini'],
      calls: 100,
      firstMs: 0,
      lastMs: 1,
      change: null,
    },
  ],
  slots: [{ name: 'text', type: 'main', kept: true, reason: '', distinct: 100, examples: [] }],
  output: { kind: 'labels', values: [{ value: 'greet', count: 100 }], closed: true },
  providers: ['openai'],
  sites: [],
  models: [{ model: 'gpt-4o-mini', firstMs: 0, lastMs: 1, calls: 100 }],
  calls: 100,
  firstMs: 0,
  lastMs: 1,
};
const certificate = {
  epsilon: 0.05,
  delta: 0.05,
  threshold: 0.8,
  n: 500,
  errors: 5,
  coverage: 0.9,
  pValue: 0.01,
};
const policy: RoutingPolicy = {
  taskId: 'intent',
  mode: 'on',
  canaryShare: 0.3,
  deadlineMs: 10_000,
  auditShare: 0,
  bundle: 'students/intent/1-1',
  version: 1,
  certificate,
  buckets: [{ bucket: 'all', serve: true, threshold: 0.8, n: 500, errors: 5, reason: '' }],
};

describe('the teacher is the default branch; the student', () => {
  let teacher: FakeTeacher;
  let gateway: TestGateway;
  let storage: string;
  let count = 0;
  const draws = { next: 0.5 };
  /** In place of the ordinary answers. */
  let special: ((call: SeenCall, res: http.ServerResponse) => void) | null = null;

  before(async () => {
    storage = await mkdtemp(path.join(os.tmpdir(), 'understudy-students-'));
    teacher = await startFakeTeacher((call, res) => {
      if (special !== null) return special(call, res);
      answerChat(res, call, JSON.stringify(call.json).includes('disputed') ? 'other' : 'greet');
    });
    await writeFile(path.join(storage, 'tasks.json'), JSON.stringify([task]));
    await use({ mode: 'off' });
    gateway = await start();
  });
  after(async () => {
    await gateway.close();
    await teacher.close();
    await rm(storage, { recursive: true, force: true });
  });
  afterEach(async () => {
    teacher.seen.length = 0;
    count = (await gateway.traces()).length;
  });

  const start = (): Promise<TestGateway> =>
    startTestGateway({
      storage,
      workerEntry,
      draw: () => draws.next,
      upstreams: { openai: teacher.url, anthropic: teacher.url },
    });

  /** Writes the policy and lets the gateway read it; waits until the worker has the student. */
  async function use(change: Partial<RoutingPolicy>): Promise<void> {
    await writeFile(path.join(storage, 'policies.json'), JSON.stringify([{ ...policy, ...change }]));
    if (gateway === undefined) return;
    await gateway.students.reload();
    for (let i = 0; i < 500 && gateway.students.stats()['intent']?.student === 'loading'; i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const openai = () => new OpenAI({ apiKey: 'k', baseURL: `${gateway.base}/openai/v1`, maxRetries: 0 });
  const body = (text: string) => ({
    model: 'gpt-4o-mini',
    messages: [
      { role: 'system' as const, content: 'Name the intent of the sentence.' },
      { role: 'user' as const, content: text },
    ],
  });
  const ask = async (text: string, more: object = {}, headers: Record<string, string> = {}) => {
    const { data, response } = await openai()
      .chat.completions.create({ ...body(text), ...more }, { headers })
      .withResponse();
    return {
      text: (data as OpenAI.ChatCompletion).choices[0]?.message.content,
      said: response.headers.get('x-understudy'),
    };
  };
  const recorded = async (): Promise<Trace[]> => (await gateway.traces()).slice(count);

  test('answers where it is sure, and the teacher hears nothing of it', async () => {
    await use({});
    const { text, said } = await ask('sure greet');
    assert.equal(text, 'greet');
    assert.equal(said, 'student; reason=served; task=intent; confidence=0.990');
    assert.equal(teacher.seen.length, 0);
    const [trace] = await recorded();
    assert.equal(trace?.servedBy, 'student');
    assert.deepEqual(trace.route?.answer, { text: 'greet', toolCalls: [] });
    assert.deepEqual(
      [trace.route?.reason, trace.route?.confidence, trace.route?.audit],
      ['served', 0.99, null],
    );
    assert.match(JSON.stringify(trace.response), /"content":"greet"/);
  });

  test('ends its answer where the limit on tokens ended the teacher’s, under that limit alone', async () => {
    await use({});
    const request = { ...body('cut greet'), max_tokens: 1 };
    const { choices } = await openai().chat.completions.create(request);
    assert.deepEqual([choices[0]?.message.content, choices[0]?.finish_reason], ['greet', 'length']);
    const client = new Anthropic({ apiKey: 'k', baseURL: `${gateway.base}/anthropic`, maxRetries: 0 });
    const message = await client.messages.create({
      model: 'gpt-4o-mini',
      max_tokens: 1,
      system: 'Name the intent of the sentence.',
      messages: [{ role: 'user' as const, content: 'cut greet' }],
    });
    assert.equal(message.stop_reason, 'max_tokens');
    assert.equal(teacher.seen.length, 0);
    await openai().chat.completions.create({ ...request, max_tokens: 2 });
    assert.equal(teacher.seen.length, 1);
  });

  test('answers in a stream where a stream is asked for', async () => {
    await use({});
    const stream = await openai().chat.completions.create({
      ...body('sure greet'),
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), 'greet');
    assert.ok((chunks.at(-1)?.usage?.total_tokens ?? 0) > 0);
    assert.equal(teacher.seen.length, 0);
    const [trace] = await recorded();
    assert.deepEqual([trace?.streamed, trace?.incomplete, trace?.servedBy], [true, null, 'student']);
  });

  test("answers in Anthropic's format where the caller speaks it", async () => {
    await use({});
    const client = new Anthropic({
      apiKey: 'k',
      baseURL: `${gateway.base}/anthropic`,
      maxRetries: 0,
      defaultHeaders: { 'anthropic-version': '2023-06-01' },
    });
    const request = {
      model: 'gpt-4o-mini',
      max_tokens: 9,
      system: 'Name the intent of the sentence.',
      messages: [{ role: 'user' as const, content: 'sure greet' }],
    };
    const message = await client.messages.create(request);
    assert.deepEqual(message.content, [{ type: 'text', text: 'greet' }]);
    assert.equal(await client.messages.stream(request).finalText(), 'greet');
    assert.equal(teacher.seen.length, 0);
  });

  test('answers the calls that name its task, and none that name another', async () => {
    // A task of the same prompts that comes first: without a word from the caller every call is one of it.
    const twin: Task = { ...task, id: 'twin', name: 'The twin' };
    await writeFile(path.join(storage, 'tasks.json'), JSON.stringify([twin, task]));
    try {
      await use({});
      const pinned = (pin: string) => ask('sure greet', {}, { 'X-Understudy-Task': pin });
      assert.equal((await ask('sure greet')).said, null);
      assert.equal((await pinned('The twin')).said, 'teacher; reason=no-task');
      assert.equal((await pinned('never heard of')).said, 'teacher; reason=no-task');
      assert.equal(teacher.seen.length, 3);
      assert.ok(!teacher.seen.some(({ headers }) => headers.some((name) => /understudy/i.test(name))));
      for (const pin of ['intent', 'Intent', ' intent '])
        assert.equal((await pinned(pin)).said, 'student; reason=served; task=intent; confidence=0.990');
      assert.equal(teacher.seen.length, 3);
      assert.deepEqual(
        (await recorded()).map(({ pinnedTask }) => pinnedTask),
        [null, 'The twin', 'never heard of', 'intent', 'Intent', 'intent'],
      );
    } finally {
      await writeFile(path.join(storage, 'tasks.json'), JSON.stringify([task]));
    }
  });

  test('leaves a call that names its task to the teacher where no prompt of the task fits', async () => {
    await use({});
    const { data, response } = await openai()
      .chat.completions.create(
        { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'sure greet' }] },
        { headers: { 'x-understudy-task': 'intent' } },
      )
      .withResponse();
    assert.equal(data.choices[0]?.message.content, 'greet');
    assert.equal(response.headers.get('x-understudy'), 'teacher; reason=no-task');
    assert.equal(teacher.seen.length, 1);
  });

  for (const [title, text, reason, more] of [
    ['is not sure', 'unsure greet', 'below-threshold', {}],
    ['has no answer', 'silent', 'no-answer', {}],
    ['is late', 'slow greet', 'late', {}],
    ['fails', 'fail', 'student-failed', {}],
    ['would have to give two answers', 'sure greet', 'teacher-only', { n: 2 }],
    ['meets a key that nobody knows', 'sure greet', 'request-not-understood', { brand_new: 1 }],
    [
      'is asked for JSON that it never learned',
      'sure greet',
      null,
      { response_format: { type: 'json_object' } },
    ],
    ['answers with a tool that is not offered', 'call shell', 'request-not-understood', {}],
  ] as const) {
    test(`leaves the call to the teacher when it ${title}`, async () => {
      await use({ bundle: `students/intent/${title}`, ...(reason === 'late' ? { deadlineMs: 50 } : {}) });
      const answered = await ask(text, more);
      assert.equal(answered.text, 'greet');
      assert.equal(teacher.seen.length, 1);
      assert.deepEqual(teacher.seen[0]!.json, { ...body(text), ...more });
      if (reason === null) return assert.equal(answered.said, null);
      assert.match(answered.said ?? '', new RegExp(`^teacher; reason=${reason}; task=intent`));
      const [trace] = await recorded();
      assert.deepEqual([trace?.servedBy, trace?.route?.reason], ['teacher', reason]);
    });
  }

  test('stays out of calls that belong to no task, and nothing is added to them', async () => {
    await use({});
    const { data, response } = await openai()
      .chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }] })
      .withResponse();
    assert.equal(data.choices[0]?.message.content, 'greet');
    assert.equal(response.headers.get('x-understudy'), null);
  });

  test('stays out where the caller says off', async () => {
    await use({});
    const { said } = await ask('sure greet', {}, { 'x-understudy': 'off' });
    assert.match(said ?? '', /^teacher; reason=bypassed/);
    assert.equal(teacher.seen.length, 1);
    assert.deepEqual(await recorded(), []);
  });

  test('stays out where the task is off, and the answer is exactly the teacher’s', async () => {
    await use({ mode: 'off' });
    assert.deepEqual(await ask('sure greet'), { text: 'greet', said: null });
  });

  test('lets a request pass whole that is too long for it', async () => {
    await use({});
    const long = 'sure '.repeat(1_200_000);
    assert.deepEqual(await ask(long), { text: 'greet', said: null });
    assert.deepEqual(teacher.seen[0]!.json, body(long));
    const [trace] = await recorded();
    assert.deepEqual(trace?.request, body(long));
  });

  test("leaves what Anthropic's newest version refuses to Anthropic", async () => {
    await use({});
    const request = {
      model: 'gpt-4o-mini',
      max_tokens: 9,
      temperature: 0,
      system: 'Name the intent of the sentence.',
      messages: [{ role: 'user', content: 'sure greet' }],
    };
    const send = (version: string) =>
      fetch(`${gateway.base}/anthropic/v1/messages`, {
        method: 'POST',
        body: JSON.stringify(request),
        headers: { 'anthropic-version': version },
      }).then((response) => response.headers.get('x-understudy'));
    assert.match((await send('2023-06-01')) ?? '', /^student/);
    assert.match((await send('2026-10-21')) ?? '', /^teacher; reason=teacher-only/);
    assert.match((await send('2099-01-01')) ?? '', /^teacher; reason=teacher-only/);
  });

  test('that is being loaded while the policies are read again is served once it is loaded', async () => {
    await use({ bundle: 'students/intent/first' });
    await writeFile(
      path.join(storage, 'policies.json'),
      JSON.stringify([{ ...policy, bundle: 'students/intent/second' }]),
    );
    await gateway.students.reload();
    await gateway.students.reload();
    await gateway.students.reload();
    let said: string | null = null;
    for (let i = 0; i < 100 && !said?.startsWith('student'); i++) said = (await ask('sure greet')).said;
    assert.match(said ?? '', /^student; reason=served/);
  });

  test('gives responses that later calls may name, with the official client', async () => {
    await use({});
    gateway.gateway.refersBack = false;
    const said: string[] = [];
    special = (call, res) => {
      said.push(call.body.toString());
      const id = `resp_teacher${said.length}`;
      const content = [{ type: 'output_text', text: 'because', annotations: [] }];
      const output = [{ id: 'msg_t', type: 'message', role: 'assistant', status: 'completed', content }];
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ id, object: 'response', status: 'completed', model: 'gpt-4o-mini', output }));
    };
    const client = openai();
    const opening = { model: 'gpt-4o-mini', instructions: 'Name the intent of the sentence.' };
    const first = await client.responses.create({ ...opening, input: 'sure greet' });
    assert.equal(first.output_text, 'greet');
    assert.deepEqual(said, []);
    const again = await client.responses.retrieve(first.id);
    assert.deepEqual([again.id, again.output_text], [first.id, 'greet']);

    const second = await client.responses.create({
      ...opening,
      previous_response_id: first.id,
      input: 'Why?',
    });
    assert.equal(second.output_text, 'because');
    const answer = {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', annotations: [], logprobs: [], text: 'greet' }],
    };
    const history = [{ role: 'user', content: 'sure greet' }, answer];
    assert.deepEqual(JSON.parse(said[0]!), {
      ...opening,
      input: [...history, { role: 'user', content: 'Why?' }],
    });
    const trace = (await recorded()).at(-1);
    assert.deepEqual(trace?.request, JSON.parse(said[0]!), 'what the teacher was asked is what is kept');

    // What names an answer of the teacher's, or of nobody, goes as it came.
    const third = { ...opening, previous_response_id: second.id, input: 'And then?' };
    await client.responses.create(third);
    assert.deepEqual(JSON.parse(said[1]!), third);

    // The Vercel AI SDK names single items.
    gateway.gateway.refersBack = false;
    const streamed = await client.responses.stream({ ...opening, input: 'sure greet' }).finalResponse();
    const item = streamed.output[0]!.id!;
    const asked = { role: 'user' as const, content: 'sure greet' };
    await client.responses.create({
      ...opening,
      input: [asked, { type: 'item_reference', id: item }, { type: 'item_reference', id: 'msg_theirs' }],
    });
    assert.deepEqual(JSON.parse(said[2]!).input, [
      asked,
      answer,
      { type: 'item_reference', id: 'msg_theirs' },
    ]);

    await client.responses.delete(first.id);
    special = (_call, res) => void res.writeHead(404).end('{"error":{"message":"no such response"}}');
    await assert.rejects(client.responses.retrieve(first.id), OpenAI.NotFoundError);
    special = null;
    gateway.gateway.refersBack = false;
  });

  test('gave responses that later calls may name, though another gateway runs by then', async () => {
    await use({});
    const said: string[] = [];
    special = (call, res) => {
      said.push(call.body.toString());
      answerChat(res, call, 'because');
    };
    const opening = { model: 'gpt-4o-mini', instructions: 'Name the intent of the sentence.' };
    const respond = async (more: object): Promise<OpenAI.Responses.Response> =>
      (await openai().responses.create({ ...opening, ...more })) as OpenAI.Responses.Response;
    const plain = await respond({ input: 'sure greet' });
    const streamed = await openai()
      .responses.stream({ ...opening, input: 'sure greet' })
      .finalResponse();
    const secret = `sk-proj-${'Zk3vQ9xT1bM7nC5rY2wE8pL4sD6fG0hJaUiOoKx'}`;
    const hidden = await respond({ input: `sure greet ${secret}` });
    const deleted = await respond({ input: 'sure greet' });
    const withdrawn = await respond({ input: 'sure greet' });
    await openai().responses.delete(withdrawn.id);
    assert.equal(said.length, 0, 'all of them were answered here');
    const ids = (await gateway.traces()).slice(-5).map(({ id }) => id);
    assert.equal(`resp_${ids[3]!.replaceAll('-', '')}`, deleted.id);
    await gateway.close();
    gateway = await start();
    await use({});
    const journal = await openJournal(path.join(storage, 'journal'));
    await journal.delete({ ids: new Set([ids[3]!]) });
    await journal.close();

    assert.equal((await openai().responses.retrieve(plain.id)).output_text, 'greet');
    const inputOf = (i: number): unknown[] => (JSON.parse(said[i]!) as { input: unknown[] }).input;
    const follow = (id: string) => ({ previous_response_id: id, input: 'Why?' });
    for (const [i, { id }] of [plain, streamed].entries()) {
      // Two at once: both wait for the same look.
      await Promise.all([respond(follow(id)), respond(follow(id))]);
      for (const at of [2 * i, 2 * i + 1])
        assert.deepEqual(
          inputOf(at).map((item) => (item as { role: string }).role),
          ['user', 'assistant', 'user'],
        );
    }
    const item = [{ type: 'item_reference', id: plain.output[0]!.id! }];
    await respond({ input: item });
    assert.equal((inputOf(4)[0] as { role: string }).role, 'assistant');
    // What was deleted, or is not what it was, is nobody's: the provider says so.
    for (const { id } of [hidden, deleted, withdrawn]) {
      const { response } = await openai()
        .responses.create({ ...opening, ...follow(id) })
        .withResponse();
      assert.equal(response.headers.get('x-understudy'), 'teacher; reason=answer-not-kept');
      assert.deepEqual(JSON.parse(said.at(-1)!), { ...opening, ...follow(id) });
    }
    // Traces that are deleted do not bring back what a client has deleted.
    await gateway.close();
    gateway = await start();
    await use({});
    gateway.gateway.stored.forget();
    special = (_call, res) => void res.writeHead(404).end('{"error":{"message":"no such response"}}');
    await assert.rejects(openai().responses.retrieve(withdrawn.id), OpenAI.NotFoundError);
    special = null;
    gateway.gateway.refersBack = false;
  });

  test('gave responses that a newer gateway is handed, secrets in them included', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'understudy-handed-'));
    await writeFile(path.join(folder, 'tasks.json'), JSON.stringify([task]));
    await writeFile(path.join(folder, 'policies.json'), JSON.stringify([policy]));
    const run = (version: string) =>
      startGateway({
        storage: folder,
        gatewayEntry: path.resolve(import.meta.dirname, '../../src/gateway/main.ts'),
        workerEntry,
        version,
        upstreams: { openai: teacher.url },
        attached: true,
      });
    const secret = `sk-proj-${'Zk3vQ9xT1bM7nC5rY2wE8pL4sD6fG0hJaUiOoKx'}`;
    const opening = { model: 'gpt-4o-mini', instructions: 'Name the intent of the sentence.' };
    const older = await run('1');
    let newer: GatewayClient | null = null;
    try {
      const respond = (gateway: GatewayClient, more: object) =>
        fetch(`${gateway.info.baseUrls.openai}/v1/responses`, {
          method: 'POST',
          body: JSON.stringify({ ...opening, ...more }),
        });
      let first: Response | null = null;
      for (let i = 0; i < 200 && !first?.headers.get('x-understudy')?.startsWith('student'); i++)
        first = await respond(older, { input: `sure greet ${secret}` });
      const { id } = (await first!.json()) as { id: string };
      older.dispose();
      newer = await run('2');
      assert.notEqual(newer.info.pid, older.info.pid);
      teacher.seen.length = 0;
      const { headers } = await respond(newer, { previous_response_id: id, input: 'Why?' });
      assert.match(headers.get('x-understudy') ?? '', /^teacher; reason=teacher-only/);
      const { input } = teacher.seen[0]!.json as { input: { content: string }[] };
      assert.deepEqual([input.length, input[0]!.content], [3, `sure greet ${secret}`]);
      await newer.flush();
      for (const file of await readdir(folder, { recursive: true, withFileTypes: true }))
        if (file.isFile())
          assert.ok(!(await readFile(path.join(file.parentPath, file.name))).includes(secret), file.name);
    } finally {
      await newer?.stop();
      await older.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('gives no stored responses once calls refer back to them', async () => {
    await use({});
    const send = (more: object) =>
      fetch(`${gateway.base}/openai/v1/responses`, {
        method: 'POST',
        body: JSON.stringify({
          model: 'gpt-4o-mini',
          instructions: 'Name the intent of the sentence.',
          input: 'sure greet',
          ...more,
        }),
      }).then((response) => response.headers.get('x-understudy'));
    assert.match((await send({})) ?? '', /^student/);
    assert.match((await send({ previous_response_id: 'resp_1' })) ?? '', /^teacher; reason=teacher-only/);
    assert.match((await send({})) ?? '', /^teacher; reason=teacher-only/);
    assert.match((await send({ store: false })) ?? '', /^student/);
  });

  test('of a coding agent is never asked', async () => {
    await use({});
    await ask('sure greet', {}, { 'user-agent': 'claude-cli/2.0.0' });
    assert.equal(teacher.seen.length, 1);
  });

  test('in shadow is recorded beside the answer of the teacher, whom it does not keep waiting', async () => {
    await use({ mode: 'shadow', certificate: null });
    const answered = await ask('sure bye');
    assert.deepEqual(answered, { text: 'greet', said: 'teacher; reason=shadow; task=intent' });
    const [trace] = await recorded();
    assert.equal(trace?.servedBy, 'teacher');
    assert.deepEqual([trace.route?.reason, trace.route?.answer?.text], ['shadow', 'bye']);
  });

  test('as a canary answers its share', async () => {
    await use({ mode: 'canary' });
    draws.next = 0.29;
    assert.match((await ask('sure greet')).said ?? '', /^student/);
    draws.next = 0.3;
    assert.match((await ask('sure greet')).said ?? '', /^teacher; reason=canary-teacher/);
    draws.next = 0.5;
  });

  test('with a damaged bundle is refused, and the teacher answers', async () => {
    await use({ bundle: 'damaged' });
    const { text, said } = await ask('sure greet');
    assert.equal(text, 'greet');
    assert.match(said ?? '', /^teacher; reason=student-failed/);
    assert.match(gateway.students.stats()['intent']?.student ?? '', /not the file that was written/);
  });

  test('whose process dies is replaced; until then the teacher answers', async () => {
    await use({ bundle: 'students/intent/mortal' });
    assert.match((await ask('crash')).said ?? '', /^teacher; reason=student-failed/);
    let said: string | null = null;
    for (let i = 0; i < 100 && !said?.startsWith('student'); i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const answered = await ask('sure greet');
      assert.equal(answered.text, 'greet');
      said = answered.said;
    }
    assert.match(said ?? '', /^student; reason=served/);
  });

  test('is audited: the teacher is asked as well, and both traces are kept', async () => {
    await use({ auditShare: 1, bundle: 'students/intent/audited' });
    assert.match((await ask('sure greet')).said ?? '', /^student/);
    assert.match((await ask('sure disputed')).said ?? '', /^student/);
    while ((gateway.students.stats()['intent']?.audits ?? 0) < 2)
      await new Promise((resolve) => setTimeout(resolve, 5));
    const traces = await recorded();
    const said = traces.filter(({ servedBy }) => servedBy === 'student').map(({ route }) => route?.audit);
    assert.deepEqual(said.sort(), ['agree', 'disagree']);
    assert.deepEqual(
      traces.filter(({ source }) => source === 'audit').map(({ servedBy }) => servedBy),
      ['teacher', 'teacher'],
    );
    const { audits, disagreements } = gateway.students.stats()['intent']!;
    assert.deepEqual([audits, disagreements], [2, 1]);
  });

  test('that breaks its promise is taken back by itself', async () => {
    await use({ auditShare: 1, bundle: 'students/intent/worse' });
    let said: string | null = null;
    for (let i = 0; i < 60 && !said?.startsWith('teacher'); i++) said = (await ask('sure disputed')).said;
    assert.match(said ?? '', /^teacher; reason=rolled-back; task=intent/);
    assert.match(gateway.students.stats()['intent']?.rolledBack ?? '', /audited answers differed/);
    await use({ auditShare: 1, bundle: 'students/intent/worse', deadlineMs: 10_001 });
    assert.match(
      (await ask('sure greet')).said ?? '',
      /reason=rolled-back/,
      'a changed policy brings it back',
    );
    await use({ bundle: 'students/intent/better' });
    assert.match((await ask('sure greet')).said ?? '', /^student/, 'a new student starts afresh');
  });
});
