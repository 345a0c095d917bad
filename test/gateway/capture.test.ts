import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Json } from '../../src/base/json.ts';
import { completeUpstreams } from '../../src/gateway/control.ts';
import type { Trace } from '../../src/traces/trace.ts';
import {
  answerChat,
  chatBody,
  chatEvents,
  type FakeTeacher,
  rawHeader,
  type SeenCall,
  startFakeTeacher,
} from '../support/fakeTeacher.ts';
import * as protobuf from '../support/protobuf.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

type Answer = (call: SeenCall, res: http.ServerResponse) => void;

describe('capture', () => {
  let teacher: FakeTeacher;
  let gateway: TestGateway;
  let answer: Answer;
  let earlier = 0;
  const chat = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'hi' }] };
  const openai = (headers: Record<string, string> = {}) =>
    new OpenAI({
      apiKey: 'sk-secret1234567890',
      baseURL: `${gateway.base}/openai/v1`,
      maxRetries: 0,
      defaultHeaders: headers,
    });
  const post = (path: string, headers: Record<string, string> = {}, body = JSON.stringify(chat)) =>
    fetch(`${gateway.base}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  /** What was recorded since the test began. */
  const recorded = async (): Promise<Trace[]> => (await gateway.traces()).slice(earlier);

  before(async () => {
    teacher = await startFakeTeacher((call, res) => answer(call, res));
    gateway = await startTestGateway();
  });
  after(async () => {
    await gateway.close();
    await teacher.close();
  });
  beforeEach(async () => {
    answer = (call, res) => answerChat(res, call, 'teacher says hi');
    gateway.gateway.upstreams = completeUpstreams({
      openai: teacher.url,
      anthropic: teacher.url,
      ollama: teacher.url,
    });
    teacher.seen.length = 0;
    earlier = (await gateway.traces()).length;
  });

  test('a call of the official client is recorded whole, without its key', async () => {
    const { data, response } = await openai().chat.completions.create(chat).withResponse();
    assert.equal(data.choices[0]?.message.content, 'teacher says hi');
    assert.equal(response.headers.get('x-understudy'), null);
    assert.equal(rawHeader(teacher.seen[0]!.headers, 'authorization'), 'Bearer sk-secret1234567890');
    const [trace] = await recorded();
    assert.ok(trace);
    assert.deepEqual(
      [
        trace.provider,
        trace.format,
        trace.path,
        trace.status,
        trace.streamed,
        trace.incomplete,
        trace.servedBy,
      ],
      ['openai', 'openai-chat', '/v1/chat/completions', 200, false, null, 'teacher'],
    );
    // The teacher of this test speaks OpenAI's wire and is not OpenAI.
    assert.equal(trace.vendor, 'local');
    assert.deepEqual(trace.request, chat);
    assert.deepEqual(trace.response, JSON.parse(chatBody('teacher says hi')));
    assert.match(trace.headers['user-agent'] ?? '', /^OpenAI\/JS/);
    assert.ok(!JSON.stringify(trace).includes('secret1234567890'));
    assert.ok(trace.firstByteMs !== null && trace.firstByteMs <= trace.durationMs);
  });

  test('the key of a call is in nothing that is kept of it, whatever it looks like', async () => {
    const key = 'winter tales'.replace(' ', '-of-many-');
    const content = `my key is ${key}, again: {"k": "${key}"}`;
    answer = (_call, res) => {
      res.writeHead(401, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ error: { message: `No such key: ${key}` } }));
    };
    const body = JSON.stringify({ ...chat, messages: [{ role: 'user', content }] });
    for (const header of [{ authorization: `Bearer ${key}` }, { 'API-Key': key }, { 'x-api-key': key }]) {
      const headers = { ...header, 'user-agent': `app ${key}`, 'x-understudy-site': key };
      await fetch(`${gateway.base}/openai/v1/chat/completions?user=${key}`, {
        method: 'POST',
        body,
        headers,
      });
    }
    const traces = await recorded();
    assert.equal(traces.length, 3);
    for (const trace of traces) {
      const text = JSON.stringify(trace);
      assert.ok(!text.includes(key), text);
      assert.equal(text.match(/<secret:[0-9a-f]{4}>/g)?.length, 6, text);
    }
  });

  test('a streamed call is recorded as the body that it would have had', async () => {
    const stream = await openai().chat.completions.create({ ...chat, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    assert.equal(text, 'teacher says hi');
    const [trace] = await recorded();
    assert.equal(trace?.streamed, true);
    assert.equal(trace.incomplete, null);
    assert.match(JSON.stringify(trace.response), /"content":"teacher says hi"/);
  });

  test('a call to /anthropic/messages reaches /v1/messages', async () => {
    answer = (_, res) => {
      const message = {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'c',
        content: [{ type: 'text', text: 'x' }],
      };
      res.end(
        JSON.stringify({ ...message, stop_reason: 'end_turn', usage: { input_tokens: 1, output_tokens: 1 } }),
      );
    };
    const client = new Anthropic({ apiKey: 'key', baseURL: `${gateway.base}/anthropic`, maxRetries: 0 });
    await client.messages.create({ model: 'c', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] });
    await (await post('/anthropic/messages', { 'x-api-key': 'k' })).text();
    assert.deepEqual(
      teacher.seen.map(({ url }) => url),
      ['/v1/messages', '/v1/messages'],
    );
    assert.deepEqual(
      (await recorded()).map(({ format }) => format),
      ['anthropic-messages', 'anthropic-messages'],
    );
  });

  test('our own headers never leave this machine, and the answer then says who gave it', async () => {
    const { response } = await openai({ 'x-understudy-task': 'intent', 'X-Understudy-Site': 'a.ts:1' })
      .chat.completions.create(chat)
      .withResponse();
    assert.equal(response.headers.get('x-understudy'), 'teacher; reason=no-task');
    assert.ok(!teacher.seen[0]!.headers.some((header) => /^x-understudy/i.test(header)));
    const [trace] = await recorded();
    assert.deepEqual([trace?.pinnedTask, trace?.site], ['intent', 'a.ts:1']);
  });

  test('x-understudy: off leaves no trace', async () => {
    const { response } = await openai({ 'x-understudy': 'off' }).chat.completions.create(chat).withResponse();
    assert.equal(response.headers.get('x-understudy'), 'teacher; reason=bypassed');
    assert.deepEqual(await recorded(), []);
  });

  test('a coding agent passes through unrecorded', async () => {
    for (const agent of [
      'claude-cli/2.0.1 (external, cli)',
      'codex_cli_rs/0.40.0 (Linux)',
      'GeminiCLI/0.9/gemini-2.5 (linux)',
    ])
      assert.equal((await post('/openai/v1/chat/completions', { 'user-agent': agent })).status, 200);
    assert.equal(teacher.seen.length, 3);
    assert.deepEqual(await recorded(), []);
  });

  test('the clock and id of a request are believed only by a gateway that was started so', async () => {
    const headers = { 'x-understudy-at': '2020-01-02T03:04:05Z', 'x-understudy-trace-id': 'mine' };
    await (await post('/openai/v1/chat/completions', headers)).text();
    const [trace] = await recorded();
    assert.notEqual(trace?.id, 'mine');
    assert.ok((trace?.startMs ?? 0) > Date.parse('2021-01-01'));

    const replay = await startTestGateway({ acceptClock: true, upstreams: { openai: teacher.url } });
    await (
      await fetch(`${replay.base}/openai/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify(chat),
        headers,
      })
    ).text();
    const [replayed] = await replay.traces();
    assert.deepEqual([replayed?.id, replayed?.startMs], ['mine', Date.parse('2020-01-02T03:04:05Z')]);
    await replay.close();
  });

  test('a path that no codec reads is counted without its bodies', async () => {
    answer = (_, res) => void res.end('{"data":[]}');
    await (await post('/openai/v1/embeddings', {}, '{"input":"private"}')).text();
    const [trace] = await recorded();
    assert.deepEqual(
      [trace?.format, trace?.request, trace?.response, trace?.status],
      [null, null, null, 200],
    );
  });

  test('an error answer is a whole trace with its status', async () => {
    answer = (_, res) =>
      void res.writeHead(429, { 'retry-after': '1' }).end('{"error":{"message":"slow down"}}');
    const response = await post('/openai/v1/chat/completions');
    assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '1']);
    await response.text();
    const [trace] = await recorded();
    assert.deepEqual([trace?.status, trace?.incomplete], [429, null]);
    assert.deepEqual(trace?.response, { error: { message: 'slow down' } });
  });

  for (const [encoding, encode] of [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ] as const) {
    test(`a ${encoding} answer is recorded decoded, and one cut short as incomplete`, async () => {
      const whole = encode(chatBody('zipped'));
      let body: Buffer = whole;
      answer = (_, res) =>
        void res
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding })
          .end(body);
      assert.match(await (await post('/openai/v1/chat/completions')).text(), /zipped/);
      body = whole.subarray(0, -6);
      await post('/openai/v1/chat/completions')
        .then((response) => response.text())
        .catch(() => 'cut');
      const [good, cut] = await recorded();
      assert.deepEqual(good?.response, JSON.parse(chatBody('zipped')));
      assert.equal(good?.incomplete, null);
      assert.match(cut?.incomplete ?? '', new RegExp(`^${encoding} body damaged or cut short`));
    });
  }

  test('a stream that ends without its last event is incomplete, though the client sees a clean end', async () => {
    answer = (_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.end(chatEvents('half an answer').slice(0, 2).join(''));
    };
    assert.match(await (await post('/openai/v1/chat/completions')).text(), /half/);
    const [trace] = await recorded();
    assert.match(trace?.incomplete ?? '', /ended without \[DONE\]/);
  });

  test('a stream that breaks is a broken stream for the client and an incomplete trace', async () => {
    answer = (_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(chatEvents('half').slice(0, 2).join(''), () =>
        setTimeout(() => res.socket?.resetAndDestroy(), 20),
      );
    };
    await assert.rejects(post('/openai/v1/chat/completions').then((response) => response.text()));
    const [trace] = await recorded();
    assert.equal(trace?.incomplete, 'upstream reset');
  });

  test('a client that hangs up after the last event has had a whole answer', async () => {
    answer = (_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of chatEvents('all of it')) res.write(event); // And never ends the body.
    };
    const { body } = await post('/openai/v1/chat/completions', {}, JSON.stringify({ ...chat, stream: true }));
    let text = '';
    for await (const piece of body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.includes('[DONE]')) break;
    }
    await teacher.seen[0]!.closed;
    const [trace] = await recorded();
    assert.equal(trace?.incomplete, null);
    assert.match(JSON.stringify(trace?.response), /all of it/);
  });

  test('a client that goes away is gone for the teacher at once', async () => {
    answer = (_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(chatEvents('never ends')[0]!);
    };
    const abort = new AbortController();
    const stream = await openai().chat.completions.create(
      { ...chat, stream: true },
      { signal: abort.signal },
    );
    for await (const _ of stream) break;
    abort.abort();
    await teacher.seen[0]!.closed;
    const [trace] = await recorded();
    assert.equal(trace?.incomplete, 'client aborted');
  });

  test('a client that goes away before the answer is gone for the teacher too', async () => {
    const thinking: (() => void)[] = [];
    answer = (call, res) => void thinking.push(() => answerChat(res, call, 'at last'));
    const abort = new AbortController();
    const pending = post('/openai/v1/chat/completions');
    const aborted = fetch(`${gateway.base}/openai/v1/chat/completions`, {
      method: 'POST',
      body: '{}',
      signal: abort.signal,
    });
    while (teacher.seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    abort.abort();
    await assert.rejects(aborted);
    await teacher.seen.find(({ body }) => body.toString() === '{}')!.closed;
    // The other call goes on undisturbed.
    for (const think of thinking) think();
    assert.match(await (await pending).text(), /at last/);
    assert.deepEqual(
      (await recorded()).map(({ incomplete }) => incomplete),
      ['client aborted', null],
    );
  });

  test('capture adds no failure mode: a journal that cannot be written leaves the calls alone', async () => {
    const storage = await mkdtemp(path.join(os.tmpdir(), 'understudy-broken-'));
    await writeFile(path.join(storage, 'journal'), 'a file where a folder should be');
    const broken = await startTestGateway({ storage, upstreams: { openai: teacher.url } });
    for (let i = 0; i < 3; i++) {
      const response = await fetch(`${broken.base}/openai/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify(chat),
      });
      assert.match(await response.text(), /teacher says hi/);
    }
    await broken.gateway.recorder.flush();
    const { recorded: taken, stored, shed, problem } = broken.gateway.recorder.stats();
    assert.deepEqual([taken, stored, shed], [3, 0, 3]);
    assert.match(problem ?? '', /EEXIST|ENOTDIR/);
    await broken.close();
    await rm(storage, { recursive: true });
  });

  test('spans of an instrumented application are captured without a change of its base URL', async () => {
    const attributes = [
      ['gen_ai.operation.name', 'chat'],
      ['gen_ai.provider.name', 'openai'],
      ['gen_ai.request.model', 'gpt-4o-mini'],
      ['gen_ai.response.model', 'gpt-4o-mini-2024-07-18'],
      [
        'gen_ai.input.messages',
        JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'by span' }] }]),
      ],
      [
        'gen_ai.output.messages',
        JSON.stringify([
          { role: 'assistant', parts: [{ type: 'text', content: 'seen' }], finish_reason: 'stop' },
        ]),
      ],
    ].map(([key, value]) => ({ key, value: { stringValue: value } }));
    const span = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      name: 'chat gpt-4o-mini',
      kind: 3,
      startTimeUnixNano: '1793000000000000000',
      endTimeUnixNano: '1793000000500000000',
      attributes,
    };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    const response = await post('/otlp/v1/traces', {}, body);
    assert.deepEqual([response.status, await response.text()], [200, '{"partialSuccess":{}}']);
    const [trace] = await recorded();
    assert.match(JSON.stringify([trace?.request, trace?.response]), /by span.*seen/);
    assert.notEqual(trace?.source, 'gateway');
    assert.equal((await post('/otlp/v2/traces', {}, '{}')).status, 404);

    // Metrics come to the same endpoint; calls without content are taken and told.
    assert.equal((await post('/otlp/v1/metrics', {}, '{"resourceMetrics":[]}')).status, 200);
    const bare = { ...span, attributes: attributes.slice(0, 3) };
    const other = { ...span, name: 'GET /', attributes: [] };
    const mixed = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [bare, other, bare] }] }] });
    const told = (await (await post('/otlp/v1/traces', {}, mixed)).json()) as { partialSuccess: Json };
    const errorMessage = 'span chat gpt-4o-mini has no content: recording of messages was off';
    assert.deepEqual(told.partialSuccess, { rejectedSpans: '2', errorMessage });
    const binary = protobuf.bytes(
      1,
      protobuf.bytes(
        2,
        protobuf.bytes(2, protobuf.bytes(5, 'chat'), protobuf.attribute(9, 'gen_ai.operation.name', 'chat')),
      ),
    );
    const answered = await fetch(`${gateway.base}/otlp/v1/traces`, {
      method: 'POST',
      body: new Uint8Array(binary),
      headers: { 'content-type': 'application/x-protobuf' },
    });
    const message = 'span chat has no content: recording of messages was off';
    assert.deepEqual(
      Buffer.from(await answered.arrayBuffer()),
      protobuf.bytes(1, protobuf.number(1, 1), protobuf.bytes(2, message)),
    );
  });

  test('spans come as exporters send them by default, too: in protobuf, compressed, and again if in doubt', async () => {
    const message = (role: string, content: string, more = {}) =>
      JSON.stringify([{ role, parts: [{ type: 'text', content }], ...more }]);
    const span = protobuf.bytes(
      1,
      protobuf.bytes(
        2,
        protobuf.bytes(
          2,
          protobuf.bytes(1, Buffer.from('1af7651916cd43dd8448eb211c80319c', 'hex')),
          protobuf.bytes(2, Buffer.from('c7ad6b7169203331', 'hex')),
          protobuf.bytes(5, 'chat gpt-4o-mini'),
          protobuf.number(6, 3),
          protobuf.fixed64(7, 1793000000000000000n),
          protobuf.fixed64(8, 1793000000500000000n),
          protobuf.attribute(9, 'gen_ai.operation.name', 'chat'),
          protobuf.attribute(9, 'gen_ai.provider.name', 'openai'),
          protobuf.attribute(9, 'gen_ai.request.model', 'gpt-4o-mini'),
          protobuf.attribute(9, 'gen_ai.input.messages', message('user', 'in binary')),
          protobuf.attribute(
            9,
            'gen_ai.output.messages',
            message('assistant', 'understood', { finish_reason: 'stop' }),
          ),
        ),
      ),
    );
    const send = (body: Buffer, headers: Record<string, string> = {}) =>
      fetch(`${gateway.base}/otlp/v1/traces`, {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { 'content-type': 'application/x-protobuf', ...headers },
      });
    for (let i = 0; i < 2; i++) {
      const response = await send(gzipSync(span), { 'content-encoding': 'gzip' });
      assert.deepEqual(
        [response.status, response.headers.get('content-type')],
        [200, 'application/x-protobuf'],
      );
      assert.equal((await response.arrayBuffer()).byteLength, 0);
    }
    const traces = await recorded();
    assert.equal(traces.length, 1);
    assert.match(JSON.stringify([traces[0]?.request, traces[0]?.response]), /in binary.*understood/);
  });

  test('an export that cannot be read is refused for good, and says why', async () => {
    for (const [type, encoding, body, reason] of [
      ['application/json', '', '{', 'it is not JSON'],
      ['application/x-protobuf', '', 'x', 'cut short'],
      ['application/json', 'gzip', '{}', 'gzip body damaged'],
    ] as const) {
      const headers = { 'content-type': type, ...(encoding === '' ? {} : { 'content-encoding': encoding }) };
      const response = await post('/otlp/v1/traces', headers, body);
      assert.equal(response.status, 400);
      assert.ok((await response.text()).includes(reason), reason);
    }
    assert.equal((await post('/otlp/v1/traces', { 'content-type': 'text/plain' }, '{}')).status, 415);
    assert.deepEqual(await recorded(), []);
    const { recorded: taken, stored, shed } = gateway.gateway.recorder.stats();
    assert.equal(taken, stored + shed);
  });

  test('a kept-alive connection that the teacher has closed is tried once more', async () => {
    await (await post('/openai/v1/chat/completions')).text();
    let drops = 1;
    answer = (call, res) => {
      if (drops-- > 0) res.socket?.destroy();
      else answerChat(res, call, 'again');
    };
    assert.match(await (await post('/openai/v1/chat/completions')).text(), /again/);
    assert.equal(teacher.seen.length, 3);
  });

  test('100 MB pass in both directions unchanged, in bounded memory and without a copy', async () => {
    const piece = Buffer.alloc(1 << 20, 'x');
    let received = 0;
    const big = http.createServer((req, res) => {
      req.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      req.on('end', () => {
        let left = 100;
        const more = (): void => {
          while (left-- > 0) if (!res.write(piece)) return void res.once('drain', more);
          res.end();
        };
        more();
      });
    });
    big.listen(0, '127.0.0.1');
    await once(big, 'listening');
    gateway.gateway.upstreams = completeUpstreams({
      openai: `http://127.0.0.1:${(big.address() as net.AddressInfo).port}`,
    });
    const before = process.memoryUsage.rss();
    let peak = 0;
    let answered = 0;
    const request = http.request(`${gateway.base}/openai/v1/chat/completions`, { method: 'POST' });
    const done = once(request, 'response').then(async ([response]: http.IncomingMessage[]) => {
      for await (const chunk of response!) {
        answered += (chunk as Buffer).length;
        peak = Math.max(peak, process.memoryUsage.rss());
      }
    });
    for (let i = 0; i < 100; i++) if (!request.write(piece)) await once(request, 'drain');
    request.end();
    await done;
    big.close();
    assert.deepEqual([received, answered], [100 << 20, 100 << 20]);
    assert.ok(peak - before < 250 << 20, `${(peak - before) >> 20} MB`);
    const [trace] = await recorded();
    assert.equal(trace?.incomplete, 'too large to record');
  });
});
