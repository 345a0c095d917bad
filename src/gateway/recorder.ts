import { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { FromRecording, RecordedCall, RecordingSetup, ToRecording } from './recording.ts';
import { createTape, type Tape, type TapeRecorder, type TapeStart } from './tape.ts';

export interface RecorderStats {
  /** Calls handed over to be stored, stored, and given up because the disk or this machine was too slow. */
  readonly recorded: number;
  readonly stored: number;
  readonly shed: number;
  readonly pendingBytes: number;
  /** Why nothing is stored at the moment ("disk full"); null while all is well. */
  readonly problem: string | null;
}

/**
 * Takes copies of calls off the forwarding path and gives them in batches to a thread that decodes, joins, redacts and
 * appends them to the journal. Memory is bounded by bytes: beyond that a trace is shed and counted, never a call delayed.
 */
export interface Recorder {
  start(call: TapeStart): Tape;
  /** An OTLP export, as its JSON text. */
  addOtlp(body: Buffer): void;
  stats(): RecorderStats;
  /** Resolves when everything handed over so far is in the journal or shed. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface RecorderOptions {
  readonly setup: RecordingSetup;
  /** The program of this process: the thread runs the same file. */
  readonly entry: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Copies held at most, bytes, in flight and on their way to the journal together. */
const MAX_PENDING_BYTES = 64 << 20;
/** Calls on their way to the journal at most: what is known of a call beside its bodies takes memory too. */
const MAX_PENDING_CALLS = 20_000;
/** A batch wakes the thread once, which costs the forwarding path more than the copying does. */
const BATCH_CALLS = 256;
const BATCH_BYTES = 1 << 20;
const BATCH_DELAY_MS = 10;
const POOLED_BYTES = BATCH_BYTES + (1 << 18);
const MAX_POOLED = 8;

export function createRecorder({ setup, entry, clock, log }: RecorderOptions): Recorder {
  let thread: Worker | null = null;
  let closed = false;
  let batch: { readonly call: RecordedCall; readonly chunks: readonly Buffer[] }[] = [];
  let batchBytes = 0;
  let timer: NodeJS.Timeout | null = null;
  let inFlightBytes = 0;
  let threadBytes = 0;
  let threadCalls = 0;
  let recorded = 0;
  let stored = 0;
  let shed = 0;
  let problem: string | null = null;
  /** Buffers that go to the thread and come back: memory that two threads take and give fragments. */
  const pool: ArrayBuffer[] = [];
  const waiting: { readonly resolve: () => void }[] = [];
  /** Ended calls whose trace still waits for something. */
  let held = 0;
  const pendingBytes = (): number => inFlightBytes + threadBytes;
  const isIdle = (): boolean => batch.length === 0 && threadCalls === 0 && held === 0;

  const wake = (): void => {
    if (isIdle()) for (const { resolve } of waiting.splice(0)) resolve();
  };

  const startThread = (): Worker => {
    const started = new Worker(entry, {
      workerData: setup,
      name: 'recording',
      resourceLimits: { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 768 },
    });
    started.on('message', (message: FromRecording) => {
      threadBytes -= message.bytes;
      threadCalls -= message.calls;
      stored += message.stored;
      shed += message.shed;
      problem = message.problem;
      if (message.buffer !== null && pool.length < MAX_POOLED) pool.push(message.buffer);
      wake();
    });
    started.on('error', (error) => log.error('recording thread failed', error));
    started.on('exit', () => {
      if (thread !== started) return;
      thread = null;
      shed += threadCalls;
      threadCalls = 0;
      threadBytes = 0;
      if (!closed) problem = 'recording restarted after a failure';
      wake();
    });
    return started;
  };

  const send = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (batch.length === 0) return;
    const pooled = batchBytes <= POOLED_BYTES ? (pool.pop() ?? new ArrayBuffer(POOLED_BYTES)) : null;
    const bytes = new Uint8Array(pooled ?? new ArrayBuffer(batchBytes));
    let at = 0;
    for (const { chunks } of batch) {
      for (const chunk of chunks) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
    }
    thread ??= startThread();
    threadBytes += batchBytes;
    threadCalls += batch.length;
    inFlightBytes -= batchBytes;
    const message: ToRecording = {
      kind: 'calls',
      calls: JSON.stringify(batch.map(({ call }) => call)),
      bytes: bytes.buffer,
    };
    thread.postMessage(message, [bytes.buffer]);
    batch = [];
    batchBytes = 0;
  };

  const add = (call: RecordedCall, chunks: readonly Buffer[]): void => {
    batch.push({ call, chunks });
    batchBytes += call.requestBytes + call.responseBytes;
    if (batch.length >= BATCH_CALLS || batchBytes >= BATCH_BYTES || waiting.length > 0) send();
    else timer ??= setTimeout(send, BATCH_DELAY_MS);
  };

  const tapes: TapeRecorder = {
    clock,
    reserve: (bytes) => {
      if (pendingBytes() + bytes > MAX_PENDING_BYTES) return false;
      inFlightBytes += bytes;
      return true;
    },
    release: (bytes) => {
      inFlightBytes -= bytes;
    },
    waits: (isWaiting) => {
      held += isWaiting ? 1 : -1;
    },
    finished: (call, chunks) => {
      recorded++;
      const isTooMany = threadCalls + batch.length >= MAX_PENDING_CALLS;
      if (call !== null && !isTooMany) return add(call, chunks);
      shed++;
      if (call !== null) inFlightBytes -= call.requestBytes + call.responseBytes;
      wake();
    },
  };

  const addOtlp = (body: Buffer): void => {
    recorded++;
    if (pendingBytes() + body.length > MAX_PENDING_BYTES) {
      shed++;
      return;
    }
    thread ??= startThread();
    threadBytes += body.length;
    threadCalls++;
    const bytes = new Uint8Array(body).buffer;
    thread.postMessage({ kind: 'otlp', bytes, nowMs: clock.now() } satisfies ToRecording, [bytes]);
  };

  const flush = async (): Promise<void> => {
    send();
    if (!isIdle()) await new Promise<void>((resolve) => waiting.push({ resolve }));
  };

  return {
    start: (call) => createTape(call, tapes),
    addOtlp,
    stats: () => ({ recorded, stored, shed, pendingBytes: pendingBytes(), problem }),
    flush,
    close: async () => {
      closed = true;
      await flush();
      const ending = thread;
      if (ending === null) return;
      const exited = new Promise<void>((resolve) => ending.once('exit', () => resolve()));
      ending.postMessage({ kind: 'close' } satisfies ToRecording);
      await exited;
    },
  };
}
