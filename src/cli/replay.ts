import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { App } from '../app/app.ts';
import { manualClock } from '../base/clock.ts';
import { AppError, toAppError } from '../base/error.ts';
import { parseJson } from '../base/json.ts';
import type { DeviceChoice } from '../student/student.ts';
import { startTeacher } from '../teacher/server.ts';
import { readTraces } from '../traces/reader.ts';
import type { Trace } from '../traces/trace.ts';
import {
  type Command,
  choiceOption,
  existingFile,
  newFile,
  newKindsOption,
  numberOption,
  parse,
  UsageError,
} from './command.ts';
import { openApp } from './environment.ts';
import { promiseHelp, trainingHelp } from './options.ts';
import { type PredictionLine, predictionsOf } from './predictions.ts';
import { createProgress, type Progress } from './progress.ts';
import { replayReport } from './replayReport.ts';
import { sendLines, traceIdOf } from './sender.ts';
import { type ReplayLine, readTraffic } from './traffic.ts';

export const replay: Command = {
  usage: 'understudy replay --traffic FILE [more files] [options]',
  summary:
    'Sends recorded traffic through the real gateway, trains on all but the test lines, then serves those.',
  options: [
    ['--traffic FILE', 'Lines of calls, packed or not; more files may follow.'],
    ['--report FILE', 'Writes what was found, trained and certified, as JSON.'],
    ['--predictions FILE', 'Writes a line for each test call.'],
    ['--assignments FILE', 'Writes a line for each call with its task.'],
    ['--split file|time', 'Test calls are those that the file marks so, or the newest of each task (file).'],
    ['--no-sites', 'Takes no notice of the place that a call came from.'],
    ['--no-train', 'Stops when the tasks are found.'],
    ['--limit N', 'Reads so many calls at most.'],
    ...promiseHelp,
    ...trainingHelp,
    ['--storage DIR', 'Keeps recorded calls and students there (a temporary folder).'],
  ],
  run: async (args, signal) => {
    const options = readOptions(args);
    const storage = options.storage ?? (await mkdtemp(path.join(os.tmpdir(), 'understudy-replay-')));
    try {
      await run(options, storage, signal);
    } finally {
      if (options.storage === null) await rm(storage, { recursive: true, force: true });
    }
    return 0;
  },
};

interface Options {
  readonly files: readonly string[];
  readonly report: string | null;
  readonly predictions: string | null;
  readonly assignments: string | null;
  readonly epsilon: number;
  readonly delta: number;
  readonly newKinds: number | null;
  readonly device: DeviceChoice;
  readonly seed: number;
  readonly split: 'file' | 'time';
  readonly storage: string | null;
  readonly sites: boolean;
  readonly train: boolean;
  readonly limit: number;
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(
    args,
    {
      traffic: { type: 'string', multiple: true },
      report: { type: 'string' },
      predictions: { type: 'string' },
      assignments: { type: 'string' },
      epsilon: { type: 'string' },
      delta: { type: 'string' },
      'new-kinds': { type: 'string' },
      device: { type: 'string' },
      seed: { type: 'string' },
      split: { type: 'string' },
      storage: { type: 'string' },
      limit: { type: 'string' },
      'no-sites': { type: 'boolean' },
      'no-train': { type: 'boolean' },
    },
    Number.POSITIVE_INFINITY,
  );
  const files = [...(values.traffic ?? []), ...positionals].map(existingFile);
  if (files.length === 0) throw new UsageError('--traffic names the file to replay.');
  return {
    files,
    report: written(values.report),
    predictions: written(values.predictions),
    assignments: written(values.assignments),
    epsilon: numberOption('epsilon', values.epsilon, 0.02, 0.0001, 0.5),
    delta: numberOption('delta', values.delta, 0.05, 0.0001, 0.5),
    newKinds: newKindsOption(values['new-kinds']),
    device: choiceOption('device', values.device, ['auto', 'cpu', 'webgpu', 'webgpu-f16'] as const, 'auto'),
    seed: numberOption('seed', values.seed, 1, 0, 2 ** 31),
    split: choiceOption('split', values.split, ['file', 'time'] as const, 'file'),
    storage: values.storage === undefined ? null : path.resolve(values.storage),
    sites: values['no-sites'] !== true,
    train: values['no-train'] !== true,
    limit: numberOption('limit', values.limit, Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY),
  };
}

