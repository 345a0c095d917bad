import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { TraceRoute } from '../traces/trace.ts';
import type { ProviderName } from '../wire/format.ts';
import type { RawHeaders } from './headers.ts';
import type { FromRecording, RecordedCall, RecordingSetup, ToRecording } from './recording.ts';

/** What one call leaves behind while it passes. Every method is cheap and none throws; the first `end` counts. */
export interface Tape {
  readonly id: string;
  request(chunk: Buffer): void;
  head(status: number, headers: RawHeaders): void;
  response(chunk: Buffer): void;
  /** How the call was routed, where a policy had a say. May be told until `end`, or after it while `hold` is on. */
  route(route: TraceRoute): void;
  served(by: 'teacher' | 'student'): void;
  /** Runs once the answer is whole, with the call's duration in milliseconds. */
  onEnd(listener: (durationMs: number) => void): void;
  /** @param incomplete why the answer is not whole; null for a whole one. */
  end(incomplete: string | null): void;
  /** Keeps an ended tape open until the returned function is called: a shadow prediction may come after the answer. */
  hold(): () => void;
}

export interface TapeStart {
  readonly id: string | null;
  readonly startMs: number | null;
  readonly provider: ProviderName;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestEncoding: string | null;
  readonly pinnedTask: string | null;
  readonly site: string | null;
  readonly source: string;
  readonly servedBy: 'teacher' | 'student';
}

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
/** A body beyond this is not kept: its trace says so. */
const MAX_BODY_BYTES = 32 << 20;
/** A batch wakes the thread once, which costs the forwarding path more than the copying does. */
const BATCH_CALLS = 256;
const BATCH_BYTES = 1 << 20;
const BATCH_DELAY_MS = 10;

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
  const waiting: { readonly resolve: () => void }[] = [];
  /** Ended calls whose trace still waits for something. */
  let held = 0;
  const isIdle = (): boolean => batch.length === 0 && threadCalls === 0 && held === 0;

  const wake = (): void => {
    if (isIdle()) for (const { resolve } of waiting.splice(0)) resolve();
  };

  const startThread = (): Worker => {
    const started = new Worker(entry, {
      workerData: setup,
      name: 'recording',
      resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 1024 },
    });
    started.on('message', (message: FromRecording) => {
      threadBytes -= message.bytes;
      threadCalls -= message.calls;
      stored += message.stored;
      shed += message.shed;
      problem = message.problem;
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
    const bytes = new Uint8Array(new ArrayBuffer(batchBytes));
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
    recorded++;
    batch.push({ call, chunks });
    batchBytes += call.requestBytes + call.responseBytes;
    if (batch.length >= BATCH_CALLS || batchBytes >= BATCH_BYTES || waiting.length > 0) send();
    else timer ??= setTimeout(send, BATCH_DELAY_MS);
  };

  const start = (opening: TapeStart): Tape => {
    const startedAt = clock.monotonic();
    const startMs = opening.startMs ?? clock.now();
    const id = opening.id ?? randomUUID();
    const request: Buffer[] = [];
    const response: Buffer[] = [];
    let requestBytes = 0;
    let responseBytes = 0;
    let tooLarge = false;
    let firstByteMs: number | null = null;
    let status = 0;
    let type: string | null = null;
    let encoding: string | null = null;
    let route: TraceRoute | null = null;
    let ended: { readonly incomplete: string | null; readonly durationMs: number } | null = null;
    let holds = 0;
    let servedBy = opening.servedBy;
    let onEnd: ((durationMs: number) => void) | null = null;
    let isDone = false;

    const forget = (): void => {
      inFlightBytes -= requestBytes + responseBytes;
      requestBytes = 0;
      responseBytes = 0;
      request.length = 0;
      response.length = 0;
    };
    const take = (chunk: Buffer, into: Buffer[]): number => {
      if (tooLarge || ended !== null) return 0;
      const size = chunk.length;
      if (
        requestBytes + responseBytes + size > MAX_BODY_BYTES ||
        inFlightBytes + threadBytes + size > MAX_PENDING_BYTES
      ) {
        tooLarge = true;
        forget();
        return 0;
      }
      inFlightBytes += size;
      into.push(chunk);
      return size;
    };
    const finish = (): void => {
      if (ended === null || holds > 0 || isDone) return;
      isDone = true;
      const chunks = [...request, ...response];
      const call: RecordedCall = {
        id,
        startMs,
        durationMs: ended.durationMs,
        firstByteMs,
        provider: opening.provider,
        method: opening.method,
        path: opening.path,
        status,
        headers: opening.headers,
        pinnedTask: opening.pinnedTask,
        site: opening.site,
        source: opening.source,
        servedBy,
        route,
        incomplete: tooLarge ? 'too large to record' : ended.incomplete,
        requestBytes,
        responseBytes,
        requestEncoding: opening.requestEncoding,
        responseEncoding: encoding,
        responseType: type,
      };
      add(call, chunks);
    };
    return {
      id,
      request: (chunk) => {
        requestBytes += take(chunk, request);
      },
      head: (code, headers) => {
        firstByteMs = clock.monotonic() - startedAt;
        status = code;
        for (let i = 0; i < headers.length; i += 2) {
          const name = headers[i]!;
          if (name.length === 12 && name.toLowerCase() === 'content-type') type = headers[i + 1]!;
          else if (name.length === 16 && name.toLowerCase() === 'content-encoding')
            encoding = headers[i + 1]!;
        }
      },
      response: (chunk) => {
        responseBytes += take(chunk, response);
      },
      route: (said) => {
        route = said;
      },
      served: (by) => {
        servedBy = by;
      },
      onEnd: (listener) => {
        onEnd = listener;
      },
      end: (incomplete) => {
        if (ended !== null) return;
        ended = { incomplete, durationMs: clock.monotonic() - startedAt };
        if (incomplete === null) onEnd?.(ended.durationMs);
        if (holds > 0) held++;
        finish();
      },
      hold: () => {
        let isHeld = true;
        holds++;
        return () => {
          if (!isHeld) return;
          isHeld = false;
          holds--;
          if (holds === 0 && ended !== null) held--;
          finish();
        };
      },
    };
  };

  const addOtlp = (body: Buffer): void => {
    recorded++;
    if (inFlightBytes + threadBytes + body.length > MAX_PENDING_BYTES) {
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
    start,
    addOtlp,
    stats: () => ({ recorded, stored, shed, pendingBytes: inFlightBytes + threadBytes, problem }),
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
