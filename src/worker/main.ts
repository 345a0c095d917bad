import { toAppError } from '../base/error.ts';
import { analyse } from './analyse.ts';
import type { FromWorker, ToWorker, WorkerProgress, WorkerRequests } from './protocol.ts';
import { devices, load, predict, unload } from './serve.ts';
import { train } from './train.ts';
import { gathered, messagesOf } from './turn.ts';

/** The worker process: answers WorkerRequests over IPC, one program for both roles, and ends with its parent. */

interface Context {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: WorkerProgress) => void;
}

type Handlers = {
  readonly [K in keyof WorkerRequests]: (
    params: WorkerRequests[K][0],
    context: Context,
  ) => Promise<WorkerRequests[K][1]>;
};

const handlers: Handlers = { load, unload, predict, analyse, train, devices };
const running = new Map<number, AbortController>();
/** Predictions take milliseconds and come by the thousand: nobody cancels them, and none is made cancellable. */
const unstoppable: Context = { signal: new AbortController().signal, onProgress: () => {} };

function send(said: FromWorker | readonly FromWorker[]): void {
  if (process.connected) process.send?.(said, undefined, {}, () => {});
}

const sendTogether = gathered<FromWorker>(send);

async function handle(message: Exclude<ToWorker, { method: 'cancel' }>): Promise<void> {
  if (message.method === 'predict') return answer(message, unstoppable, sendTogether);
  const { id } = message;
  const controller = new AbortController();
  running.set(id, controller);
  const { signal } = controller;
  await answer(message, { signal, onProgress: (progress) => send({ kind: 'progress', id, progress }) }, send);
  running.delete(id);
}

async function answer(
  { id, method, params }: Exclude<ToWorker, { method: 'cancel' }>,
  context: Context,
  say: (said: FromWorker) => void,
): Promise<void> {
  try {
    const handler = handlers[method] as (params: unknown, context: Context) => Promise<unknown>;
    say({ kind: 'result', id, value: await handler(params, context) });
  } catch (thrown) {
    const error = toAppError(thrown);
    const code = context.signal.aborted ? 'cancelled' : error.code;
    say({ kind: 'error', id, code, message: error.message, next: error.next });
  }
}

process.on('message', (said: ToWorker | readonly ToWorker[]) => {
  for (const message of messagesOf(said)) {
    if (message.method === 'cancel') running.get(message.id)?.abort();
    else void handle(message);
  }
});
process.on('disconnect', () => process.exit(0));
// Ctrl+C reaches the whole group; the parent decides when we end.
process.on('SIGINT', () => {});
send({ kind: 'ready' });