function written(file: string | undefined): string | null {
  return file === undefined ? null : newFile(file);
}

/** Seconds of each stage, as the report has them. */
export interface StageSeconds {
  capture: number;
  discover: number;
  train: number;
  evaluate: number;
}

async function run(options: Options, storage: string, signal: AbortSignal): Promise<void> {
  const progress = createProgress();
  const traffic = await readTraffic(options.files, (message) => process.stderr.write(`${message}\n`));
  const { learn, test } = splitLines(traffic.lines, options);
  const note = noteOn(learn.length, test.length);
  if (note !== null) process.stderr.write(`${note}\n`);
  const byId = new Map(traffic.lines.map((line) => [traceIdOf(line), line]));
  const clock = manualClock(traffic.lines[0]?.atMs ?? 0);
  const teacher = await startTeacher({
    answer: (_request, headers) => {
      const line = byId.get(String(headers['x-replay-line']));
      return line === undefined ? null : { status: line.status, response: parseJson(line.response) ?? null };
    },
  });
  let app: App | null = null;
  try {
    app = await openApp({
      storage,
      clock,
      acceptClock: true,
      settings: {
        upstreams: teacher.urls,
        epsilon: options.epsilon,
        delta: options.delta,
        newKinds: options.newKinds,
        device: options.device,
        // A replay runs as fast as the machine can, so a late answer says nothing about the student.
        deadlineMs: 10_000,
        auditShare: 0,
      },
    });
    const seconds: StageSeconds = { capture: 0, discover: 0, train: 0, evaluate: 0 };
    await app.run('capture.start', null, { signal });
    seconds.capture = await timed(() => send(app!, learn, progress, 'Capturing', signal));
    clock.set(learn.at(-1)?.atMs ?? clock.now());
    const discover = progress.stage('Finding tasks');
    seconds.discover = await timed(() =>
      app!.run('tasks.analyse', null, { signal, onProgress: discover.update }),
    );
    discover.done(`${app.state.tasks.length} found`);
    // What is replayed comes from a file, and whoever has it has decided.
    for (const { provider } of app.state.terms)
      await app.run('terms.decide', { provider, decision: 'allowed' });
    const refusals = new Map<string, string>();
    let failed: readonly string[] = [];
    if (options.train)
      seconds.train = await timed(async () => {
        failed = await trainAll(app!, options, progress, refusals, signal);
      });
    let predictions: readonly PredictionLine[] = [];
    seconds.evaluate = await timed(async () => {
      await send(app!, test, progress, 'Serving', signal);
      predictions = predictionsOf(test, await tracesById(storage, new Set(test.map(traceIdOf))));
    });
    await app.refresh();
    // The report speaks of the catalogue and students as they were when the test began.
    const report = replayReport({ app: app.state, seconds, predictions, refusals, skipped: traffic.skipped });
    if (options.report !== null) await writeFile(options.report, `${JSON.stringify(report, null, 1)}\n`);
    if (options.predictions !== null)
      await writeFile(options.predictions, jsonLines(predictions.map(({ scored: _, ...line }) => line)));
    if (options.assignments !== null) {
      clock.set(traffic.lines.at(-1)?.atMs ?? clock.now());
      await app.run('tasks.analyse', null, { signal });
      await writeFile(options.assignments, jsonLines(await assignmentsOf(storage, traffic.lines)));
    }
    for (const line of report.summary) process.stdout.write(`${line}\n`);
    if (failed.length > 0)
      throw new AppError('internal', `Training failed for ${failed.join(', ')}.`, {
        next: 'UNDERSTUDY_DEBUG=1 shows where; the other tasks are not affected.',
      });
  } finally {
    progress.close();
    await app?.dispose();
    await teacher.close();
  }
}

