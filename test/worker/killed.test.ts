import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AppError } from '../../src/base/error.ts';
import { createWorker } from '../../src/worker/client.ts';
import type { TrainJob } from '../../src/worker/protocol.ts';
import { openTestApp } from '../support/app.ts';
import { root } from '../support/cli.ts';
import { traffic } from '../support/trained.ts';

test('a worker killed in the middle of a training goes on with the calls that it had', async () => {
  const { app, storage, close } = await openTestApp();
  const entry = path.join(root, 'src/worker/main.ts');
  const [worker, other] = [createWorker({ entry, role: 'job' }), createWorker({ entry, role: 'job' })];
  const importLines = async (lines: readonly unknown[]): Promise<void> => {
    const file = path.join(storage, 'traffic.jsonl');
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await app.run('traces.import', { file });
  };
  try {
    await importLines(traffic.slice(0, -20));
    await app.run('tasks.analyse', null);
    const job: TrainJob = {
      storage,
      taskId: app.state.tasks[0]!.id,
      edits: { names: {}, merges: {}, splits: [] },
      capabilities: {
        taskId: app.state.tasks[0]!.id,
        version: 1,
        keep: [],
        route: [],
        drop: [],
        signedBy: null,
        signedMs: null,
      },
      epsilon: 0.05,
      delta: 0.05,
      newKinds: null,
      device: 'cpu',
      seed: 1,
      testShare: 0.2,
      terms: {},
      nowMs: Date.now(),
    };
    const killed = worker.request('train', job, {
      onProgress: (progress) => {
        if (progress.stage === 'calibrate') process.kill(worker.pid!, 'SIGKILL');
      },
    });
    await assert.rejects(killed, (error) => error instanceof AppError && error.code === 'worker-crashed');
    const checkpoints = path.join(storage, 'checkpoints', job.taskId);
    assert.ok(existsSync(path.join(checkpoints, 'job.json')));
    // More came in meanwhile.
    await importLines(traffic.slice(-20));
    const messages: string[] = [];
    const plans: string[] = [];
    const retry = { ...job, nowMs: job.nowMs + 60_000 };
    const request = () =>
      other.request('train', retry, {
        onProgress: (progress) => {
          messages.push(progress.message);
          if ('plan' in progress && progress.plan !== undefined) plans.push(progress.plan);
        },
      });
    const gone = await request();
    assert.ok(messages.includes('Going on where the last training ended'));
    assert.equal(
      plans[0],
      'Goes on where the last training broke off. 20 newer calls wait for the next training.',
    );
    const sum = (counts: object): number => Object.values(counts).reduce((a, b) => a + b, 0);
    const first = sum(gone.card.examples);
    assert.ok(!existsSync(checkpoints));
    const next = await request();
    assert.equal(sum(next.card.examples), first + 20);
  } finally {
    await worker.dispose();
    await other.dispose();
    await close();
  }
});
