import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startGateway } from '../../src/gateway/client.ts';
import { readTraces } from '../../src/traces/reader.ts';
import { type FakeTeacher, startFakeTeacher } from '../support/fakeTeacher.ts';

const gatewayEntry = path.resolve(import.meta.dirname, '../../src/gateway/main.ts');

describe('the gateway process', () => {
  let teacher: FakeTeacher;
  const folders: string[] = [];
  const newStorage = async (): Promise<string> => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'understudy-process-'));
    folders.push(folder);
    return folder;
  };
  const start = (storage: string, more: object = {}) =>
    startGateway({
      storage,
      gatewayEntry,
      workerEntry: null,
      version: '1',
      upstreams: { openai: teacher.url },
      attached: true,
      ...more,
    });
  const call = (base: string) =>
    fetch(`${base}/v1/chat/completions`, { method: 'POST', body: '{"model":"m","messages":[]}' }).then((r) =>
      r.text(),
    );
  const isRunning = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false; // No such process.
    }
  };
  const idsIn = async (storage: string): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { id } of readTraces(path.join(storage, 'journal'))) ids.push(id);
    return ids;
  };

  before(async () => {
    teacher = await startFakeTeacher();
  });
  after(async () => {
    await teacher.close();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  test('serves, tells its figures, stores everything at its end, and its lease is for this user only', async () => {
    const storage = await newStorage();
    const gateway = await start(storage);
    assert.match(gateway.info.baseUrls.openai, /^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/openai$/);
    for (let i = 0; i < 5; i++) assert.match(await call(gateway.info.baseUrls.openai), /teacher/);
    const stats = await gateway.stats();
    assert.deepEqual([stats.calls, stats.recorder.recorded, stats.capturing], [5, 5, true]);
    assert.equal((await stat(path.join(storage, 'gateway.json'))).mode & 0o077, 0);
    await gateway.stop();
    assert.equal(isRunning(gateway.info.pid), false);
    assert.equal((await idsIn(storage)).length, 5);
  });

  test('is shared by two hosts, keeps its address over a restart, and takes new settings', async () => {
    const storage = await newStorage();
    const first = await start(storage);
    const second = await start(storage, { capturing: true });
    assert.deepEqual(second.info, first.info);
    await second.configure({ capturing: false });
    await call(first.info.baseUrls.openai);
    const { calls, recorder } = await first.stats();
    assert.deepEqual([calls, recorder.recorded], [1, 0]);
    second.dispose();
    await first.stop();
    const third = await start(storage);
    assert.deepEqual(third.info.baseUrls, first.info.baseUrls);
    assert.notEqual(third.info.pid, first.info.pid);
    await third.stop();
  });

  test('records under the rules that the user has now, and goes on where it was', async () => {
    const storage = await newStorage();
    const gateway = await start(storage);
    const say = (content: string) =>
      fetch(`${gateway.info.baseUrls.openai}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }),
      }).then((response) => response.text());
    await say('first jane@example.com');
    await gateway.flush();
    await gateway.configure({ recording: { redaction: { emails: true }, retention: {} } });
    await say('second jane@example.com');
    // A second window with other settings: the last word counts.
    const other = await start(storage, { redaction: { emails: true, cards: true } });
    await say('third jane@example.com 4111111111111111');
    await gateway.flush();
    const { recorded, stored, shed } = (await gateway.stats()).recorder;
    assert.deepEqual([recorded, stored, shed], [3, 3, 0]);
    other.dispose();
    await gateway.stop();
    const said: string[] = [];
    for await (const { request } of readTraces(path.join(storage, 'journal')))
      said.push((request as { messages: { content: string }[] }).messages[0]!.content);
    const shown = said.map((text) => text.replaceAll(/:[0-9a-f]{4}>/g, '>'));
    assert.deepEqual(shown.sort(), ['first jane@example.com', 'second <email>', 'third <email> <card>']);
  });

  test('is one, though two hosts start at once', async () => {
    const storage = await newStorage();
    const [one, other] = await Promise.all([start(storage), start(storage)]);
    assert.deepEqual(one.info, other.info);
    other.dispose();
    await one.stop();
  });

  test('that is killed is back on the same port, and what was acknowledged is not lost', async () => {
    const storage = await newStorage();
    const gateway = await start(storage);
    const { pid, baseUrls } = gateway.info;
    const exits: (string | null)[] = [];
    gateway.onExit((failure) => exits.push(failure));
    await call(baseUrls.openai);
    await gateway.flush();
    process.kill(pid, 'SIGKILL');
    let answer = '';
    for (let i = 0; i < 400 && answer === ''; i++) {
      answer = await call(baseUrls.openai).catch(() => '');
      if (answer === '') await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.match(answer, /teacher/);
    while (exits.length === 0) await new Promise((resolve) => setTimeout(resolve, 25));
    assert.deepEqual(exits, [null]);
    assert.deepEqual(gateway.info.baseUrls, baseUrls);
    assert.notEqual(gateway.info.pid, pid);
    await gateway.stop();
    assert.equal((await idsIn(storage)).length, 2);
  });

  test('that is killed again and again under load loses nothing that it acknowledged', async () => {
    const storage = await newStorage();
    const gateway = await start(storage);
    const { baseUrls } = gateway.info;
    let isOver = false;
    let answered = 0;
    const caller = async (): Promise<void> => {
      while (!isOver) {
        const answer = await call(baseUrls.openai).catch(() => null);
        if (answer?.includes('teacher')) answered++;
        else await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const callers = Array.from({ length: 6 }, caller);
    let acknowledged = 0;
    for (let life = 0; life < 4; life++) {
      let stats = await gateway.stats().catch(() => null);
      while (stats === null || stats.recorder.stored < 20) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        stats = await gateway.stats().catch(() => null);
      }
      acknowledged += stats.recorder.stored;
      process.kill(stats.pid, 'SIGKILL');
    }
    const before = answered;
    while (answered < before + 10) await new Promise((resolve) => setTimeout(resolve, 5));
    isOver = true;
    await Promise.all(callers);
    await gateway.stop();
    const ids = await idsIn(storage);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.length >= acknowledged + 10, `${ids.length} of ${acknowledged}`);
  });

  test('of another version is replaced on the same port', async () => {
    const storage = await newStorage();
    const old = await start(storage);
    old.dispose();
    const fresh = await start(storage, { version: '2' });
    assert.equal(isRunning(old.info.pid), false);
    assert.deepEqual(fresh.info.baseUrls, old.info.baseUrls);
    await fresh.stop();
  });

  test('ends by itself when no host is left', async () => {
    const gateway = await start(await newStorage(), { leaseSeconds: 1.2 });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(isRunning(gateway.info.pid), true);
    gateway.dispose();
    for (let i = 0; i < 200 && isRunning(gateway.info.pid); i++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    assert.equal(isRunning(gateway.info.pid), false);
  });

  test('that cannot start says why', async () => {
    const storage = await newStorage();
    await assert.rejects(start(storage, { gatewayEntry: path.join(storage, 'missing.ts') }), {
      name: 'AppError',
      code: 'gateway-unavailable',
    });
    assert.match(await readFile(path.join(storage, 'gateway.log'), 'utf8'), /missing\.ts/);
  });
});
