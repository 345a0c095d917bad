import { type ChildProcess, fork } from 'node:child_process';
import { AppError } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import { silentLog } from '../base/log.ts';
import { processMemory } from './memory.ts';
import { createOpenRequests } from './openRequests.ts';
import type { FromWorker, ToWorker, WorkerProgress, WorkerRequests } from './protocol.ts';
import { gathered, messagesOf } from './turn.ts';

/**
 * The parent's side of a worker process. Contract: requests are answered in any order, each exactly once; when the
 * process dies every open request fails with `worker-crashed`, and the next request starts a new process after a pause
 * that doubles with each crash in a row. Disposing ends the process and fails what is open with `cancelled`.
 */
export interface Worker {
  request<K extends keyof WorkerRequests>(
    method: K,
    params: WorkerRequests[K][0],
    options?: { readonly signal?: AbortSignal; readonly onProgress?: (progress: WorkerProgress) => void },
  ): Promise<WorkerRequests[K][1]>;
  /** Runs after a crash, once the process is gone; the place to load students again. */
  onCrash(listener: (reason: string) => void): void;
  readonly pid: number | null;
  dispose(): Promise<void>;
}

export interface WorkerOptions {
  /** dist/worker.cjs, or src/worker/main.ts on a Node that strips types. */
  readonly entry: string;
  readonly role: 'serve' | 'job';
  readonly log?: Log;
  /** Upper limit of the JavaScript heap in MB. */
  readonly heapMb?: number;
}

interface Child {
  readonly process: ChildProcess;
  /** Sends a message at the end of this turn, together with others. */
  readonly post: (message: ToWorker) => void;
}

interface Open {
  readonly resolve: (value: never) => void;
  readonly reject: (error: AppError) => void;
  readonly onProgress: ((progress: WorkerProgress) => void) | undefined;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

export function createWorker(options: WorkerOptions): Worker {
  const log = options.log ?? silentLog;
  const open = createOpenRequests<Open>();
  const crashListeners: ((reason: string) => void)[] = [];
  let child: Child | null = null;
  let disposed = false;
  let crashes = 0;
  let notBefore = 0;

  const failAll = (code: 'worker-crashed' | 'cancelled', message: string): void => {
    for (const { reject } of open.takeAll()) reject(new AppError(code, message));
  };

  const onMessage = (message: FromWorker): void => {
    if (message.kind === 'ready') return;
    if (message.kind === 'progress') {
      open.get(message.id)?.onProgress?.(message.progress);
      return;
    }
    const entry = open.take(message.id);
    if (entry === undefined) return;
    crashes = 0;
    if (message.kind === 'result') entry.resolve(message.value as never);
    else
      entry.reject(
        new AppError(message.code, message.message, message.next === null ? {} : { next: message.next }),
      );
  };

  const start = (): Child => {
    const started = fork(options.entry, [options.role], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [
        `--max-old-space-size=${options.heapMb ?? 3072}`,
        ...processMemory[options.role].flags,
        ...typeScriptFlags(options.entry),
      ],
      // ORT_DISABLE_TELEMETRY must be there before the native library loads; ELECTRON_RUN_AS_NODE where VS Code forks us.
      env: {
        ...process.env,
        ORT_DISABLE_TELEMETRY: '1',
        ELECTRON_RUN_AS_NODE: '1',
        ...processMemory[options.role].environment,
      },
    });
    let complaint = '';
    started.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    started.on('message', (said: FromWorker | readonly FromWorker[]) => {
      // Numbers are used again: what a dead process had said is no answer to a request of now.
      if (child?.process !== started) return;
      for (const message of messagesOf(said)) onMessage(message);
    });
    const end = (reason: string): void => {
      if (child?.process !== started) return;
      child = null;
      if (disposed) return;
      crashes++;
      notBefore = Date.now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (crashes - 1));
      log.warn(`worker (${options.role}) ended: ${reason} ${lastWords(complaint)}`);
      failAll('worker-crashed', `The worker process ${endedBy(reason)}. ${lastWords(complaint)}`.trim());
      for (const listener of crashListeners) listener(reason);
    };
    started.on('error', (error) => end(error.message));
    started.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    // A send that fails means a dying process: its exit event fails the request.
    return { process: started, post: gathered<ToWorker>((said) => void started.send(said, () => {})) };
  };

  return {
    get pid() {
      return child?.process.pid ?? null;
    },
    onCrash: (listener) => void crashListeners.push(listener),
    request: (method, params, { signal, onProgress } = {}) =>
      new Promise((resolve, reject) => {
        if (disposed) return reject(new AppError('cancelled', 'The worker was closed.'));
        if (signal?.aborted) return reject(new AppError('cancelled', 'Cancelled.'));
        if (child === null && Date.now() < notBefore) {
          return reject(
            new AppError('worker-crashed', 'The worker crashed a moment ago and is started again shortly.'),
          );
        }
        child ??= start();
        const { post } = child;
        const cancel = (): void => post({ id, method: 'cancel' });
        const settle = (): void => signal?.removeEventListener('abort', cancel);
        const id = open.add({
          resolve: (value) => {
            settle();
            resolve(value);
          },
          reject: (error) => {
            settle();
            reject(error);
          },
          onProgress,
        });
        signal?.addEventListener('abort', cancel, { once: true });
        post({ id, method, params } as ToWorker);
      }),
    dispose: async () => {
      disposed = true;
      failAll('cancelled', 'The worker was closed.');
      const last = child?.process ?? null;
      child = null;
      if (last === null || last.exitCode !== null) return;
      const gone = new Promise<void>((resolve) => last.once('exit', () => resolve()));
      last.disconnect();
      const impatience = setTimeout(() => last.kill('SIGKILL'), 2000);
      await gone;
      clearTimeout(impatience);
    },
  };
}

function typeScriptFlags(entry: string): string[] {
  return entry.endsWith('.ts') ? ['--disable-warning=ExperimentalWarning'] : [];
}

function endedBy(reason: string): string {
  if (reason === 'SIGKILL') return 'was killed (SIGKILL), as a system that runs out of memory does';
  return `ended unexpectedly (${reason})`;
}

/** What a process complained of last. Warnings and the places that a stack names say nothing of its end. */
function lastWords(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '' && !/^(at |Warning:)/.test(line)) ?? '';
}
