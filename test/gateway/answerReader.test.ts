import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { type AnswerHead, AnswerReader, type Reading } from '../../src/gateway/answerReader.ts';
import { unchunked } from '../../src/gateway/decode.ts';

/** What a reader says of an answer that comes in these pieces and, perhaps, of the connection's end after it. */
function read(pieces: readonly string[], { method = 'POST', ends = false, keepsFrames = true } = {}) {
  const interims: AnswerHead[] = [];
  const heads: AnswerHead[] = [];
  let body = '';
  let lasts = 0;
  const reader = new AnswerReader(method, {
    keepsFrames,
    interim: (head) => interims.push(head),
    head: (head) => heads.push(head),
    body: (bytes, isLast) => {
      body += bytes.toString('latin1');
      lasts += Number(isLast);
    },
  });
  let reading: Reading = 'more';
  for (const piece of pieces) if (reading === 'more') reading = reader.read(Buffer.from(piece, 'latin1'));
  const isWhole = ends && reading === 'more' ? reader.end() : reading === 'whole' || reading === 'beyond';
  return { interims, heads, body, lasts, reading, isWhole, keepsAlive: reader.keepsAlive };
}

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
const chunks = '5;x="y"\r\nhello\r\n1F\r\n0123456789012345678901234567890\r\n';

const answers: readonly (readonly [string, string, 'whole' | 'more'])[] = [
  ['a body of a length', `${ok}Content-Length: 5\r\nX-Odd:\t caf\xe9 \t\r\n\r\nhello`, 'whole'],
  ['no body', `HTTP/1.1 204 No Content\r\nA:\r\n\r\n`, 'whole'],
  ['chunks with an extension', `${chunked}${chunks}0\r\n\r\n`, 'whole'],
  ['trailers', `${chunked}${chunks}0\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\n`, 'whole'],
  [
    'interim answers',
    `HTTP/1.1 102\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n${ok}Content-Length: 2\r\n\r\n{}`,
    'whole',
  ],
  ['a body that the end delimits', `${ok}\r\nhalf of\r\n\r\nit`, 'more'],
  ['an unfinished body', `${ok}Content-Length: 9\r\n\r\nhello`, 'more'],
  ['an unfinished chunk', `${chunked}5\r\nhel`, 'more'],
  ['an unfinished head', 'HTTP/1.1 200 OK\r\nContent-Le', 'more'],
  ['empty lines before it', `\r\n\r\n${ok}Content-Length: 0\r\n\r\n`, 'whole'],
];

describe('an answer reads the same wherever its pieces are cut:', () => {
  const random = createRandom(11);
  for (const [title, answer, expected] of answers)
    test(title, () => {
      const whole = read([answer]);
      assert.equal(whole.reading, expected);
      for (let round = 0; round < 200; round++) {
        const pieces: string[] = [];
        for (let at = 0; at < answer.length; ) {
          const to = Math.min(answer.length, at + 1 + random.int(round === 0 ? 1 : 12));
          pieces.push(answer.slice(at, to));
          at = to;
        }
        assert.deepEqual(read(pieces), whole);
      }
    });
});

test('the frames of chunks belong to what is passed on, and what is inside of them can be had without', () => {
  const answer = `${chunked}${chunks}0\r\nX-Sum: 1\r\n\r\n`;
  const { heads, body, lasts } = read([answer]);
  assert.equal(heads[0]?.isFramed, true);
  assert.equal(body, `${chunks}0\r\nX-Sum: 1\r\n\r\n`);
  assert.equal(lasts, 1);
  const inside = 'hello0123456789012345678901234567890';
  assert.equal(unchunked(Buffer.from(body)).toString(), inside);
  for (let cut = 0; cut < answer.length; cut += 7) {
    const plain = read([answer.slice(0, cut), answer.slice(cut)], { keepsFrames: false });
    assert.deepEqual([plain.body, plain.lasts, plain.reading], [inside, 1, 'whole']);
  }
  for (let cut = 0; cut < body.length; cut++)
    assert.ok(inside.startsWith(unchunked(Buffer.from(body.slice(0, cut))).toString()));
});

