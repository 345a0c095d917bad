import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { completeUpstreams } from '../../src/gateway/control.ts';
import { type Step, sendRaw, startRawTeacher } from '../support/rawHttp.ts';
import { startTestGateway, type TestGateway, testToken } from '../support/testGateway.ts';

/**
 * Invariant 1: teacher bytes are unchanged. Each case plays the same script twice, directly and through the gateway, and
 * compares what the client received, how its connection ended, and what the teacher saw, byte for byte.
 */

interface Case {
  readonly title: string;
  readonly request?: string;
  readonly script: readonly Step[];
}

const json = '{"model":"m","messages":[{"role":"user","content":"hi"}]}';
const post = (more = '', body = json, path = '/v1/chat/completions') =>
  `POST ${path} HTTP/1.1\r\nHost: HOST\r\nUser-Agent: raw/1\r\nX-CasE: Yes\r\nx-twice: 1\r\nx-twice: 2\r\nAuthorization: Bearer sk-1\r\n${more}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
const get = (path: string, method = 'GET') =>
  `${method} ${path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n`;
const wait = { waitMs: 15 };
const zipped = gzipSync('{"choices":[]}').toString('latin1');
const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const streamHead = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

const cases: readonly Case[] = [
  {
    title: 'a JSON answer with odd, repeated and Latin-1 headers',
    script: [
      'HTTP/1.1 200 All Good\r\ncontent-TYPE: application/json\r\nX-Odd: caf\xe9\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nx-request-id: req_1\r\nx-ratelimit-remaining-tokens: 9\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 2\r\n\r\n{}',
      'END',
    ],
  },
  {
    title: 'a Latin-1 header that comes before its body does',
    script: ['HTTP/1.1 200 OK\r\nX-Odd: caf\xe9\r\nContent-Length: 2\r\n\r\n', { waitMs: 40 }, '{}', 'END'],
  },
  {
    title: 'an error with its retry headers and reason',
    script: [
      'HTTP/1.1 429 Slow Down Please\r\nretry-after-ms: 5\r\nRetry-After: 1\r\nx-should-retry: true\r\nContent-Length: 4\r\n\r\nwait',
      'END',
    ],
  },
  {
    title: 'an empty body',
    script: ['HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n', 'END'],
  },
  { title: 'status 204', script: ['HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n', 'END'] },
  {
    title: 'a stream with its chunks as they came',
    script: [
      streamHead,
      wait,
      chunk('data: a\n\n'),
      wait,
      chunk('data: b\n\n'),
      wait,
      chunk('data: [DONE]\n\n'),
      wait,
      '0\r\n\r\n',
      'END',
    ],
  },
  {
    title: 'trailers',
    script: [
      streamHead,
      wait,
      chunk('data: a\n\n'),
      wait,
      '0\r\nX-Checksum: abc\r\nx-Other: d\r\n\r\n',
      'END',
    ],
  },
  {
    title: 'many chunks at once, with extensions, and lengths written in their own way',
    script: [
      `${streamHead}${chunk('data: a\n\n')}00B;sig="x"\r\ndata: bcd\n\n\r\n${chunk('x'.repeat(70_000))}000\r\n\r\n`,
      'END',
    ],
  },
  {
    title: 'a stream that goes on as something else',
    script: [streamHead, wait, chunk('data: a\n\n'), wait, 'Error: out of memory\n', wait, 'END'],
  },
  {
    title: 'an answer that only the end of the connection delimits',
    script: ['HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n', wait, 'until the ', wait, 'end', 'END'],
  },
  {
    title: 'early hints before the answer',
    script: [
      'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n',
      wait,
      `${head}Content-Length: 2\r\n\r\n{}`,
      'END',
    ],
  },
  {
    title: 'a compressed body',
    script: [
      `${head}Content-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n`,
      wait,
      zipped,
      'END',
    ],
  },
  {
    title: 'a compressed body cut short',
    script: [
      `${head}Content-Encoding: gzip\r\nContent-Length: ${zipped.length - 9}\r\n\r\n${zipped.slice(0, -9)}`,
      'END',
    ],
  },
  {
    title: 'a header of 15 KB',
    script: [`HTTP/1.1 200 OK\r\nX-Big: ${'b'.repeat(15_000)}\r\nContent-Length: 0\r\n\r\n`, 'END'],
  },
  {
    title: '3000 headers',
    script: [
      `HTTP/1.1 200 OK\r\n${Array.from({ length: 3000 }, (_, i) => `x-${i}: ${i}\r\n`).join('')}Content-Length: 0\r\n\r\n`,
      'END',
    ],
  },
  { title: 'a reset before the answer', script: ['RESET'] },
  { title: 'an end without an answer', script: ['END'] },
  {
    title: 'a reset in the middle of a body',
    script: [`${head}Content-Length: 100\r\n\r\n{"a`, { waitMs: 40 }, 'RESET'],
  },
  { title: 'an end in the middle of a body', script: [`${head}Content-Length: 100\r\n\r\n{"a`, wait, 'END'] },
  {
    title: 'a reset in the middle of a stream',
    script: [streamHead, wait, chunk('data: a\n\n'), { waitMs: 40 }, 'RESET'],
  },
  {
    title: 'an end in the middle of a stream',
    script: [streamHead, wait, chunk('data: a\n\n'), wait, 'END'],
  },
  {
    title: 'a reset of an answer that the end would have delimited',
    script: ['HTTP/1.1 200 OK\r\n\r\n', wait, 'half', { waitMs: 40 }, 'RESET'],
  },
  {
    title: 'a path and query that nobody tidies up',
    request: get('/v1//files/a%2Fb/../c?x=%20&x=1&&y'),
    script: [`${head}Content-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: 'the answer to HEAD',
    request: get('/v1/models', 'HEAD'),
    script: [`${head}Content-Length: 1234\r\n\r\n`, 'END'],
  },
  {
    title: 'DELETE without a body',
    request: get('/v1/files/f', 'DELETE'),
    script: [`${head}Content-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: 'a request body in chunks with trailers',
    request: `PUT /v1/x HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunk('abc')}0\r\nX-Sum: 1\r\n\r\n`,
    script: [`${head}Content-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: 'a request body in chunks of another coding, said in two headers',
    request: `PUT /v1/x HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunk('abc')}0\r\n\r\n`,
    script: [{ await: 'body' }, `${head}Content-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: 'a body announced with Expect and wanted',
    request: post('Expect: 100-continue\r\n'),
    script: ['HTTP/1.1 100 Continue\r\n\r\n', { await: 'body' }, `${head}Content-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: 'several interim answers, one with headers that repeat',
    script: [
      'HTTP/1.1 102 Processing\r\n\r\n',
      wait,
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n',
      wait,
      `${head}Content-Length: 2\r\n\r\n{}`,
      'END',
    ],
  },
  {
    title: 'a refused expectation',
    request: post('Expect: 100-continue\r\n'),
    script: ['HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n', 'END'],
  },
  {
    title: 'status 304 with the length of what is not sent',
    script: ['HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 20\r\n\r\n', 'END'],
  },
  {
    title: 'a status that nobody has defined',
    script: ['HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n', 'END'],
  },
  {
    title: 'trailers that were announced',
    script: [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n',
      wait,
      `${chunk('{}')}0\r\nX-Sum: 1\r\n\r\n`,
      'END',
    ],
  },
  {
    title: 'an answer that would keep a connection which its client wants closed',
    script: [
      'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}',
      'END',
    ],
  },
  {
    title: 'a refusal that comes before the upload has ended',
    request: post('', 'a'.repeat(300_000)),
    script: ['HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}', 'END'],
  },
  {
    title: 'GET with a body',
    request: get('/v1/x').replace('\r\n\r\n', '\r\nContent-Length: 3\r\n\r\nabc'),
    script: [`${head}Content-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: "a method that is not HTTP's own",
    request: get('/v1/x', 'PROPFIND').replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n'),
    script: [`${head}Content-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: '3000 headers of a request, one of them of 30 KB',
    request: post(
      `${Array.from({ length: 3000 }, (_, i) => `x-${i}: ${i}\r\n`).join('')}X-Big: ${'b'.repeat(30_000)}\r\n`,
    ),
    script: [`${head}Content-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: 'a request that says nothing of its connection',
    request: 'GET /v1/models HTTP/1.1\r\nHost: HOST\r\n\r\n',
    script: [`${head}Connection: close\r\nContent-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: 'a POST that says nothing of a body and has none',
    request: 'POST /v1/files/f/cancel HTTP/1.1\r\nHost: HOST\r\n\r\n',
    script: [`${head}Connection: close\r\nContent-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: 'a POST of length 0',
    request: post('', ''),
    script: [`${head}Content-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: 'an expectation that says nothing of its connection',
    request: `POST /v1/x HTTP/1.1\r\nHost: HOST\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`,
    script: [
      'HTTP/1.1 100 Continue\r\n\r\n',
      { await: 'body' },
      `${head}Connection: close\r\nContent-Length: 2\r\n\r\n{}`,
      'END',
    ],
  },
  {
    title: 'headers that repeat apart from each other, in cases of their own',
    request: get('/v1/x').replace(
      '\r\n\r\n',
      '\r\nAccept: a\r\nCookie: a=1\r\naccept: b\r\nCOOKIE: b=2\r\n\r\n',
    ),
    script: [
      'HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nVary: a\r\ncontent-type: c/d\r\nvary: b\r\nContent-Length: 0\r\n\r\n',
      'END',
    ],
  },
  {
    title: 'a URL of 200 KB with everything in it that may stand there',
    request: get(`/v1/x?${'a=b%20%zz&"<>|\\^`{}[]@!$;,'.repeat(8000)}`),
    script: [`${head}Content-Length: 2\r\n\r\n{}`, 'END'],
  },
  {
    title: 'the answer to HEAD that would come in chunks',
    request: get('/v1/models', 'HEAD'),
    script: ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n', 'END'],
  },
  {
    title: 'a websocket that breaks',
    request: get('/v1/realtime').replace('close', 'Upgrade\r\nUpgrade: websocket'),
    script: [
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nabc',
      { waitMs: 40 },
      'RESET',
    ],
  },
  {
    title: 'a request that is no valid JSON, in no valid UTF-8',
    request: post('', '{"messages": [\xff\xfe'),
    script: ['HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad', 'END'],
  },
];

describe('teacher bytes are unchanged, through the gateway as directly:', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startTestGateway();
  });
  after(() => gateway.close());

  for (const { title, request = post(), script } of cases)
    test(title, { timeout: 5000 }, async () => {
      const teacher = await startRawTeacher(script);
      gateway.gateway.upstreams = completeUpstreams({ openai: `http://127.0.0.1:${teacher.port}` });
      try {
        const direct = await sendRaw(teacher.port, request.replace('HOST', `127.0.0.1:${teacher.port}`));
        const through = await sendRaw(
          gateway.port,
          request.replace('HOST', `127.0.0.1:${gateway.port}`).replace(' /', ` /${testToken}/openai/`),
        );
        const [directly, forwarded] = teacher.seen;
        assert.deepEqual(through, direct);
        assert.equal(forwarded, directly);
      } finally {
        await teacher.close();
      }
    });

  /** Of a request that goes upstream with a part of its head left out: what its client gets. */
  const answerTo = async (request: string, script: readonly Step[]) => {
    const teacher = await startRawTeacher(script);
    gateway.gateway.upstreams = completeUpstreams({ openai: `http://127.0.0.1:${teacher.port}` });
    try {
      const own = `127.0.0.1:${gateway.port}`;
      const { text } = await sendRaw(gateway.port, request.replaceAll('HOST', own));
      return { text, seen: teacher.seen[0]?.replace(`127.0.0.1:${teacher.port}`, 'HOST') };
    } finally {
      await teacher.close();
    }
  };
  const closing = `${head}Connection: close\r\nContent-Length: 2\r\n\r\n{}`;
  const path = `/${testToken}/openai/v1/x`;

  test('a head goes out before its body comes: the answer may be what the body waits for', {
    timeout: 5000,
  }, async () => {
    const teacher = await startRawTeacher([
      `${head}Content-Length: 5\r\n\r\n`,
      { await: 'body' },
      'heard',
      'END',
    ]);
    gateway.gateway.upstreams = completeUpstreams({ openai: `http://127.0.0.1:${teacher.port}` });
    const socket = net.connect(gateway.port, '127.0.0.1');
    try {
      const own = `127.0.0.1:${gateway.port}`;
      socket.write(`POST ${path} HTTP/1.1\r\nHost: ${own}\r\nContent-Length: 4\r\n\r\n`);
      assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200/);
      socket.write('body');
      assert.equal(String((await once(socket, 'data'))[0]), 'heard');
    } finally {
      socket.destroy();
      await teacher.close();
    }
  });

  test('an offer of HTTP/2 is not taken up, and the call is answered', { timeout: 5000 }, async () => {
    const offer = 'Upgrade: h2c\r\nHTTP2-Settings: AAEA\r\nContent-Length: 2\r\n';
    const connections = ['Upgrade, HTTP2-Settings', 'HTTP2-Settings, close, Upgrade'];
    for (const connection of connections) {
      const request = `POST ${path} HTTP/1.1\r\nHost: HOST\r\nConnection: ${connection}\r\n${offer}\r\n{}`;
      const { text, seen } = await answerTo(request, [closing, 'END']);
      assert.equal(text, closing);
      const kept = connection.includes('close') ? 'Connection: close\r\n' : '';
      assert.equal(seen, `POST /v1/x HTTP/1.1\r\nHost: HOST\r\n${kept}Content-Length: 2\r\n\r\n{}`);
    }
  });

  test('a request may name its whole URL, ours but nobody else’s', async () => {
    const whole = (host: string) =>
      `GET http://${host}${path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n`;
    const { text, seen } = await answerTo(whole('HOST'), [closing, 'END']);
    assert.equal(text, closing);
    assert.equal(seen, 'GET /v1/x HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n');
    const foreign = await answerTo(whole('rebound.example'), [closing, 'END']);
    assert.match(foreign.text, /^HTTP\/1\.1 403 /);
    assert.equal(foreign.seen, undefined);
  });

  test('a client of HTTP/1.0 gets an answer that HTTP/1.0 can say', { timeout: 5000 }, async () => {
    const old = `GET ${path} HTTP/1.0\r\nHost: HOST\r\nConnection: keep-alive\r\n\r\n`;
    const chunked = await answerTo(old, [
      streamHead,
      chunk('data: a\n\n'),
      wait,
      chunk('data: b\n\n'),
      '0\r\n\r\n',
    ]);
    assert.equal(
      chunked.text,
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\ndata: b\n\n',
    );
    // It would wait for the end of a connection that nobody promised to keep.
    const counted = await answerTo(old, [`${head}Content-Length: 2\r\n\r\n{}`]);
    assert.equal(counted.text, `${head}Content-Length: 2\r\n\r\n{}`);
  });

  test('an announcement of trailers that cannot come breaks nothing', async () => {
    const request = `POST ${path} HTTP/1.1\r\nHost: HOST\r\nTrailer: X-Sum\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`;
    const { text } = await answerTo(request, [`${head}Trailer: X-Sum\r\nContent-Length: 2\r\n\r\n{}`, 'END']);
    assert.equal(text, `${head}Content-Length: 2\r\n\r\n{}`);
  });
});
