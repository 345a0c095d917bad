import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from '../../src/traces/import/unpack.ts';

const text = '{"say": "Grüße, 世界 🌍"}\n';
const mark = '\ufeff';

/** As UTF-16 with the high byte first, as some exports have it. */
function bigEndian(value: string): Buffer {
  return Buffer.from(value, 'utf16le').swap16();
}

const encodings: readonly [name: string, bytes: Buffer][] = [
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with a mark', Buffer.from(mark + text)],
  ['UTF-16, low byte first', Buffer.from(mark + text, 'utf16le')],
  ['UTF-16, high byte first', bigEndian(mark + text)],
];

for (const [name, bytes] of encodings) {
  test(`${name} is read whatever the sizes of its pieces`, async () => {
    for (const size of [1, 2, 3, 7, bytes.length])
      assert.equal(await read(bytes, size), text, `${size} bytes`);
  });
}

test('a file of no bytes, or of one, is read', async () => {
  assert.equal(await read(Buffer.alloc(0), 1), '');
  assert.equal(await read(Buffer.from('7'), 1), '7');
});

async function read(bytes: Buffer, size: number): Promise<string> {
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  let whole = '';
  for await (const piece of textOf(pieces())) whole += piece;
  return whole;
}
