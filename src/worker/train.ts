import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { AppError } from '../base/error.ts';
import { buildDataset } from '../dataset/build.ts';
import type { Dataset } from '../dataset/example.ts';
import type { LearningPoint, StudentSpec } from '../student/student.ts';
import { trainStudent } from '../student/train.ts';
import type { Task } from '../tasks/task.ts';
import { callsToLearnFrom } from './goOn.ts';
import type { TrainJob, TrainResult, WorkerProgress } from './protocol.ts';
import { discover, readCalls } from './read.ts';
import { thinned } from './thinned.ts';

/** Builds the dataset of one task from the journal and trains, certifies and writes its next student. */
export async function train(
  job: TrainJob,
  {
    signal,
    onProgress,
  }: { readonly signal: AbortSignal; readonly onProgress: (progress: WorkerProgress) => void },
): Promise<TrainResult> {
  const checkpoints = path.join(job.storage, 'checkpoints', job.taskId);
  const { task, dataset } = await prepare(job, checkpoints, signal, onProgress);
  const target = await nextBundle(job.storage, task.id, dataset.version);
  const spec: StudentSpec = {
    rungs: ['cache', 'wide', 'wide+deep', 'generator'],
    seed: job.seed,
    device: job.device,
    epsilon: job.epsilon,
    delta: job.delta,
    newKinds: job.newKinds,
    overrides: {},
  };
  const points: LearningPoint[] = [];
  const { card } = await trainStudent(dataset, spec, {
    target,
    checkpoints,
    taskName: task.name,
    threads: { entry: trainerEntry(), count: Math.min(mostThreads, availableParallelism()) },
    capabilities: { ...job.capabilities },
    terms: job.terms,
    onProgress: (progress) => {
      if (progress.point !== undefined) points.push(progress.point);
      onProgress(progress);
    },
    signal,
    now: () => job.nowMs,
  });
  const curve = thinned(points, CURVE_POINTS);
  await writeFile(path.join(target, 'curve.json'), JSON.stringify(curve));
  return { bundle: target, card: { ...card, curve } };
}

/** Beyond this what cannot be shared out takes most of the time, and each takes memory. */
const mostThreads = 4;

/** Beside the program of this process: dist/trainer.cjs, or src/worker/trainer.ts on a Node that strips types. */
function trainerEntry(): string {
  const own = process.argv[1] ?? '';
  return path.join(path.dirname(own), `trainer${path.extname(own)}`);
}

/** The dataset of the task; the calls that it was built from are free when this returns. */
async function prepare(
  job: TrainJob,
  checkpoints: string,
  signal: AbortSignal,
  onProgress: (progress: WorkerProgress) => void,
): Promise<{ readonly task: Task; readonly dataset: Dataset }> {
  onProgress({ stage: 'read', fraction: 0, message: 'Reading traces' });
  const every = await readCalls(job.storage, signal, () => {});
  const { calls, goesOn } = callsToLearnFrom(job, every, checkpoints);
  const { tasks, assigned } = discover(job.storage, calls, job.edits);
  const task = tasks.find((t) => t.id === job.taskId);
  if (task === undefined) {
    throw new AppError('not-found', `There is no task ${job.taskId} any more.`, {
      next: 'Analyse the traces again.',
    });
  }
  onProgress({
    stage: 'prepare',
    fraction: 0.02,
    message: 'Building the dataset',
    ...(goesOn && { plan: goesOnPlan(every.length - calls.length) }),
  });
  const dataset = buildDataset({
    task,
    calls: assigned.filter((a) => a.assignment.taskId === task.id),
    capabilities: job.capabilities,
    split: { testShare: job.testShare },
    seed: job.seed,
  });
  return { task, dataset };
}

function goesOnPlan(waiting: number): string {
  const later =
    waiting === 0 ? '' : ` ${waiting.toLocaleString('en')} newer calls wait for the next training.`;
  return `Goes on where the last training broke off.${later}`;
}

const CURVE_POINTS = 200;

/** students/<task>/<version>-<n>: one more than the greatest n there. */
async function nextBundle(storage: string, taskId: string, version: number): Promise<string> {
  const folder = path.join(storage, 'students', taskId);
  await mkdir(folder, { recursive: true });
  const taken = (await readdir(folder))
    .map((name) => Number(name.split('-')[1] ?? 0))
    .filter(Number.isFinite);
  return path.join(folder, `${version}-${Math.max(0, ...taken) + 1}`);
}
