import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { Readable } from 'node:stream';
import { after, before, beforeEach, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import OpenAI from 'openai';
import { createRandom } from '../../src/base/random.ts';
import { completeUpstreams } from '../../src/gateway/control.ts';
import type { Trace } from '../../src/traces/trace.ts';
import { answerChat, chatBody, chatEvents, startFakeTeacher } from '../support/fakeTeacher.ts';
import { type Step, sendRaw, startRawTeacher } from '../support/rawHttp.ts';
import { startTestGateway, type TestGateway, testToken } from '../support/testGateway.ts';

/** What can go wrong on either side of the gateway: the client sees what it would have seen, the trace says what happened. */
describe('a fault', () => {
  let gateway: TestGateway;
  let earlier = 0;
  const request = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'hi' }] };
  const use = (url: string): void => {
    gateway.gateway.upstreams = completeUpstreams({ openai: url });
  };
  const recorded = async (): Promise<Trace[]> => (await gateway.traces()).slice(earlier);
  const post = (body: string, more = '') =>
    `POST /${testToken}/openai/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nContent-Type: application/json\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
  /** Plays a script to one call and gives what its client received. */
  const play = async (script: readonly Step[]) => {
    const teacher = await startRawTeacher(script);
    use(`http://127.0.0.1:${teacher.port}`);
    try {
      return await sendRaw(gateway.port, post(JSON.stringify(request)));
    } finally {
      await teacher.close();
    }
  };

  before(async () => {
    gateway = await startTestGateway();
  });
  after(() => gateway.close());
  beforeEach(async () => {
    earlier = (await gateway.traces()).length;
  });

  describe('of the way to the teacher is the same to the official client as without us:', () => {
    const closedPort = async (): Promise<number> => {
      const server = net.createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as net.AddressInfo;
      server.close();
      await once(server, 'close');
      return port;
    };
    /** Takes connections and does this with them. */
    const behaving = async (behave: (socket: net.Socket) => void) => {
      const server = net.createServer((socket) => {
        socket.on('error', () => {}); // Part of what is tried.
        behave(socket);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return { port: (server.address() as net.AddressInfo).port, close: () => void server.close() };
    };
    const nothing = { close: () => {} };

    for (const [title, start, reason] of [
      [
        'nobody listens',
        async () => ({ url: `http://127.0.0.1:${await closedPort()}`, ...nothing }),
        /^upstream unreachable \(ECONNREFUSED\)/,
      ],
      [
        'a name that nobody has',
        async () => ({ url: 'http://teacher.invalid', ...nothing }),
        /^upstream unreachable \((?:ENOTFOUND|EAI_AGAIN)\)/,
      ],
      [
        'no TLS where TLS is expected',
        async () => {
          const { port, close } = await behaving((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
          return { url: `https://127.0.0.1:${port}`, close };
        },
        /^upstream unreachable \(\w+\)/,
      ],
      [
        'a TLS handshake that breaks off',
        async () => {
          const { port, close } = await behaving((socket) =>
            socket.once('data', () => socket.resetAndDestroy()),
          );
          return { url: `https://127.0.0.1:${port}`, close };
        },
        /^upstream (?:reset|closed) before an answer/,
      ],
      [
        'a reset before the head',
        async () => {
          const { port, close } = await behaving((socket) =>
            socket.once('data', () => socket.resetAndDestroy()),
          );
          return { url: `http://127.0.0.1:${port}`, close };
        },
        /^upstream reset before an answer/,
      ],
      [
        'an end before the head',
        async () => {
          const { port, close } = await behaving((socket) => socket.once('data', () => socket.end()));
          return { url: `http://127.0.0.1:${port}`, close };
        },
        /^upstream closed before an answer/,
      ],
      [
        'an answer that is not HTTP',
        async () => {
          const { port, close } = await behaving((socket) =>
            socket.once('data', () => socket.end('220 smtp\r\n')),
          );
          return { url: `http://127.0.0.1:${port}`, close };
        },
        /^upstream closed before an answer/,
      ],
    ] as const) {
      test(title, { timeout: 20_000 }, async () => {
        const place = await start();
        use(place.url);
        const failureOf = async (baseURL: string): Promise<unknown> => {
          const client = new OpenAI({ apiKey: 'k', baseURL, maxRetries: 0 });
          return client.chat.completions.create(request).then(
            () => 'no failure',
            (error: Error) => [error.constructor.name, error.message],
          );
        };
        const direct = await failureOf(`${place.url}/v1`);
        const through = await failureOf(`${gateway.base}/openai/v1`);
        place.close();
        assert.deepEqual(direct, ['APIConnectionError', 'Connection error.']);
        assert.deepEqual(through, direct);
        const [trace] = await recorded();
        assert.match(trace?.incomplete ?? '', reason);
        assert.equal(trace?.response, null);
      });
    }

    test('a teacher who takes longer than the client waits', async () => {
      const gone: Promise<void>[] = [];
      const teacher = await startFakeTeacher((call) => void gone.push(call.closed));
      use(teacher.url);
      // On a busy machine a call may not get to its teacher in so short a time.
      for (let timeout = 100; gone.length === 0; timeout *= 2) {
        const baseURL = `${gateway.base}/openai/v1`;
        const client = new OpenAI({ apiKey: 'k', baseURL, maxRetries: 0, timeout });
        await assert.rejects(client.chat.completions.create(request), OpenAI.APIConnectionTimeoutError);
      }
      await Promise.all(gone);
      assert.equal(gone.length, 1);
      await teacher.close();
      assert.equal((await recorded()).at(-1)?.incomplete, 'client aborted');
    });

    test('every retry of the client is one call of the teacher', async () => {
      let attempts = 0;
      const teacher = await startFakeTeacher((call, res) => {
        attempts++;
        if (attempts === 1) res.socket?.resetAndDestroy();
        else if (attempts === 2) res.writeHead(429, { 'retry-after-ms': '1' }).end('{}');
        else answerChat(res, call, 'third');
      });
      use(teacher.url);
      const client = new OpenAI({ apiKey: 'k', baseURL: `${gateway.base}/openai/v1`, maxRetries: 2 });
      const { choices } = await client.chat.completions.create(request);
      assert.equal(choices[0]?.message.content, 'third');
      const counts = teacher.seen.map(({ headers }) => {
        const at = headers.findIndex((name) => name.toLowerCase() === 'x-stainless-retry-count');
        return headers[at + 1];
      });
      assert.deepEqual(counts, ['0', '1', '2']);
      await teacher.close();
    });
  });

  test('in the head of an answer that Node reads but will not write breaks that connection and no other', async () => {
    for (const head of ['HTTP/1.1 200 O\x7fK', 'HTTP/1.1 099 Odd']) {
      const { text, ending } = await play([`${head}\r\nContent-Length: 2\r\n\r\n{}`, 'END']);
      assert.deepEqual([text, ending], ['', 'reset']);
    }
    assert.match(
      (await play([`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}`, 'END'])).text,
      /^HTTP\/1\.1 200 OK/,
    );
    const said = (await recorded()).map(({ incomplete }) => incomplete);
    for (const incomplete of said.slice(0, 2)) assert.match(incomplete ?? '', /head cannot be passed on/);
  });

  test('of length is a broken call on both sides: a body shorter than its request said', async () => {
    const teacher = await startRawTeacher(['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', 'END']);
    use(`http://127.0.0.1:${teacher.port}`);
    const socket = net.connect(gateway.port, '127.0.0.1');
    socket.on('error', () => {}); // How it ends is not the question.
    socket.write(post(JSON.stringify(request)).replace(/Content-Length: \d+/, 'Content-Length: 5000'));
    while (teacher.seen[0]?.includes('messages') !== true)
      await new Promise((resolve) => setTimeout(resolve, 2));
    socket.destroy();
    await once(socket, 'close');
    const [trace] = await eventually(recorded);
    assert.equal(trace?.incomplete, 'client aborted');
    assert.equal(trace?.response, null);
    await teacher.close();
  });

  test('in a stream is passed on byte by byte, and its trace is not whole', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n';
    const [first = '', second = ''] = chatEvents('one two');
    for (const broken of [
      `${first}data: {"choices": [{"del\n\ndata: [DONE]\n\n`,
      `${first}${second}`,
      `${first}data: \xff\xfe\n\ndata: [DONE]\n\n`,
      `no event at all`,
      `${first}: comment\n\nevent: odd\ndata: 1\n\n`,
    ]) {
      const { text } = await play([head, { waitMs: 2 }, broken, 'END']);
      assert.equal(text, head + broken);
    }
    const traces = await recorded();
    assert.equal(traces.length, 5);
    for (const { incomplete, request: asked } of traces) {
      assert.notEqual(incomplete, null);
      assert.deepEqual(asked, request);
    }
  });

  test('at any byte of a streamed answer: the client gets what came, and only a whole answer is a whole trace', async () => {
    const random = createRandom(7);
    const events = chatEvents('every cut of this answer is the same for its client').join('');
    const chunked = `${events.length.toString(16)}\r\n${events}\r\n0\r\n\r\n`;
    const zipped = gzipSync(events).toString('latin1');
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n';
    const answers = [
      `${head}Transfer-Encoding: chunked\r\n\r\n${chunked}`,
      `${head}Content-Length: ${events.length}\r\n\r\n${events}`,
      `${head}\r\n${events}`,
      `${head}Content-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n${zipped}`,
    ];
    const cuts: { whole: boolean; said: boolean }[] = [];
    for (let i = 0; i < 60; i++) {
      const answer = answers[i % answers.length]!;
      const body = answer.indexOf('\r\n\r\n') + 4;
      const isWhole = i < answers.length;
      const cut = isWhole ? answer.length : body + 8 + random.int(answer.length - body - 8);
      const script = [
        answer.slice(0, cut),
        { waitMs: 2 },
        i % 3 === 2 && !isWhole ? 'RESET' : 'END',
      ] as const;
      const { text } = await play(script);
      assert.equal(text, answer.slice(0, cut));
      cuts.push({ whole: isWhole, said: answer.slice(body, cut).includes('[DONE]') });
    }
    const traces = await recorded();
    assert.equal(traces.length, cuts.length);
    for (const [i, { incomplete }] of traces.entries()) {
      if (cuts[i]!.whole) assert.equal(incomplete, null, `${i}`);
      // A stream that has said that it is over has given its answer, however its connection ends.
      else if (!cuts[i]!.said) assert.notEqual(incomplete, null, `${i}`);
    }
  });

  test('of encoding leaves the bytes alone: an answer that is not UTF-8', async () => {
    const body = chatBody('caf\xe9 \xff');
    const answer = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    assert.equal((await play([answer, 'END'])).text, answer);
    assert.equal((await recorded())[0]?.incomplete, 'the body is not valid UTF-8');
  });

  test("of patience is nobody else's: a header, then a body, a few bytes at a time", async () => {
    const teacher = await startFakeTeacher();
    use(teacher.url);
    const whole = post(JSON.stringify(request));
    const slow = Array.from({ length: 20 }, () => net.connect(gateway.port, '127.0.0.1'));
    const answers = slow.map(async (socket) => {
      let text = '';
      for await (const piece of socket.setEncoding('latin1')) text += piece as string;
      return text;
    });
    for (let at = 0; at < whole.length; at += 40) {
      for (const socket of slow) socket.write(whole.slice(at, at + 40));
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (at === 200) assert.match((await sendRaw(gateway.port, whole)).text, /^HTTP\/1\.1 200/);
    }
    for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1\.1 200 OK[\s\S]*teacher/);
    assert.equal(teacher.seen.length, 21);
    await teacher.close();
  });

  test('of measure is refused as Node refuses it: a flood of headers', async () => {
    const teacher = await startFakeTeacher();
    use(teacher.url);
    const flood = Array.from({ length: 40 }, (_, i) => `x-${i}: ${'f'.repeat(40_000)}\r\n`).join('');
    const { text } = await sendRaw(gateway.port, post('{}', flood));
    assert.ok(text === '' || text.startsWith('HTTP/1.1 431'), text.slice(0, 100));
    assert.equal(teacher.seen.length, 0);
    assert.match((await sendRaw(gateway.port, post('{}'))).text, /^HTTP\/1\.1 200/);
    await teacher.close();
  });

  test("of the client in the middle of its upload is the teacher's at once", async () => {
    const teacher = await startRawTeacher([{ waitMs: 60_000 }]);
    use(`http://127.0.0.1:${teacher.port}`);
    const socket = net.connect(gateway.port, '127.0.0.1');
    socket.on('error', () => {}); // It is reset on purpose.
    socket.write(post('x'.repeat(1 << 20)).slice(0, 600_000));
    while ((teacher.seen[0]?.length ?? 0) < 500_000) await new Promise((resolve) => setTimeout(resolve, 2));
    socket.resetAndDestroy();
    await teacher.left();
    await teacher.close();
    assert.equal((await eventually(recorded))[0]?.incomplete, 'client aborted');
  });

  test('of pace holds its own call up and costs nothing: a client that reads slowly, twice on one connection', async () => {
    const body = Buffer.from(Array.from({ length: 1 << 16 }, (_, i) => i % 251));
    const pieces = 96;
    let connections = 0;
    const teacher = http.createServer((req, res) => {
      req.resume();
      Readable.from(Array.from({ length: pieces }, () => body)).pipe(res);
    });
    teacher.on('connection', () => connections++);
    teacher.listen(0, '127.0.0.1');
    await once(teacher, 'listening');
    use(`http://127.0.0.1:${(teacher.address() as net.AddressInfo).port}`);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let round = 0; round < 2; round++) {
      const asked = http.get(`${gateway.base}/openai/v1/files/f`, { agent });
      const [answer] = (await once(asked, 'response')) as [http.IncomingMessage];
      await new Promise((resolve) => setTimeout(resolve, 60));
      let length = 0;
      for await (const piece of answer as AsyncIterable<Buffer>) {
        const at = length % body.length;
        const same = piece.subarray(0, Math.min(piece.length, body.length - at));
        assert.ok(same.equals(body.subarray(at, at + same.length)));
        length += piece.length;
      }
      assert.equal(length, pieces * body.length);
    }
    assert.equal(connections, 1);
    agent.destroy();
    teacher.close();
  });

  test('of none: calls that follow one another on a connection before they are answered are answered in order', async () => {
    const teacher = await startFakeTeacher((call, res) =>
      setTimeout(
        () => answerChat(res, call, `answer ${String(call.url.at(-1))}`),
        call.url.endsWith('1') ? 30 : 0,
      ),
    );
    use(teacher.url);
    const one = (i: number, last = false) =>
      `GET /${testToken}/openai/v1/models/${i} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
    const { text } = await sendRaw(gateway.port, one(1) + one(2) + one(3, true));
    assert.deepEqual(
      [...text.matchAll(/answer (\d)/g)].map(([, i]) => i),
      ['1', '2', '3'],
    );
    await teacher.close();
  });
});

/** What has been recorded once something has: a client that is gone cannot tell when its call has ended. */
async function eventually(recorded: () => Promise<Trace[]>): Promise<Trace[]> {
  for (let i = 0; i < 200; i++) {
    const traces = await recorded();
    if (traces.length > 0) return traces;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return [];
}
