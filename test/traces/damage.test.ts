import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32, crc32Hex, crc32Table } from '../../src/traces/checksum.ts';
import { openJournal } from '../../src/traces/journal.ts';
import { decodeLine, lineRoom, writeLine } from '../../src/traces/line.ts';
import { makeTrace, readAll, temporaryFolder } from './sample.ts';

const quiet = { maintenanceMs: 0 } as const;

async function filled(folder: string, n: number, sealed: boolean): Promise<string> {
  const journal = await openJournal(folder, quiet);
  for (let i = 0; i < n; i++) await journal.append(makeTrace(`t${i}`, { site: `line ${i}` }));
  if (sealed) await journal.seal();
  await journal.close();
  return path.join(folder, readdirSync(folder).find((name) => /\.(jsonl|seg)$/.test(name))!);
}

test('a damaged line is reported with its place, and all others are read', async (t) => {
  const folder = temporaryFolder(t);
  const file = await filled(folder, 10, false);
  const lines = readFileSync(file, 'utf8').split('\n');
  lines[3] = lines[3]!.replace('positive', 'negative');
  lines[6] = 'garbage';
  writeFileSync(file, lines.join('\n'));
  const { traces, damage } = await readAll(folder);
  assert.deepEqual(
    damage.map(({ line, reason }) => [line, reason]),
    [
      [4, 'checksum does not match'],
      [7, 'no checksum'],
    ],
  );
  assert.equal(traces.length, 8);
});

test('a damaged line stays reported after sealing', async (t) => {
  const folder = temporaryFolder(t);
  const file = await filled(folder, 5, false);
  writeFileSync(file, readFileSync(file, 'utf8').replace('(t2)', '(tX)'));
  const journal = await openJournal(folder, quiet);
  await journal.seal();
  await journal.close();
  const { traces, damage } = await readAll(folder);
  assert.deepEqual(
    damage.map(({ line, reason }) => [line, reason]),
    [[3, 'checksum does not match']],
  );
  assert.deepEqual(
    traces.map((trace) => trace.id),
    ['t0', 't1', 't3', 't4'],
  );
});

test('a torn last line is reported, and what is stored afterwards is read', async (t) => {
  const folder = temporaryFolder(t);
  const file = await filled(folder, 3, false);
  truncateSync(file, readFileSync(file).length - 100);
  const torn = await readAll(folder);
  assert.equal(torn.traces.length, 2);
  assert.match(torn.damage[0]!.reason, /torn/);
  const journal = await openJournal(folder, quiet);
  await journal.append(makeTrace('next'));
  await journal.close();
  const after = await readAll(folder);
  assert.deepEqual(
    after.traces.map((trace) => trace.id),
    ['t0', 't1', 'next'],
  );
  assert.deepEqual(
    after.damage.map(({ line }) => line),
    [3],
  );
});

test('a damaged block of a sealed segment loses that block only', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, quiet);
  const filler = (i: number): string => `${i} `.repeat(40_000);
  for (let i = 0; i < 60; i++) await journal.append(makeTrace(`t${i}`, { request: { filler: filler(i) } }));
  await journal.seal();
  await journal.close();
  const file = path.join(folder, readdirSync(folder).find((name) => name.endsWith('.seg'))!);
  const bytes = readFileSync(file);
  const whole = await readAll(folder);
  assert.equal(whole.traces.length, 60);
  const second = bytes.indexOf('UBLK', bytes.indexOf('UBLK') + 4);
  assert.ok(second > 0, 'there are several blocks');
  for (const at of [second + 40, second + 5]) {
    const broken = Buffer.from(bytes);
    broken[at]! ^= 0xff;
    writeFileSync(file, broken);
    const { traces, damage } = await readAll(folder);
    const lost = bytes.readUInt32LE(second + 12);
    assert.equal(traces.length, 60 - lost);
    assert.equal(traces.at(-1)?.id, 't59', 'what follows the block is read');
    assert.equal(damage.length, 1);
    assert.match(damage[0]!.reason, new RegExp(`${lost} lines are lost`));
  }
});

test('pages of zeros, blocks that are gone and a cut end lose what they cover and nothing else', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, quiet);
  for (let i = 0; i < 60; i++)
    await journal.append(makeTrace(`t${i}`, { request: { filler: `${i} `.repeat(40_000) } }));
  await journal.seal();
  await journal.close();
  const file = path.join(folder, readdirSync(folder).find((name) => name.endsWith('.seg'))!);
  const bytes = readFileSync(file);
  const starts: number[] = [];
  for (let at = bytes.indexOf('UBLK'); at !== -1; at = bytes.indexOf('UBLK', at + 1)) starts.push(at);
  assert.ok(starts.length >= 4);
  const linesOf = (block: number): number => bytes.readUInt32LE(starts[block]! + 12);
  const zeros = Buffer.from(bytes);
  zeros.fill(0, starts[1]! + 8, starts[2]! + 8);
  const without = Buffer.concat([bytes.subarray(0, starts[1]), bytes.subarray(starts[2])]);
  const cut = bytes.subarray(0, starts.at(-1)! + 40);
  for (const [broken, lost, what] of [
    [zeros, linesOf(1) + linesOf(2), 'zeros over two blocks'],
    [without, linesOf(1), 'a block that is gone'],
    [cut, linesOf(starts.length - 1), 'a cut end'],
  ] as const) {
    writeFileSync(file, broken);
    const { traces, damage } = await readAll(folder);
    assert.equal(traces.length, 60 - lost, what);
    assert.ok(damage.length >= 1, what);
    // What can be read survives a deletion in the damaged segment, too.
    const again = await openJournal(folder, quiet);
    assert.equal(await again.delete({ ids: new Set(['t0']) }), 1, what);
    await again.close();
    assert.equal((await readAll(folder)).traces.length, 59 - lost, what);
  }
});

test('any bytes in the place of a segment end in reports, never in an error', async (t) => {
  const folder = temporaryFolder(t);
  const sealed = await filled(folder, 30, true);
  const bytes = readFileSync(sealed);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }),
      fc.nat(bytes.length),
      async (changes, length) => {
        const broken = Buffer.from(bytes.subarray(0, length));
        for (const [at, value] of changes) if (at < length) broken[at] = value;
        writeFileSync(sealed, broken);
        const { traces } = await readAll(folder);
        assert.ok(traces.every((trace) => /^t\d+$/.test(trace.id)));
      },
    ),
    { numRuns: 100 },
  );
});

test('an open segment with a zero-filled tail, as a power cut leaves it, is read up to there', async (t) => {
  const folder = temporaryFolder(t);
  const file = await filled(folder, 4, false);
  appendFileSync(file, Buffer.alloc(5000));
  const { traces, damage } = await readAll(folder);
  assert.equal(traces.length, 4);
  assert.equal(damage.length, 1);
});

test('a line reads as what was written, and as damaged after any change', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
      const json = JSON.stringify(value);
      const room = Buffer.alloc(lineRoom(json));
      const line = room.subarray(0, writeLine(room, 0, json) - 1);
      assert.deepEqual(decodeLine(line), { ok: true, value: Buffer.from(json) });
      const broken = Buffer.from(line);
      broken[at % broken.length]! ^= change;
      const read = decodeLine(broken);
      assert.ok(
        !read.ok || read.value?.toString() === json,
        'a changed hex digit may still be the same number',
      );
    }),
  );
});

test('the portable CRC-32 equals the one of zlib', () => {
  assert.equal(crc32Hex('123456789'), 'cbf43926');
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.equal(crc32Table(bytes), crc32(bytes))));
});
