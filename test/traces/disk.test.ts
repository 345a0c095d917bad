import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { openJournal } from '../../src/traces/journal.ts';
import { makeTrace, readAll, temporaryFolder } from './sample.ts';

test('a full disk pauses capture, says so, and capture goes on by itself with nothing lost', async (t) => {
  const folder = temporaryFolder(t);
  let room = 3000;
  const told: string[] = [];
  const journal = await openJournal(folder, {
    maintenanceMs: 0,
    retryMs: 10,
    onPause: (reason) => told.push(`pause: ${reason}`),
    onResume: () => told.push('resume'),
    write: async (file, bytes, offset, position) => {
      // As a disk does: what fits is written, then it is full.
      const length = Math.min(bytes.length - offset, room);
      if (length === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      const { bytesWritten } = await file.write(bytes, offset, length, position);
      room -= bytesWritten;
      return bytesWritten;
    },
  });
  const appends = Array.from({ length: 20 }, (_, i) => journal.append(makeTrace(`t${i}`)));
  while (journal.stats().paused === null) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(journal.stats().paused, 'the disk is full');
  assert.ok(journal.stats().pending > 0);
  room = 1e9;
  assert.deepEqual(new Set(await Promise.all(appends)), new Set(['stored']));
  assert.equal(journal.stats().paused, null);
  assert.deepEqual(told, ['pause: the disk is full', 'resume']);
  const { traces, damage } = await readAll(folder);
  assert.equal(traces.length, 20);
  assert.deepEqual(damage, [], 'no half line of a failed write is left');
  await journal.close();
});

test('a journal can be closed while the disk is full: what waits is shed and counted', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, {
    maintenanceMs: 0,
    retryMs: 60_000,
    write: () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })),
  });
  const append = journal.append(makeTrace('a'));
  while (journal.stats().paused === null) await new Promise((resolve) => setTimeout(resolve, 5));
  await journal.close();
  assert.equal(await append, 'shed');
  assert.equal(journal.stats().shed, 1);
});

test('on a full disk everything can be deleted, and capture goes on', async (t) => {
  const folder = temporaryFolder(t);
  let full = false;
  const journal = await openJournal(folder, {
    maintenanceMs: 0,
    retryMs: 10,
    write: async (file, bytes, offset, position) => {
      if (full) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      return (await file.write(bytes, offset, bytes.length - offset, position)).bytesWritten;
    },
  });
  await journal.append(makeTrace('old'));
  full = true;
  const append = journal.append(makeTrace('new'));
  while (journal.stats().paused === null) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await journal.delete('all'), 1);
  full = false;
  assert.equal(await append, 'stored');
  assert.deepEqual(
    (await readAll(folder)).traces.map((trace) => trace.id),
    ['new'],
  );
  await journal.close();
});

test('a real full file system does the same', async (t) => {
  const folder = tinyDisk(t);
  if (folder === null) return t.skip('mounting a file system is not allowed here');
  const told: string[] = [];
  const journal = await openJournal(folder, {
    maintenanceMs: 0,
    retryMs: 10,
    onPause: (reason) => told.push(reason),
    onResume: () => told.push('resumed'),
  });
  await journal.append(makeTrace('first'));
  const ballast = path.join(folder, 'ballast');
  try {
    writeFileSync(ballast, Buffer.alloc(4 << 20));
  } catch {
    // It fills the disk: that is its purpose.
  }
  const appends = Array.from({ length: 200 }, (_, i) => journal.append(makeTrace(`t${i}`)));
  while (journal.stats().paused === null) await new Promise((resolve) => setTimeout(resolve, 5));
  rmSync(ballast);
  assert.deepEqual(new Set(await Promise.all(appends)), new Set(['stored']));
  assert.deepEqual(told, ['the disk is full', 'resumed']);
  const { traces, damage } = await readAll(folder);
  assert.equal(traces.length, 201);
  assert.deepEqual(damage, []);
  await journal.close();
});

/** A file system of one megabyte; null where the tests may not mount one. */
function tinyDisk(t: TestContext): string | null {
  const folder = mkdtempSync(path.join(tmpdir(), 'understudy-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return mounted.status === 0 ? folder : null;
}
