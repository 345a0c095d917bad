import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import { openJournal } from '../../src/traces/journal.ts';
import { deleteTraces } from '../../src/traces/maintenance.ts';
import { makeTrace, readAll, readIds, temporaryFolder } from './sample.ts';

const quiet = { maintenanceMs: 0 } as const;
const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `t${i}`);

test('deleted traces are gone from open and sealed segments, the others stay', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, quiet);
  for (const id of names(20)) await journal.append(makeTrace(id));
  await journal.seal();
  for (const id of ['u0', 'u1', 'u2']) await journal.append(makeTrace(id));
  assert.equal(await journal.delete({ ids: new Set(['t3', 't7', 'u1', 'unknown']) }), 3);
  const { traces, damage } = await readAll(folder);
  const left = [...names(20), 'u0', 'u1', 'u2'].filter((id) => !['t3', 't7', 'u1'].includes(id));
  assert.deepEqual(
    traces.map((trace) => trace.id),
    left,
  );
  assert.deepEqual(damage, []);
  await journal.close();
});

test('the bytes of a deleted trace are gone from the disk', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, quiet);
  await journal.append(makeTrace('keep'));
  await journal.append(makeTrace('gone', { site: 'the-very-particular-place' }));
  await journal.seal();
  assert.ok(contents(folder).includes('the-very-particular-place'));
  await journal.delete({ ids: new Set(['gone']) });
  assert.ok(!contents(folder).includes('the-very-particular-place'));
  assert.ok(contents(folder).includes('"keep"'));
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.tombstone')),
    [],
  );
  await journal.close();
});

test('deleting everything leaves no segment, and the next trace is stored', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, quiet);
  for (const id of names(5)) await journal.append(makeTrace(id));
  await journal.seal();
  await journal.append(makeTrace('open'));
  assert.equal(await journal.delete('all'), 6);
  assert.deepEqual(
    readdirSync(folder).filter((name) => /\.(jsonl|seg|tombstone)$/.test(name)),
    [],
  );
  assert.equal(await journal.delete('all'), 0);
  await journal.append(makeTrace('after'));
  assert.deepEqual(await readIds(folder), ['after']);
  await journal.close();
});

test('a deletion reaches the segment that another writer has open', async (t) => {
  const folder = temporaryFolder(t);
  const writer = await openJournal(folder, quiet);
  for (const id of names(4)) await writer.append(makeTrace(id));
  assert.equal(await deleteTraces(folder, { ids: new Set(['t1']) }), 1);
  assert.deepEqual(await readIds(folder), ['t0', 't2', 't3'], 'hidden at once');
  await writer.append(makeTrace('t4'));
  const other = await openJournal(folder, quiet);
  await other.seal();
  assert.ok(contents(folder).includes('"t1"'), 'another process does not touch an open segment');
  await writer.seal();
  assert.ok(!contents(folder).includes('"t1"'), 'its writer does');
  assert.deepEqual(await readIds(folder), ['t0', 't2', 't3', 't4']);
  await other.close();
  await writer.close();
});

test('deleting everything does not reach what another writer stores afterwards', async (t) => {
  const folder = temporaryFolder(t);
  const writer = await openJournal(folder, quiet);
  await writer.append(makeTrace('before'));
  assert.equal(await deleteTraces(folder, 'all'), 1);
  await writer.append(makeTrace('after'));
  assert.deepEqual(await readIds(folder), ['after']);
  await writer.seal();
  assert.deepEqual(await readIds(folder), ['after']);
  await writer.close();
});

/** Everything that the folder's segments say, unpacked. */
function contents(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(path.join(folder, name)))
    .map((bytes) => {
      const block = bytes.indexOf('UBLK');
      return block === -1 ? bytes.toString() : brotliDecompressSync(bytes.subarray(block + 32)).toString();
    })
    .join('\n');
}
