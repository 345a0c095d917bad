import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { App } from '../app/app.ts';
import { AppError, toAppError } from '../base/error.ts';
import { shorten } from '../base/text.ts';
import { startEmbeddedTeacher } from '../teacher/embedded.ts';
import { type Command, numberOption, parse } from './command.ts';
import { demoSummary } from './demoSummary.ts';
import { openApp } from './environment.ts';
import { createProgress, type Progress } from './progress.ts';
import { runSampleApp } from './sampleApp.ts';
import { sampleFolder } from './teacher.ts';
import { compareWithRecording } from './truth.ts';

const LIVE_CALLS = 500;
const TEACHER_DELAY_MS = 25;

export const demo: Command = {
  usage: 'understudy demo [options]',
  summary:
    'The whole loop on the bundled sample and the embedded teacher: capture, discover, train, certify, swap in.',
  options: [
    ['--epsilon SHARE', "At most this share of the students' answers differs from the teacher's (0.05)."],
    ['--report FILE', 'Where the report goes (out/understudy-report.html).'],
    ['--seed N', 'The same seed makes the same students (1).'],
  ],
  run: async (args, signal) => {
    const { values } = parse(args, {
      epsilon: { type: 'string' },
      report: { type: 'string' },
      seed: { type: 'string' },
    });
    const storage = await mkdtemp(path.join(os.tmpdir(), 'understudy-demo-'));
    try {
      await run({
        storage,
        epsilon: numberOption('epsilon', values.epsilon, 0.05, 0.001, 0.5),
        seed: numberOption('seed', values.seed, 1, 0, 2 ** 31),
        report: path.resolve(values.report ?? 'out/understudy-report.html'),
        signal,
      });
    } finally {
      await rm(storage, { recursive: true, force: true, maxRetries: 3 });
    }
    return 0;
  },
};

interface DemoOptions {
  readonly storage: string;
  readonly epsilon: number;
  readonly seed: number;
  readonly report: string;
  readonly signal: AbortSignal;
}

async function run(options: DemoOptions): Promise<void> {
  const { signal } = options;
  const requests = path.join(sampleFolder, 'requests.jsonl.gz');
  if (!existsSync(requests)) throw new AppError('not-found', `The bundled sample is not here: ${requests}`);
  const total = gunzipSync(readFileSync(requests)).toString('utf8').trim().split('\n').length;
  const learnCalls = total - LIVE_CALLS;
  const progress = createProgress();
  const started = performance.now();
  process.stdout.write(introduction(learnCalls));

  const teacher = await startEmbeddedTeacher(requests, { delayMs: TEACHER_DELAY_MS });
  let app: App | null = null;
  try {
    app = await openApp({
      storage: options.storage,
      settings: { upstreams: teacher.urls, epsilon: options.epsilon, auditShare: 0 },
    });
    await app.run('capture.start', null);
    await callSample(app, progress, 'Capturing', { from: 0, calls: learnCalls }, signal);

    const discover = progress.stage('Finding tasks');
    const { tasks } = await app.run('tasks.analyse', null, { signal, onProgress: discover.update });
    discover.done(
      `${tasks} tasks, ${app.state.tasks.reduce((n, t) => n + t.capabilities.length, 0)} capabilities`,
    );

    // The embedded teacher is a recording: no provider's terms apply to it.
    for (const { provider } of app.state.terms)
      await app.run('terms.decide', { provider, decision: 'allowed' });
    await trainTasks(app, progress, options);

    await callSample(app, progress, 'Calling again', { from: learnCalls, calls: LIVE_CALLS }, signal);
    await app.refresh();
    await app.run('report.write', { taskId: null, file: options.report });
    const live = await compareWithRecording(options.storage, requests, learnCalls);
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(
      demoSummary({
        state: app.state,
        live,
        seconds,
        report: options.report,
        epsilon: options.epsilon,
        delayMs: TEACHER_DELAY_MS,
      }),
    );
  } finally {
    progress.close();
    await app?.dispose();
    await teacher.close();
  }
}

async function callSample(
  app: App,
  progress: Progress,
  title: string,
  range: { readonly from: number; readonly calls: number },
  signal: AbortSignal,
): Promise<void> {
  const { gateway } = app.state;
  if (gateway.kind !== 'running') throw new AppError('gateway-unavailable', 'The gateway is not running.');
  const stage = progress.stage(title);
  const { done, failed } = await runSampleApp({
    ...range,
    baseUrls: gateway.baseUrls,
    concurrency: 16,
    signal,
    onProgress: (n) =>
      stage.update(n / range.calls, `${n.toLocaleString('en')} of ${range.calls.toLocaleString('en')} calls`),
  });
  await app.run('capture.flush', null);
  stage.done(`${done.toLocaleString('en')} calls${failed === 0 ? '' : `, ${failed} failed`}`);
}

async function trainTasks(app: App, progress: Progress, options: DemoOptions): Promise<void> {
  for (const task of app.state.tasks) {
    const stage = progress.stage(shorten(`Training ${task.name}`, 26));
    try {
      const { certified } = await app.run(
        'student.train',
        { taskId: task.id, seed: options.seed },
        { signal: options.signal, onProgress: stage.update },
      );
      if (certified) await app.run('task.setMode', { taskId: task.id, mode: 'on' });
      stage.done(certified ? 'certified and switched on' : 'stays with the teacher');
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'not-enough-data' && error.code !== 'not-certified') throw error;
      stage.done(`stays with the teacher: ${error.message}`);
    }
  }
}

function introduction(calls: number): string {
  return [
    '',
    'Understudy: the whole loop on a bundled sample.',
    `A sample application makes ${calls.toLocaleString('en')} calls through the official openai and @anthropic-ai/sdk clients. The teacher is`,
    `embedded: it answers from a recording, ${TEACHER_DELAY_MS} ms after each call, so nothing leaves this machine and nothing costs money.`,
    '',
    '',
  ].join('\n');
}