/** Test lines by the file's own split, or the newest fifth; everything else may be learned from. */
function splitLines(
  all: readonly ReplayLine[],
  options: Options,
): { learn: readonly ReplayLine[]; test: readonly ReplayLine[] } {
  const lines = (options.sites ? all : all.map((line) => ({ ...line, site: null }))).slice(0, options.limit);
  if (options.split === 'time') {
    const cut = Math.floor(lines.length * 0.8);
    return { learn: lines.slice(0, cut), test: lines.slice(cut) };
  }
  return {
    learn: lines.filter((line) => line.split !== 'test'),
    test: lines.filter((line) => line.split === 'test'),
  };
}

/** What a file without the one or the other kind of lines cannot show; null for nothing. */
function noteOn(learn: number, test: number): string | null {
  if (learn === 0) return 'Every line has the split "test", so there is nothing to learn from.';
  if (test > 0) return null;
  return 'No line has the split "test", so nothing is served at the end; --split time keeps the newest fifth for that.';
}

async function send(
  app: App,
  lines: readonly ReplayLine[],
  progress: Progress,
  title: string,
  signal: AbortSignal,
): Promise<void> {
  const { gateway } = app.state;
  if (gateway.kind !== 'running') throw toAppError(new Error('The gateway is not running.'));
  const stage = progress.stage(title);
  await sendLines(lines, {
    baseUrls: gateway.baseUrls,
    concurrency: 16,
    signal,
    onProgress: (done) => stage.update(done / lines.length, `${done.toLocaleString('en')} calls`),
  });
  await app.run('capture.flush', null);
  stage.done(`${lines.length.toLocaleString('en')} calls`);
}

/**
 * Trains each task; what cannot be trained stays with the teacher and the reason is kept. Certified ones are switched on.
 * @returns the tasks whose training broke, which it should not.
 */
async function trainAll(
  app: App,
  options: Options,
  progress: Progress,
  refusals: Map<string, string>,
  signal: AbortSignal,
): Promise<string[]> {
  const failed: string[] = [];
  for (const task of app.state.tasks) {
    const stage = progress.stage(`Training ${task.name}`);
    try {
      const { certified } = await app.run(
        'student.train',
        { taskId: task.id, device: options.device, seed: options.seed, testShare: 0 },
        { signal, onProgress: stage.update },
      );
      await app.run('task.setMode', { taskId: task.id, mode: certified ? 'on' : 'shadow' });
      stage.done(certified ? 'certified' : 'stays with the teacher');
    } catch (thrown) {
      const error = toAppError(thrown);
      if (signal.aborted) throw error;
      const broke = error.code === 'internal' || error.code === 'worker-crashed';
      if (broke) failed.push(`${task.name} (${error.message})`);
      refusals.set(task.id, broke ? `The training failed: ${error.message}` : error.message);
      stage.done('stays with the teacher');
    }
  }
  return failed;
}

async function tracesById(storage: string, wanted: ReadonlySet<string>): Promise<Map<string, Trace>> {
  const found = new Map<string, Trace>();
  for await (const trace of readTraces(path.join(storage, 'journal'), {}))
    if (wanted.has(trace.id)) found.set(trace.id, trace);
  return found;
}

async function assignmentsOf(storage: string, lines: readonly ReplayLine[]): Promise<unknown[]> {
  const found = new Map<string, { taskId: string | null; version: number }>();
  for (const text of (await readFile(path.join(storage, 'assignments.jsonl'), 'utf8')).split('\n')) {
    const row = parseJson(text) as { callId: string; taskId: string | null; version: number } | undefined;
    if (row !== undefined) found.set(row.callId, row);
  }
  return lines.map((line) => {
    const row = found.get(traceIdOf(line));
    return {
      file: line.file,
      line: line.line,
      task: row?.taskId ?? null,
      version: row?.taskId ? row.version : null,
    };
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return Math.round(performance.now() - started) / 1000;
}

function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
