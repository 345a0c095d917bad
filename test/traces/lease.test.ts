import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../src/base/error.ts';
import { openJournal } from '../../src/traces/journal.ts';
import { takeLease, withFolderLock, writerAlive } from '../../src/traces/lease.ts';
import { makeTrace, readIds, temporaryFolder } from './sample.ts';

const source = (name: string): string =>
  JSON.stringify(new URL(`../../src/traces/${name}`, import.meta.url).href);

/** A pid that was a process a moment ago, and is none now. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

test('work under the lock of a folder runs one at a time, in this process and in others', async (t) => {
  const folder = temporaryFolder(t);
  const counter = path.join(folder, 'counter');
  writeFileSync(counter, '0');
  // Reading, waiting and writing loses counts as soon as two do it at once.
  const script = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { withFolderLock } from ${source('lease.ts')};
    const [folder, counter] = ${JSON.stringify([folder, counter])};
    for (let i = 0; i < 15; i++) await withFolderLock(folder, async () => {
      const n = Number(readFileSync(counter, 'utf8'));
      await new Promise((resolve) => setTimeout(resolve, 1));
      writeFileSync(counter, String(n + 1));
    }, 60000);`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const children = Array.from({ length: 3 }, () => spawn(process.execPath, args, { stdio: 'inherit' }));
  await Promise.all(children.map((child) => once(child, 'exit')));
  assert.equal(readFileSync(counter, 'utf8'), '45');
  assert.deepEqual(readdirSync(folder), ['counter'], 'nothing is left behind');
});

test('a lock that a dead process left is taken over', async (t) => {
  const folder = temporaryFolder(t);
  const holder = { pid: deadPid(), thread: 0, started: '1', host: hostname() };
  writeFileSync(path.join(folder, 'lock'), JSON.stringify(holder));
  assert.equal(await withFolderLock(folder, async () => 'done', 5000), 'done');
});

test('locks of processes that die at their work are taken over by one of the others at a time', {
  timeout: 60_000,
}, async (t) => {
  const folder = temporaryFolder(t);
  const counter = path.join(folder, 'counter');
  writeFileSync(counter, '0');
  const script = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { withFolderLock } from ${source('lease.ts')};
    const [folder, counter] = ${JSON.stringify([folder, counter])};
    await withFolderLock(folder, async () => {
      const n = Number(readFileSync(counter, 'utf8'));
      await new Promise((resolve) => setTimeout(resolve, 2));
      writeFileSync(counter, String(n + 1));
      process.kill(process.pid, 'SIGKILL');
    }, 60000);`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const children = Array.from({ length: 12 }, () => spawn(process.execPath, args, { stdio: 'inherit' }));
  await Promise.all(children.map((child) => once(child, 'exit')));
  assert.equal(readFileSync(counter, 'utf8'), '12');
});

test('what a stopped process left half written is swept away once it is old', async (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['x.seg.tmp', 'lock.1.abcd', 'new.tmp', 'notes.txt'])
    writeFileSync(path.join(folder, name), '');
  const old = new Date(Date.now() - 3_600_000);
  for (const name of ['x.seg.tmp', 'lock.1.abcd', 'notes.txt']) utimesSync(path.join(folder, name), old, old);
  const journal = await openJournal(folder, { maintenanceMs: 0 });
  const left = readdirSync(folder);
  assert.deepEqual(
    ['x.seg.tmp', 'lock.1.abcd', 'new.tmp', 'notes.txt'].filter((name) => left.includes(name)),
    ['new.tmp', 'notes.txt'],
  );
  await journal.close();
});

test('a reused pid is not the holder', { skip: process.platform !== 'linux' }, async (t) => {
  const folder = temporaryFolder(t);
  const holder = { pid: process.ppid, thread: 0, started: '1', host: hostname() };
  writeFileSync(path.join(folder, '0123abcd.lease'), JSON.stringify(holder));
  assert.equal(await writerAlive(folder, '0123abcd'), false);
});

test('a lock that is held is waited for, then given up; opening the journal says that it is busy', async (t) => {
  const folder = temporaryFolder(t);
  let release: () => void = () => {};
  const held = withFolderLock(folder, () => new Promise<void>((resolve) => (release = resolve)));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await withFolderLock(folder, async () => 'in', 30), null);
  await assert.rejects(
    openJournal(folder, { maintenanceMs: 0, lockWaitMs: 30 }),
    (error) => error instanceof AppError && error.code === 'storage-busy' && error.next !== null,
  );
  release();
  await held;
  const journal = await openJournal(folder, { maintenanceMs: 0 });
  await journal.close();
});

test('the family of a living writer is its own; of a dead one it is taken over', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(folder, { recursive: true });
  const first = await takeLease(folder);
  const second = await takeLease(folder);
  assert.notEqual(first.writer, second.writer);
  await first.release();
  const third = await takeLease(folder);
  assert.equal(third.writer, first.writer);
  assert.equal(await writerAlive(folder, third.writer), true);
});

test('a journal in another thread of the same process has segments of its own', async (t) => {
  const folder = temporaryFolder(t);
  const script = `
    import { parentPort } from 'node:worker_threads';
    import { openJournal } from ${source('journal.ts')};
    const journal = await openJournal(${JSON.stringify(folder)}, { maintenanceMs: 0 });
    await journal.append(${JSON.stringify(makeTrace('thread'))});
    parentPort.postMessage('stored');
    parentPort.on('message', async () => { await journal.close(); process.exit(); });`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
  await once(worker, 'message');
  const journal = await openJournal(folder, { maintenanceMs: 0 });
  await journal.append(makeTrace('main'));
  await journal.seal();
  assert.equal(
    readdirSync(folder).filter((name) => name.endsWith('.jsonl')).length,
    1,
    'the thread goes on with its own',
  );
  worker.postMessage('close');
  await once(worker, 'exit');
  await journal.close();
  assert.deepEqual((await readIds(folder)).sort(), ['main', 'thread']);
});
