import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { openJournal } from '../../src/traces/journal.ts';
import { tinyDisk } from '../support/tinyDisk.ts';
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
  const folder = tinyDisk(t, 1);
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

test('sealing that runs out of room loses nothing, and is done once there is some', async (t) => {
  const folder = tinyDisk(t, 2);
  if (folder === null) return t.skip('mounting a file system is not allowed here');
  const journal = await openJournal(folder, { maintenanceMs: 0 });
  // Random bytes: the sealed copy needs most of the room that the open one has.
  for (let i = 0; i < 40; i++) {
    const request = { model: 'm', filler: randomBytes(15_000).toString('base64') };
    await journal.append(makeTrace(`t${i}`, { request }));
  }
  const ballast = path.join(folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(900_000));
  await journal.seal();
  assert.deepEqual(
    readdirSync(folder).filter((name) => /\.(seg|tmp)$/.test(name)),
    [],
    'there was no room, and nothing half written is left',
  );
  assert.equal((await readAll(folder)).traces.length, 40);
  rmSync(ballast);
  await journal.seal();
  assert.equal(readdirSync(folder).filter((name) => name.endsWith('.seg')).length, 1);
  const { traces, damage } = await readAll(folder);
  assert.deepEqual([traces.length, damage], [40, []]);
  await journal.close();
});

test('a limit on the size of files does the same, where nothing can be mounted', {
  skip: process.platform === 'linux' ? false : 'prlimit is there on Linux only',
  timeout: 60_000,
}, async (t) => {
  const folder = temporaryFolder(t);
  const entryPoints = [path.join(import.meta.dirname, 'victim.ts')];
  const victim = path.join(import.meta.dirname, `../../.cache/limited-${process.pid}.mjs`);
  await build({
    entryPoints,
    outfile: victim,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  t.after(() => rmSync(victim, { force: true }));
  // A write beyond the limit fails; the signal that comes with it is ignored, or it would end the process.
  const shell = `trap '' XFSZ; ulimit -S -f 20; exec "$0" "$1" "$2" 0`;
  const child = spawn('bash', ['-c', shell, process.execPath, victim, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const acknowledged = (): string[] => said.split('\n').filter((line) => line.startsWith('n'));
  let before = -1;
  while (before < 10 || before !== acknowledged().length) {
    before = acknowledged().length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(child.exitCode, null, 'it lives on');
  }
  const raised = spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited']);
  assert.equal(raised.status, 0, String(raised.stderr));
  while (acknowledged().length < before + 200) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGKILL');
  await once(child, 'close');
  const { traces, damage } = await readAll(path.join(folder, 'journal'));
  const found = new Set(traces.map((trace) => trace.id));
  assert.deepEqual(
    acknowledged()
      .slice(0, -1)
      .filter((id) => !found.has(id)),
    [],
  );
  assert.ok(damage.length <= 1, 'at most the line that it was killed in');
});
