import { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { describeCall, writeCall } from './batch.ts';
import { createBlocks } from './copy.ts';
import type { EarlierAnswer } from './earlierAnswers.ts';
import type { RecordedCall } from './recordedCall.ts';
import {
  type BatchPlace,
  type FromRecording,
  LOOK_MS,
  type OtlpExport,
  type OtlpVerdict,
  type RecordingRules,
  type RecordingSetup,
  type ToRecording,
} from './recording.ts';
import { type Copies, createTape, type Tape, type TapeRecorder, type TapeStart } from './tape.ts';

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
  /** Takes an OTLP export. Resolves when it has been read, not when it is stored. */
  addOtlp(body: Omit<OtlpExport, 'bytes'> & { readonly bytes: Buffer }): Promise<OtlpVerdict>;
  /** What students answered in these traces, of what is in the journal and may be told again. Never rejects; takes some seconds at most. */
  find(traceIds: readonly string[]): Promise<readonly EarlierAnswer[]>;
  /** Nobody will be told again what was answered in this trace. Resolves when that outlasts this process, or cannot. */
  withdraw(traceId: string): Promise<void>;
  stats(): RecorderStats;
  /** Other rules from now on; what is not stored yet may follow them already. */
  configure(rules: RecordingRules): void;
  /** Resolves when everything handed over so far is in the journal or shed; no longer while the disk is full. */
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
/**
 * A batch wakes the thread once, which costs the forwarding path more than the copying does: at ten thousand calls a
 * second fewer than one call in a hundred may meet a hand-over or a collection, or the slowest hundredth shows it.
 */
const BATCH_BYTES = 4 << 20;
const BATCH_DELAY_MS = 100;
/** Memory that is kept for batches; what a burst takes beyond that is left to the garbage collector. */
const MAX_SLOTS = 8;
/** For a question to reach a thread that is busy. */
const GRACE_MS = 1_000;

export function createRecorder({ setup: given, entry, clock, log }: RecorderOptions): Recorder {
  let setup = given;
  let thread: Worker | null = null;
  let closed = false;
  let batch: Batch | null = null;
  let batchBytes = 0;
  let batchCalls = 0;
  let timer: NodeJS.Timeout | null = null;
  let threadBytes = 0;
  let threadCalls = 0;
  let recorded = 0;
  let stored = 0;
  let shed = 0;
  let problem: string | null = null;
  let paused = false;
  const slots = createSlots();
  const blocks = createBlocks((lent) => lent + batchBytes + threadBytes <= MAX_PENDING_BYTES);
  const waiting: { readonly resolve: () => void }[] = [];
  /** OTLP reading that nobody has looked into yet, by number. */
  const reading = new Map<number, (verdict: OtlpVerdict) => void>();
  /** Questions to the journal that have no answer yet, by number. */
  const asked = new Map<number, (answers: readonly EarlierAnswer[]) => void>();
  let nextId = 0;
  /** Ended calls whose trace still waits for something. */
  let held = 0;
  const pendingBytes = (): number => blocks.lent() + batchBytes + threadBytes;
  const isIdle = (): boolean => batchCalls === 0 && threadCalls === 0 && held === 0 && reading.size === 0;

  const wake = (): void => {
    if (isIdle() || paused) for (const { resolve } of waiting.splice(0)) resolve();
  };

  const startThread = (): Worker => {
    const started = new Worker(entry, {
      workerData: setup,
      name: 'recording',
      resourceLimits: { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 768 },
    });
    started.on('message', (message: FromRecording) => {
      if (message.kind === 'read') {
        recorded += message.traces;
        threadCalls += message.traces;
        settle(message.id, message.verdict);
        return;
      }
      if (message.kind === 'found') {
        answer(message.id, message.answers);
        return;
      }
      threadBytes -= message.bytes;
      threadCalls -= message.calls;
      stored += message.stored;
      shed += message.shed;
      problem = message.problem;
      paused = message.paused;
      if (message.slot !== null) slots.give(message.slot);
      wake();
    });
    started.on('error', (error) => log.error('recording thread failed', error));
    started.on('exit', () => {
      if (thread !== started) return;
      thread = null;
      shed += threadCalls;
      threadCalls = 0;
      threadBytes = 0;
      slots.forget(batch?.slot ?? null);
      for (const id of [...reading.keys()])
        settle(id, { taken: false, retry: true, reason: 'the recording was interrupted' });
      for (const id of [...asked.keys()]) answer(id, []);
      paused = false;
      if (!closed) problem = 'recording restarted after a failure';
      wake();
    });
    return started;
  };

  const send = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (batch === null) return;
    const place: BatchPlace =
      batch.slot === null ? { slot: null, memory: batch.memory } : slots.show(batch.slot);
    thread ??= startThread();
    threadBytes += batchBytes;
    threadCalls += batchCalls;
    const message: ToRecording = { kind: 'calls', place, bytes: batchBytes, calls: batchCalls };
    thread.postMessage(message, place.slot === null ? [place.memory] : []);
    batch = null;
    batchBytes = 0;
    batchCalls = 0;
  };

  const add = (call: RecordedCall, copies: Copies): void => {
    const { text, room } = describeCall(call);
    if (batch !== null && batchBytes + room > batch.bytes.length) send();
    batch ??= (room > BATCH_BYTES ? null : slots.take()) ?? batchOf(Math.max(room, BATCH_BYTES));
    batchBytes = writeCall(batch.bytes, batchBytes, text, copies);
    batchCalls++;
    if (waiting.length > 0) send();
    else timer ??= setTimeout(send, BATCH_DELAY_MS);
  };

  const tapes: TapeRecorder = {
    clock,
    blocks,
    waits: (isWaiting) => {
      held += isWaiting ? 1 : -1;
    },
    finished: (call, copies) => {
      recorded++;
      const isTooMany = threadCalls + batchCalls >= MAX_PENDING_CALLS;
      if (call !== null && !isTooMany) return add(call, copies);
      shed++;
      copies.request.free();
      copies.response.free();
      wake();
    },
  };

  const settle = (id: number, verdict: OtlpVerdict): void => {
    reading.get(id)?.(verdict);
    reading.delete(id);
    wake();
  };

  const answer = (id: number, answers: readonly EarlierAnswer[]): void => {
    asked.get(id)?.(answers);
    asked.delete(id);
  };

  /** The journal is read and unpacked over there: here calls pass. */
  const ask = (kind: 'find' | 'withdraw', traceIds: readonly string[]): Promise<readonly EarlierAnswer[]> => {
    if (closed) return Promise.resolve([]);
    thread ??= startThread();
    const id = nextId++;
    thread.postMessage({ kind, id, traceIds } satisfies ToRecording);
    const late = setTimeout(() => answer(id, []), LOOK_MS + GRACE_MS);
    return new Promise((resolve) =>
      asked.set(id, (answers) => {
        clearTimeout(late);
        resolve(answers);
      }),
    );
  };

  const addOtlp: Recorder['addOtlp'] = ({ bytes: body, ...described }) => {
    if (pendingBytes() + body.length > MAX_PENDING_BYTES)
      return Promise.resolve({
        taken: false,
        retry: true,
        reason: 'more waits to be stored than memory allows',
      });
    thread ??= startThread();
    threadBytes += body.length;
    const bytes = new Uint8Array(body).buffer;
    const id = nextId++;
    thread.postMessage({ kind: 'otlp', id, nowMs: clock.now(), bytes, ...described } satisfies ToRecording, [
      bytes,
    ]);
    return new Promise((resolve) => reading.set(id, resolve));
  };

  const flush = async (): Promise<void> => {
    send();
    if (!isIdle() && !paused) await new Promise<void>((resolve) => waiting.push({ resolve }));
  };

  return {
    start: (call) => createTape(call, tapes),
    addOtlp,
    find: (traceIds) => ask('find', traceIds),
    withdraw: async (traceId) => void (await ask('withdraw', [traceId])),
    stats: () => ({ recorded, stored, shed, pendingBytes: pendingBytes(), problem }),
    configure: (rules) => {
      if (JSON.stringify({ ...setup, ...rules }) === JSON.stringify(setup)) return;
      setup = { ...setup, ...rules };
      send();
      thread?.postMessage({ kind: 'configure', ...rules } satisfies ToRecording);
    },
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

type Batch =
  | { readonly slot: number; readonly bytes: Buffer }
  | { readonly slot: null; readonly bytes: Buffer; readonly memory: ArrayBuffer };

/** Memory that batches take turns in. */
interface Slots {
  /** null: all of it is on its way. */
  take(): Batch | null;
  give(slot: number): void;
  /** What the thread is told: the memory itself the first time. */
  show(slot: number): BatchPlace;
  /** Another thread will ask, which knows nothing yet; what was on its way, all but the one that is being filled, is free. */
  forget(filling: number | null): void;
}

function createSlots(): Slots {
  const memories: SharedArrayBuffer[] = [];
  const shown = new Set<number>();
  let free: number[] = [];
  return {
    take: () => {
      if (free.length === 0 && memories.length < MAX_SLOTS)
        free.push(memories.push(new SharedArrayBuffer(BATCH_BYTES)) - 1);
      const slot = free.pop();
      return slot === undefined ? null : { slot, bytes: Buffer.from(memories[slot]!) };
    },
    give: (slot) => free.push(slot),
    show: (slot) => {
      if (shown.has(slot)) return { slot };
      shown.add(slot);
      return { slot, memory: memories[slot]! };
    },
    forget: (filling) => {
      shown.clear();
      free = [...memories.keys()].filter((slot) => slot !== filling);
    },
  };
}

/** Memory for one batch, not filled with zeros: only what was written of it is read. Filling megabytes would hold up calls. */
function batchOf(size: number): Batch {
  const memory = Buffer.allocUnsafeSlow(size).buffer;
  return { slot: null, bytes: Buffer.from(memory), memory };
}
