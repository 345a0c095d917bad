import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startGateway } from '../../src/gateway/client.ts';
import { readTraces } from '../../src/traces/reader.ts';
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
