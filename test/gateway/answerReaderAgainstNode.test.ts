import assert from 'node:assert/strict';
import http from 'node:http';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { createRandom, type Random } from '../../src/base/random.ts';
import { AnswerReader, type Reading } from '../../src/gateway/answerReader.ts';

/** The reader of answers and Node's own HTTP client are given the same bytes, right ones and damaged ones. */

interface Said {
  /** Status, reason and headers of the answers before the answer. */
  readonly interims: readonly unknown[];
  readonly head: unknown;
  readonly body: string;
  readonly isWhole: boolean;
}

function readByUs(pieces: readonly Buffer[], method: string): Said & { readonly reading: Reading } {
  const interims: unknown[] = [];
  let head: unknown = null;
  let body = '';
  const reader = new AnswerReader(method, {
    keepsFrames: false,
    interim: ({ status, reason, headers }) => interims.push([status, reason, headers]),
    head: ({ status, reason, headers }) => {
      head = [status, reason, headers];
    },
    body: (bytes) => {
      body += bytes.toString('latin1');
    },
  });
  let reading: Reading = 'more';
  for (const piece of pieces) if (reading === 'more') reading = reader.read(piece);
  const isWhole = reading === 'more' ? reader.end() : reading !== 'broken';
  return { interims, head, body, isWhole, reading };
}

function readByNode(pieces: readonly Buffer[], method: string): Promise<Said> {
  return new Promise((resolve) => {
    const interims: unknown[] = [];
    let head: unknown = null;
    let body = '';
    const pipe = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    const finish = (isWhole: boolean): void => {
      pipe.destroy();
      resolve({ interims, head, body, isWhole });
    };
    const asked = http.request({
      method,
      headers: ['Host', 'x'],
      maxHeaderSize: 1 << 20,
      createConnection: () => pipe,
    });
    asked.on('error', () => finish(false));
    asked.on('information', ({ statusCode, statusMessage, rawHeaders }) =>
      interims.push([statusCode, statusMessage, rawHeaders]),
    );
    asked.on('response', (answer) => {
      head = [answer.statusCode, answer.statusMessage, answer.rawHeaders];
      answer.on('data', (chunk: Buffer) => {
        body += chunk.toString('latin1');
      });
      answer.on('error', () => finish(false));
      answer.on('end', () => finish(answer.complete));
      answer.on('close', () => finish(answer.complete && answer.errored === null));
    });
    pipe.on('close', () => setImmediate(finish, false));
    asked.end();
    const feed = (i: number): void => {
      if (pipe.destroyed) return;
      pipe.push(pieces[i] ?? null);
      if (i < pieces.length) setImmediate(feed, i + 1);
    };
    setImmediate(feed, 0);
  });
}

const statuses = ['200 OK', '200 OK', '200 OK', '204 No Content', '304 Not Modified', '404', '404 ', '999 x'];
const oddStatuses = ['200 O\xe9K', '20 OK', '2000 OK', '500 a  b  ', '099 x', '600 \t'];
const versions = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0'];
const oddVersions = ['HTTP/1.2', 'http/1.1', 'ICY', 'HTTP/11'];
const befores = [
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: a\r\nLink: b\r\n\r\n',
  '\r\n',
];
const headers = ['X-A: b', 'x-a:b', 'X-A:', 'X-A: \t b \t', 'X-A: \xe9', 'Connection: close', 'Trailer: x'];
const oddHeaders = [
  ...['X-\xe9: a', 'X A: b', 'X-A : b', 'X-A: b\r\n c', ': x', 'noColon', 'X-A: a\x01b', 'X-A: a\x00b'],
  ...['X-A: a\x7fb', 'X-A: b\n c', 'X-A: b\rc'],
];
const oddFramings = [
  ...['Content-Length: -1', 'Content-Length: 5x', 'Content-Length:', 'Content-Length: 0x5'],
  ...['Content-Length: 5 5', 'Content-Length: 5, 5', 'Content-Length: 9999999999999999999999'],
  ...['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked, gzip', 'Transfer-Encoding: xchunked'],
  ...['Transfer-Encoding:', 'Transfer-Encoding: chunkedx', 'Transfer-Encoding: chunked,'],
];
const chunkings = [
  ...['Transfer-Encoding: chunked', 'transfer-encoding: Chunked', 'Transfer-Encoding: gzip, chunked'],
  'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked',
];
const strays = ['\r', '\n', '\0', ' ', 'a', ':', '0', 'f', '\r\n', ''];

