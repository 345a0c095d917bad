import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { analyseCapabilities } from '../capabilities/analyse.ts';
import type { AssignedCall } from '../tasks/task.ts';
import { youngTasks } from '../tasks/young.ts';
import type { AnalyseJob, AnalyseResult, WorkerProgress } from './protocol.ts';
import { discover, readCalls } from './read.ts';

/** Reads the journal, finds tasks, counts capabilities; the results are also left in the storage for later starts. */
export async function analyse(
  job: AnalyseJob,
  {
    signal,
    onProgress,
  }: { readonly signal: AbortSignal; readonly onProgress: (progress: WorkerProgress) => void },
): Promise<AnalyseResult> {
  onProgress({ stage: 'read', fraction: 0, message: 'Reading traces' });
  const calls = await readCalls(job.storage, signal, (n) => {
    onProgress({ stage: 'read', fraction: 0.2, message: `Reading traces: ${n.toLocaleString('en')}` });
  });
  onProgress({
    stage: 'discover',
    fraction: 0.4,
    message: `Finding tasks in ${calls.length.toLocaleString('en')} calls`,
  });
  const { tasks, assigned, unassigned } = discover(job.storage, calls, job.edits);
  signal.throwIfAborted();

  const byTask = new Map<string, AssignedCall[]>(tasks.map((task) => [task.id, []]));
  for (const call of assigned) byTask.get(call.assignment.taskId ?? '')?.push(call);
  const catalogues = tasks.map((task, i) => {
    onProgress({
      stage: 'analyse',
      fraction: 0.7 + (0.3 * i) / tasks.length,
      message: `Counting capabilities of ${task.name}`,
    });
    return analyseCapabilities(task, byTask.get(task.id) ?? [], {
      nowMs: job.nowMs,
      costs: job.costs[task.id] ?? {},
      verdicts: job.verdicts[task.id] ?? {},
    });
  });
  await writeAssignments(path.join(job.storage, 'assignments.jsonl'), [...assigned, ...unassigned]);
  for (const catalogue of catalogues) {
    await writeJson(path.join(job.storage, 'capabilities', `${catalogue.taskId}.json`), catalogue);
  }
  const young = youngTasks(unassigned);
  await writeJson(path.join(job.storage, 'young.json'), { unassigned: unassigned.length, young });
  // Last: whoever sees new tasks finds what belongs to them.
  await writeJson(path.join(job.storage, 'tasks.json'), tasks);
  return { tasks, catalogues, unassigned: unassigned.length, young, calls: calls.length };
}

/** One line per call: which task, version and kind it was found to be. */
async function writeAssignments(file: string, calls: readonly AssignedCall[]): Promise<void> {
  const lines = calls.map(({ assignment: { callId, taskId, version, kind } }) =>
    JSON.stringify({ callId, taskId, version, kind }),
  );
  await replace(file, `${lines.join('\n')}\n`);
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await replace(file, JSON.stringify(value));
}

/** Whole or not at all; two workers on one storage do not write into one draft. */
async function replace(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, text);
  await rename(draft, file);
}
