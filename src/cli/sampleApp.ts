import { fork } from 'node:child_process';
import path from 'node:path';
import { AppError } from '../base/error.ts';
import { sampleFolder } from './teacher.ts';

/** Runs the sample application as a child process, as a developer would from a terminal. */
export function runSampleApp(options: {
  readonly baseUrls: Readonly<Record<string, string>>;
  readonly from: number;
  readonly calls: number;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}): Promise<{ readonly done: number; readonly failed: number }> {
  const words = { from: options.from, calls: options.calls, concurrency: options.concurrency };
  const child = fork(
    path.join(sampleFolder, 'app.mjs'),
    Object.entries(words).flatMap(([k, v]) => [`--${k}`, String(v)]),
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        ...process.env,
        OPENAI_BASE_URL: `${options.baseUrls['openai']}/v1`,
        ANTHROPIC_BASE_URL: options.baseUrls['anthropic'],
        NO_PROXY: '127.0.0.1,localhost',
      },
    },
  );
  let last = { done: 0, failed: 0 };
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, 2000);
  });
  child.on('message', (message) => {
    last = message as typeof last;
    options.onProgress(last.done);
  });
  return new Promise((resolve, reject) => {
    const stop = (): void => void child.kill('SIGTERM');
    options.signal.addEventListener('abort', stop, { once: true });
    child.on('error', reject);
    child.on('exit', () => {
      options.signal.removeEventListener('abort', stop);
      if (options.signal.aborted) reject(new AppError('cancelled', 'Interrupted.'));
      else if (last.done < options.calls)
        reject(new AppError('internal', `The sample application ended early. ${complaint}`));
      else resolve(last);
    });
  });
}
