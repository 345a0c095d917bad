import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { AppError } from '../../src/base/error.ts';
import { createWorker } from '../../src/worker/client.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'understudy-worker-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A worker process of the same protocol that answers, stalls or dies as it is told. */
const entry = path.join(folder, 'worker.cjs');
writeFileSync(
  entry,
  `process.on('disconnect', () => process.exit(0));
   process.on('message', (said) => [said].flat().forEach((m) => {
     if (m.method === 'cancel') return process.send({ kind: 'error', id: m.id, code: 'cancelled', message: 'Cancelled.', next: null });
     if (m.params.taskId === 'die') process.kill(process.pid, 'SIGKILL');
     if (m.params.taskId === 'stall') return;
     if (m.params.taskId === 'environment') return process.send({ kind: 'result', id: m.id, value: process.env.ORT_DISABLE_TELEMETRY });
     process.send({ kind: 'progress', id: m.id, progress: { stage: 'read', fraction: 0.5, message: 'half' } });
     process.send({ kind: 'result', id: m.id, value: process.pid });
   }));`,
);

test('a request gets its own answer and progress', async () => {
  const worker = createWorker({ entry, role: 'serve' });
  const seen: number[] = [];
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((taskId) =>
      worker.request('unload', { taskId }, { onProgress: (p) => seen.push(p.fraction) }),
    ),
  );
  assert.deepEqual(answers, [worker.pid, worker.pid, worker.pid]);
  assert.deepEqual(seen, [0.5, 0.5, 0.5]);
  await worker.dispose();
});

test('telemetry is off before the worker loads anything', async () => {
  const worker = createWorker({ entry, role: 'serve' });
  assert.equal(await worker.request('unload', { taskId: 'environment' }), '1');
  await worker.dispose();
});

test('a killed worker fails what is open and comes back', async () => {
  const worker = createWorker({ entry, role: 'serve' });
  const crashes: string[] = [];
  worker.onCrash((reason) => crashes.push(reason));
  const stalled = worker.request('unload', { taskId: 'stall' });
  const died = worker.request('unload', { taskId: 'die' });
  for (const request of [stalled, died]) {
    await assert.rejects(
      request,
      (error: AppError) => error.code === 'worker-crashed' && error.message.includes('SIGKILL'),
    );
  }
  assert.deepEqual(crashes, ['SIGKILL']);
  await assert.rejects(
    worker.request('unload', { taskId: 'a' }),
    (error: AppError) => error.code === 'worker-crashed',
  );
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(typeof (await worker.request('unload', { taskId: 'a' })), 'number');
  await worker.dispose();
});

test('cancelling a request rejects it and leaves the worker alive', async () => {
  const worker = createWorker({ entry, role: 'job' });
  const controller = new AbortController();
  const stalled = worker.request('unload', { taskId: 'stall' }, { signal: controller.signal });
  controller.abort();
  await assert.rejects(stalled, (error: AppError) => error.code === 'cancelled');
  assert.equal(await worker.request('unload', { taskId: 'a' }), worker.pid);
  await worker.dispose();
});

test('disposing ends the process and fails what is open', async () => {
  const worker = createWorker({ entry, role: 'job' });
  const pid = (await worker.request('unload', { taskId: 'a' })) as unknown as number;
  const stalled = worker.request('unload', { taskId: 'stall' });
  const settled = assert.rejects(stalled, (error: AppError) => error.code === 'cancelled');
  await worker.dispose();
  await settled;
  assert.throws(() => process.kill(pid, 0));
  await assert.rejects(
    worker.request('unload', { taskId: 'a' }),
    (error: AppError) => error.code === 'cancelled',
  );
});