test('headers keep their order, their case and their repetitions, and lose the blanks around them', () => {
  const { heads } = read([`HTTP/1.1 299 Fine, \xe9!\r\nB:  1 \r\na:2\r\nB: \t\r\nContent-Length: 0\r\n\r\n`]);
  assert.deepEqual(heads, [
    {
      status: 299,
      reason: 'Fine, \xe9!',
      headers: ['B', '1', 'a', '2', 'B', '', 'Content-Length', '0'],
      isFramed: false,
    },
  ]);
});

for (const [title, answer] of [
  ['two lengths', `${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
  [
    'a length beside chunks',
    `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  ],
  ['a length that is none', `${ok}Content-Length: +5\r\n\r\nhello`],
  ['a list of lengths', `${ok}Content-Length: 5, 5\r\n\r\nhello`],
  ['a chunk longer than it said', `${chunked}2\r\nhello\r\n0\r\n\r\n`],
  ['a chunk without a length', `${chunked}\r\nhello\r\n0\r\n\r\n`],
  ['a chunk of a length that no number holds', `${chunked}ffffffffffffffff\r\nhello`],
  ['a negative length of a chunk', `${chunked}-5\r\nhello\r\n0\r\n\r\n`],
  ['a head without a colon', `${ok}Content-Length 5\r\n\r\nhello`],
  ['another protocol', '220 smtp ready\r\n'],
  ['a header on two lines', `${ok}X-A: one\r\n\ttwo\r\nContent-Length: 0\r\n\r\n`],
  ['an unknown version', 'HTTP/3.0 200 OK\r\n\r\n'],
  ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ['a head without an end', `${ok}X: ${'x'.repeat(1 << 20)}\r\n`],
] as const)
  test(`is broken, not guessed at: ${title}`, () => {
    const { reading, lasts } = read([answer]);
    assert.deepEqual([reading, lasts], ['broken', 0]);
  });

test('bytes after an answer are not part of it', () => {
  for (const answer of [`${ok}Content-Length: 2\r\n\r\n{}`, `${chunked}2\r\n{}\r\n0\r\n\r\n`]) {
    const { reading, body } = read([`${answer}${ok}`]);
    assert.equal(reading, 'beyond');
    assert.ok(answer.endsWith(body));
  }
});

test('the answer to HEAD has no body, whatever it says', () => {
  for (const framing of ['Content-Length: 5', 'Transfer-Encoding: chunked']) {
    const { reading, body } = read([`${ok}${framing}\r\n\r\n`], { method: 'HEAD' });
    assert.deepEqual([reading, body], ['whole', '']);
  }
});

test('only an answer that nothing else delimits is whole at the end of its connection', () => {
  for (const [answer, isWhole] of [
    [`${ok}\r\nhalf`, true],
    [`${ok}Transfer-Encoding: gzip\r\n\r\nhalf`, true],
    [`${ok}Content-Length: 5\r\n\r\nhalf`, false],
    [`${chunked}5\r\nhello\r\n`, false],
    ['HTTP/1.1 200 OK\r\n', false],
    ['HTTP/1.1 103 Early\r\n\r\n', false],
  ] as const)
    assert.equal(read([answer], { ends: true }).isWhole, isWhole, answer);
});

test('a connection is kept where the answer lets it, by the rules of its version', () => {
  for (const [version, connection, keeps] of [
    ['1.1', '', true],
    ['1.1', 'Connection: Keep-Alive\r\n', true],
    ['1.1', 'Connection: close\r\n', false],
    ['1.1', 'Connection: x, Close\r\n', false],
    ['1.0', '', false],
    ['1.0', 'Connection: keep-alive\r\n', true],
  ] as const)
    assert.equal(
      read([`HTTP/${version} 200 OK\r\n${connection}Content-Length: 0\r\n\r\n`]).keepsAlive,
      keeps,
      `${version} ${connection}`,
    );
  assert.equal(read([`${ok}\r\n`]).keepsAlive, false);
});
