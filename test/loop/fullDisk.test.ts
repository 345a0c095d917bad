import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startGateway } from '../../src/gateway/client.ts';
import { readTraces } from '../../src/traces/reader.ts';
import { baseUrls, openTestApp } from '../support/app.ts';
import { startFakeTeacher } from '../support/fakeTeacher.ts';
import { tinyDisk } from '../support/tinyDisk.ts';

/** A disk that is really full, below a gateway that is really one. */

const gatewayEntry = path.resolve(import.meta.dirname, '../../src/gateway/main.ts');

const startOn = (storage: string, teacher: string) =>
  startGateway({
    ...{ storage, gatewayEntry, workerEntry: null, version: '1' },
    upstreams: { openai: teacher },
    attached: true,
  });

/** Leaves no room on the disk. @returns the file that takes it. */
function fill(storage: string): string {
  const ballast = path.join(storage, 'ballast');
  try {
    writeFileSync(ballast, Buffer.alloc(8 << 20));
  } catch {
    // It fills the disk: that is its purpose.
  }
  return ballast;
}

test('while the disk is full calls go on and capture says so; then it goes on by itself', {
  timeout: 60_000,
}, async (t) => {
  const storage = tinyDisk(t, 2);
  if (storage === null) return t.skip('mounting a file system is not allowed here');
  const teacher = await startFakeTeacher();
  const gateway = await startOn(storage, teacher.url);
  const call = async (content: string): Promise<void> => {
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] });
    const url = `${gateway.info.baseUrls.openai}/v1/chat/completions`;
    const response = await fetch(url, { method: 'POST', body });
    assert.match(await response.text(), /teacher/);
  };
  const until = async (isSo: (problem: string | null) => boolean): Promise<void> => {
    while (!isSo((await gateway.stats()).recorder.problem))
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  try {
    await call('before');
    await gateway.flush();
    const ballast = fill(storage);
    // More than a page that is begun has room for.
    for (let i = 0; i < 20; i++) await call(`${i} ${'x'.repeat(1000)}`);
    await until((problem) => problem === 'the disk is full');
    await gateway.flush();
    for (let i = 20; i < 40; i++) await call(`${i} ${'x'.repeat(1000)}`);
    rmSync(ballast);
    await until((problem) => problem === null);
    await call('after');
    await gateway.flush();
    const { recorded, stored, shed } = (await gateway.stats()).recorder;
    assert.deepEqual([recorded, stored, shed], [42, 42, 0]);
    let traces = 0;
    for await (const _ of readTraces(path.join(storage, 'journal'))) traces++;
    assert.equal(traces, 42);
  } finally {
    await gateway.stop();
    await teacher.close();
  }
});

test('a gateway that was there before starts again on a full disk, and calls go on', {
  timeout: 60_000,
}, async (t) => {
  const storage = tinyDisk(t, 2);
  if (storage === null) return t.skip('mounting a file system is not allowed here');
  const teacher = await startFakeTeacher();
  const first = await startOn(storage, teacher.url);
  await first.stop();
  fill(storage);
  const second = await startOn(storage, teacher.url);
  assert.notEqual(second.info.pid, first.info.pid);
  assert.deepEqual(second.info.baseUrls, first.info.baseUrls);
  const url = `${second.info.baseUrls.openai}/v1/chat/completions`;
  const response = await fetch(url, { method: 'POST', body: '{"model":"m","messages":[]}' });
  assert.match(await response.text(), /teacher/);
  await second.stop();
  await teacher.close();
});

for (const [title, files] of [
  ['has room for names but for nothing in them', 0],
  ['has room for nothing at all', 50],
] as const)
  test(`a first start on a disk that ${title}: calls go on, capture says so and begins when it can`, {
    timeout: 60_000,
  }, async (t) => {
    const disk = tinyDisk(t, 2, files || 1000);
    if (disk === null) return t.skip('mounting a file system is not allowed here');
    const ballast = [fill(disk)];
    // The folder of the disk itself is a file, too.
    for (let i = 2; i < files; i++) ballast.push(path.join(disk, String(i)));
    for (const file of ballast.slice(1)) writeFileSync(file, '');
    if (files > 0) assert.throws(() => mkdirSync(path.join(disk, 'further')), { code: 'ENOSPC' });
    const teacher = await startFakeTeacher();
    const storage = path.join(disk, 'workspace');
    const { app } = await openTestApp({ storage, settings: { upstreams: { openai: teacher.url } } });
    const problem = () => app.state.problems.find(({ id }) => id === 'recorder')?.message;
    const until = async (isSo: () => boolean): Promise<void> => {
      while (!isSo()) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await app.refresh();
      }
    };
    try {
      await app.run('capture.start', null);
      const url = `${baseUrls(app)['openai']}/v1/chat/completions`;
      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
      const call = async (): Promise<void> => {
        const response = await fetch(url, { method: 'POST', body });
        assert.match(await response.text(), /teacher/);
      };
      for (let i = 0; i < 5; i++) await call();
      await until(() => /Capture pauses: the disk is full/.test(problem() ?? ''));
      for (let i = 0; i < 5; i++) await call();
      for (const file of ballast) rmSync(file);
      await until(() => problem() === undefined);
      await call();
      await app.run('capture.flush', null);
      assert.deepEqual([app.state.traces.total, app.state.traces.shed], [11, 0]);
      // Another window finds it now.
      await until(() => existsSync(path.join(storage, 'gateway.json')));
    } finally {
      await app.dispose();
      await teacher.close();
    }
  });

test('a gateway that started on a full disk and died there is back on its address', {
  timeout: 60_000,
}, async (t) => {
  const storage = tinyDisk(t, 2);
  if (storage === null) return t.skip('mounting a file system is not allowed here');
  fill(storage);
  const teacher = await startFakeTeacher();
  const gateway = await startOn(storage, teacher.url);
  const { pid, baseUrls } = gateway.info;
  const back = new Promise<string | null>((resolve) => gateway.onExit(resolve));
  process.kill(pid, 'SIGKILL');
  assert.equal(await back, null);
  assert.notEqual(gateway.info.pid, pid);
  assert.deepEqual(gateway.info.baseUrls, baseUrls);
  const response = await fetch(`${baseUrls.openai}/v1/chat/completions`, { method: 'POST', body: '{}' });
  assert.match(await response.text(), /teacher/);
  await gateway.stop();
  await teacher.close();
});

test('a gateway ends when it is told to, though the disk is full', { timeout: 60_000 }, async (t) => {
  const storage = tinyDisk(t, 2);
  if (storage === null) return t.skip('mounting a file system is not allowed here');
  const teacher = await startFakeTeacher();
  const gateway = await startOn(storage, teacher.url);
  fill(storage);
  const url = `${gateway.info.baseUrls.openai}/v1/chat/completions`;
  await (await fetch(url, { method: 'POST', body: '{"model":"m","messages":[]}' })).text();
  await gateway.stop();
  assert.throws(() => process.kill(gateway.info.pid, 0), 'it is gone');
  await teacher.close();
});
