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

function send(said: FromWorker | readonly FromWorker[]): void {
  if (process.connected) process.send?.(said, undefined, {}, () => {});
}

const sendTogether = gathered<FromWorker>(send);

async function handle(message: Exclude<ToWorker, { method: 'cancel' }>): Promise<void> {
  const { id } = message;
  const controller = new AbortController();
  running.set(id, controller);
  const context: Context = {
    signal: controller.signal,
    onProgress: (progress) => send({ kind: 'progress', id, progress }),
  };
  try {
    const handler = handlers[message.method] as (params: unknown, context: Context) => Promise<unknown>;
    const value = await handler(message.params, context);
    if (message.method === 'predict') sendTogether({ kind: 'result', id, value });
    else send({ kind: 'result', id, value });
  } catch (thrown) {
    const error = toAppError(thrown);
    const code = controller.signal.aborted ? 'cancelled' : error.code;
    send({ kind: 'error', id, code, message: error.message, next: error.next });
  } finally {
    running.delete(id);
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
