import { AppError } from '../base/error.ts';
import type { JobState } from '../protocol.ts';
import type { WorkerProgress } from '../worker/protocol.ts';
import type { RunOptions } from './app.ts';
import type { Session } from './session.ts';

/** Long work: one entry in the state while it runs, with progress and a way to cancel it. */

let nextId = 1;

export async function runJob<T>(
  session: Session,
  job: { readonly title: string; readonly taskId: string | null },
  options: RunOptions,
  work: (signal: AbortSignal, onProgress: (progress: WorkerProgress) => void) => Promise<T>,
): Promise<T> {
  const id = nextId++;
  const abort = new AbortController();
  const relay = (): void => abort.abort();
  if (options.signal?.aborted) throw new AppError('cancelled', 'Cancelled.');
  options.signal?.addEventListener('abort', relay, { once: true });
  session.jobs.set(id, {
    ...job,
    id,
    fraction: 0,
    message: job.title,
    plan: null,
    curve: [],
    cancellable: true,
    abort,
  });
  session.changed();
  try {
    return await work(abort.signal, (progress) => {
      const before = session.jobs.get(id);
      if (before === undefined) return;
      session.jobs.set(id, {
        ...before,
        fraction: progress.fraction,
        message: progress.message,
        plan: progress.plan ?? before.plan,
        curve: withPoint(before, progress),
      });
      options.onProgress?.(progress.fraction, progress.plan ?? progress.message);
      session.changed();
    });
  } finally {
    options.signal?.removeEventListener('abort', relay);
    session.jobs.delete(id);
    session.changed();
  }
}

function withPoint(job: JobState, progress: WorkerProgress): JobState['curve'] {
  const { point } = progress;
  return point === undefined ? job.curve : [...job.curve, point].slice(-400);
}
