import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { createRandom } from '../../src/base/random.ts';
import { describeCall, readCalls, writeCall } from '../../src/gateway/batch.ts';
import { BLOCK_BYTES, Copy, createBlocks } from '../../src/gateway/copy.ts';
import type { RecordedCall } from '../../src/gateway/recordedCall.ts';
import { type Copies, createTape, type TapeStart } from '../../src/gateway/tape.ts';

const opening: TapeStart = {
  id: 'call-ü-1',
  startMs: 1,
  provider: 'openai',
  hostname: '127.0.0.1',
  method: 'POST',
  path: '/v1/chat/completions?q=caf\xe9',
  headers: { 'user-agent': 'test/1 \ud83d\ude00' },
  credentials: [],
  requestEncoding: null,
  pinnedTask: null,
  site: null,
  source: 'gateway',
};

/** A recorder's part in a tape: it keeps what it is given. */
function keeping(isFree: (lentBytes: number) => boolean) {
  const blocks = createBlocks(isFree);
  const finished: { call: RecordedCall | null; copies: Copies }[] = [];
  const tape = () =>
    createTape(opening, {
      clock: systemClock,
      blocks,
      waits: () => {},
      finished: (call, copies) => void finished.push({ call, copies }),
    });
  return { blocks, finished, tape };
}

test('calls of any size come out of a batch as they went in, and their memory comes back', () => {
  const random = createRandom(3);
  const { blocks, finished, tape } = keeping(() => true);
  const bodies: { request: Buffer; response: Buffer }[] = [];
  for (let i = 0; i < 200; i++) {
    const one = tape();
    const body = (): Buffer[] =>
      Array.from({ length: random.int(6) }, () =>
        Buffer.alloc([0, 1, BLOCK_BYTES, random.int(3 * BLOCK_BYTES)][random.int(4)]!, random.int(256)),
      );
    const [request, response] = [body(), body()];
    // Both sides at once: an answer may begin before its request has ended.
    for (let k = 0; k < 6; k++) {
      if (request[k] !== undefined) one.request(request[k]!);
      if (response[k] !== undefined) one.response(response[k]!);
    }
    one.end(null);
    bodies.push({ request: Buffer.concat(request), response: Buffer.concat(response) });
  }
  assert.ok(blocks.lent() > 0);
  const batch = Buffer.alloc(16 << 20, 0xaa);
  let at = 0;
  for (const { call, copies } of finished) {
    const { text, room } = describeCall(call!);
    const end = writeCall(batch, at, text, copies);
    assert.ok(end - at <= room);
    at = end;
  }
  assert.equal(blocks.lent(), 0);
  const read = [...readCalls(batch.subarray(0, at))];
  assert.deepEqual(
    read.map(({ request, response }) => ({ request, response })),
    bodies,
  );
  assert.deepEqual(
    read.map(({ call }) => call),
    finished.map(({ call }) => call),
  );
});

test('a copy is exactly what was added, wherever its blocks end', () => {
  const blocks = createBlocks(() => true);
  for (const length of [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES]) {
    const copy = new Copy(blocks);
    const bytes = Buffer.from(Array.from({ length }, (_, i) => i % 251));
    assert.ok(copy.add(bytes.subarray(0, length >> 1)) && copy.add(bytes.subarray(length >> 1)));
    const target = Buffer.alloc(length + 2);
    assert.equal(copy.moveTo(target, 1), length + 1);
    assert.deepEqual(target.subarray(1, length + 1), bytes);
    assert.deepEqual([target[0], target[length + 1]], [0, 0]);
  }
});

test('where memory has run out a call is given up, not cut, and what it held is free again', () => {
  const { blocks, finished, tape } = keeping((lent) => lent <= 3 * BLOCK_BYTES);
  const [first, second] = [tape(), tape()];
  first.request(Buffer.alloc(2 * BLOCK_BYTES));
  second.request(Buffer.alloc(BLOCK_BYTES));
  second.response(Buffer.alloc(1));
  assert.equal(blocks.lent(), 2 * BLOCK_BYTES);
  second.response(Buffer.alloc(1));
  second.end(null);
  assert.equal(finished[0]?.call, null);
  first.response(Buffer.alloc(BLOCK_BYTES));
  first.end(null);
  assert.deepEqual(
    [finished[1]?.call?.requestBytes, finished[1]?.call?.responseBytes, finished[1]?.call?.incomplete],
    [2 * BLOCK_BYTES, BLOCK_BYTES, null],
  );
});