/** An answer as a teacher sends it, or nearly so. */
function anAnswer(random: Random): string {
  const pick = <T>(values: readonly T[]): T => values[random.int(values.length)]!;
  const seldom = <T>(odd: readonly T[], usual: readonly T[]): T => pick(random.int(8) === 0 ? odd : usual);
  const isStrayed = random.int(4) === 0;
  const lineEnd = (): string => (random.int(60) === 0 ? '\n' : '\r\n');
  const body = pick(['', 'hello', 'a\r\n\r\nb', 'x'.repeat(300)]);
  const inChunks = (): string => {
    let chunks = '';
    for (let at = 0; at < body.length; ) {
      const length = 1 + random.int(body.length - at);
      const hex = length.toString(16);
      // Of what an extension may not say Node knows more: it is none of the framing's business.
      const extensions = isStrayed ? [''] : ['', ';a=b', ';a="b;c"'];
      chunks += `${pick([hex, hex.toUpperCase(), `0${hex}`])}${pick(extensions)}\r\n${body.slice(at, at + length)}\r\n`;
      at += length;
    }
    return chunks + pick(['0\r\n\r\n', '0\r\n\r\n', '0\r\nX-T: 1\r\n\r\n', '000\r\nA: b\r\nC:\r\n\r\n', '']);
  };
  const lines = Array.from({ length: random.int(4) }, () => seldom(oddHeaders, headers));
  let sent = body;
  const framing = seldom(['two', 'both', 'odd'], ['length', 'chunks', 'end']);
  if (framing === 'odd') lines.push(pick(oddFramings));
  if (framing !== 'odd' && framing !== 'end' && framing !== 'chunks')
    lines.push(`Content-Length: ${body.length}`);
  if (framing === 'two') lines.push(`content-length: ${body.length + random.int(2)}`);
  if (framing === 'chunks' || framing === 'both') {
    lines.push(pick(chunkings));
    sent = inChunks();
  }
  const start = `${seldom(befores, [''])}${seldom(oddVersions, versions)} ${seldom(oddStatuses, statuses)}`;
  let text = [start, ...random.shuffle(lines), ''].map((line) => line + lineEnd()).join('') + sent;
  if (random.int(4) === 0) text = text.slice(0, random.int(text.length + 1));
  const at = random.int(text.length + 1);
  return isStrayed ? text.slice(0, at) + pick(strays) + text.slice(at + random.int(2)) : text;
}

function piecesOf(text: string, random: Random): Buffer[] {
  const most = [1, 7, text.length][random.int(3)]!;
  const pieces: Buffer[] = [];
  for (let at = 0; at < text.length; ) {
    const to = Math.min(text.length, at + 1 + random.int(most));
    pieces.push(Buffer.from(text.slice(at, to), 'latin1'));
    at = to;
  }
  return pieces;
}

/** What the parsers of older Nodes took; ours is as strict as the newest one's, whatever it runs on. */
const takenByOlder = [/^transfer-encoding:[ \t]*\r?$/im, /\r\r/];
const withoutCoding = 'HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\nhello';

test('answers are read as Node reads them, and broken where Node finds them broken', async () => {
  const isOlder = (await readByNode([Buffer.from(withoutCoding)], 'POST')).isWhole;
  const random = createRandom(5);
  const counts = { whole: 0, broken: 0, beyond: 0 };
  for (let i = 0; i < 3000; i++) {
    const text = anAnswer(random);
    const method = ['POST', 'POST', 'GET', 'HEAD'][random.int(4)]!;
    const pieces = piecesOf(text, random);
    const { reading, ...ours } = readByUs(pieces, method);
    const nodes = await readByNode(pieces, method);
    if (reading === 'beyond') {
      // The answer counts, and its connection is closed; Node may say of the two that they are broken.
      counts.beyond++;
      if (nodes.head !== null) assert.deepEqual(ours.head, nodes.head, JSON.stringify(text));
      continue;
    }
    const context = `${method} ${JSON.stringify(text)}`;
    const isStricter = nodes.isWhole && !ours.isWhole;
    if (isOlder && isStricter && takenByOlder.some((taken) => taken.test(text))) continue;
    assert.equal(ours.isWhole, nodes.isWhole, context);
    // What a broken answer has said before it broke may have been told or not.
    if (ours.isWhole) assert.deepEqual(ours, nodes, context);
    counts[ours.isWhole ? 'whole' : 'broken']++;
  }
  assert.ok(Math.min(...Object.values(counts)) > 100, JSON.stringify(counts));
});

/** Where the two differ on purpose. */
const differences: readonly {
  readonly title: string;
  readonly answer: string;
  readonly ours: Reading;
  readonly isWholeToNode: boolean;
}[] = [
  {
    title: 'what an answer before the answer says of the connection is for the client to judge',
    answer: 'HTTP/1.0 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    ours: 'whole',
    isWholeToNode: false,
  },
  {
    title: 'a change of protocol that nobody asked for is no answer',
    answer: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
    ours: 'broken',
    isWholeToNode: true,
  },
  {
    title: 'bytes after an answer end its connection, not the answer',
    answer: 'HTTP/1.1 204 No Content\r\n\r\nhello',
    ours: 'beyond',
    isWholeToNode: false,
  },
  {
    title: 'what an extension of a chunk says is for the client to judge',
    answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a b\r\nhello\r\n0\r\n\r\n',
    ours: 'whole',
    isWholeToNode: false,
  },
  {
    title: 'a length that no number holds is none, also where no body follows',
    answer: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9007199254740993\r\n\r\n',
    ours: 'broken',
    isWholeToNode: true,
  },
];

for (const { title, answer, ours, isWholeToNode } of differences)
  test(`unlike to Node, ${title}`, async () => {
    const bytes = [Buffer.from(answer)];
    assert.equal(readByUs(bytes, 'POST').reading, ours);
    assert.equal((await readByNode(bytes, 'POST')).isWhole, isWholeToNode);
  });

test('an empty transfer coding and a bare carriage return make an answer broken on every Node', () => {
  for (const answer of [withoutCoding, 'HTTP/1.1 404\r\rContent-Length: 5\r\n\r\nhello'])
    assert.equal(readByUs([Buffer.from(answer)], 'POST').reading, 'broken');
});
