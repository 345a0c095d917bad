import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import { isDiskFull } from '../base/disk.ts';
import { type Json, parseJson } from '../base/json.ts';
import type { Log } from '../base/log.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { DISK_FULL, type Journal, openJournal } from '../traces/journal.ts';
import type { Retention } from '../traces/maintenance.ts';
import { createOtlpReader } from '../traces/otlp.ts';
import { otlpFromProtobuf } from '../traces/otlpProtobuf.ts';
import { createRedactor, type RedactionSettings, redactionKey } from '../traces/redact.ts';
import type { Trace } from '../traces/trace.ts';
import { withdraw } from '../traces/withdrawn.ts';
import { readCalls } from './batch.ts';
import { decodeBody, unchunked } from './decode.ts';
import { type EarlierAnswer, findAnswers } from './earlierAnswers.ts';
import { traceOf } from './recordedCall.ts';

/** What the recording thread is started with. Plain data: it crosses a thread's border. */
export interface RecordingSetup extends RecordingRules {
  readonly journal: string;
}

/** What the user may change while the recording runs. */
export interface RecordingRules {
  readonly redaction: RedactionSettings;
  readonly retention: Retention;
}

/** The body of an OTLP request as it came. */
export interface OtlpExport {
  readonly bytes: ArrayBuffer;
  /** Its `content-encoding`. */
  readonly encoding: string | null;
  readonly form: 'json' | 'protobuf';
  readonly signal: 'traces' | 'logs';
}

export type ToRecording =
  /** A batch as `batch.ts` writes it: where it is, how much of that is used, how many calls are in it. */
  | {
      readonly kind: 'calls';
      readonly place: BatchPlace;
      readonly bytes: number;
      readonly calls: number;
    }
  | ({ readonly kind: 'otlp'; readonly id: number; readonly nowMs: number } & OtlpExport)
  /** What students answered in these traces is wanted again, or never more; `found` says it, or that it is done. */
  | ({ readonly kind: 'find' } & Question)
  | ({ readonly kind: 'withdraw' } & Question)
  /** What is stored from now on, and how long, is another matter than before. */
  | ({ readonly kind: 'configure' } & RecordingRules)
  | { readonly kind: 'close' };

interface Question {
  readonly id: number;
  readonly traceIds: readonly string[];
}

/**
 * Memory that both threads see, by a number; it comes along when it is first used. Handing memory over instead costs both
 * sides a full collection every few batches, for it counts as theirs each time. Without a number it is for this batch alone.
 */
export type BatchPlace =
  | { readonly slot: number; readonly memory?: SharedArrayBuffer }
  | { readonly slot: null; readonly memory: ArrayBuffer };

export type FromRecording =
  /** How a batch came out. */
  | {
      readonly kind: 'stored';
      readonly calls: number;
      readonly bytes: number;
      readonly stored: number;
      readonly shed: number;
      readonly problem: string | null;
      /** The journal waits for room on the disk: what it was given is neither stored nor shed. */
      readonly paused: boolean;
      /** The batch's memory, to be used again. */
      readonly slot: number | null;
    }
  /** What is in an OTLP export: so many traces, and what its exporter is told. */
  | { readonly kind: 'read'; readonly id: number; readonly traces: number; readonly verdict: OtlpVerdict }
  | { readonly kind: 'found'; readonly id: number; readonly answers: readonly EarlierAnswer[] };

/** `rejected`: calls that were left out, and why. `retry`: it could not be taken now; otherwise it never can. */
export type OtlpVerdict =
  | { readonly taken: true; readonly rejected: number; readonly reason: string }
  | { readonly taken: false; readonly retry: boolean; readonly reason: string };

type Stored = Extract<FromRecording, { kind: 'stored' }>;

const OPEN_RETRY_MS = 1_000;
/** A conversation of an earlier gateway is looked for no longer than this. */
export const LOOK_MS = 5_000;

/** Batches read and not yet stored. */
const MAX_BATCHES = 2;

/** The life of the recording thread: opens the journal, answers each batch once all of it is stored or shed. */
export function runRecording(port: MessagePort, setup: RecordingSetup, log: Log): void {
  // On Linux a priority is a thread's own: what is stored may wait for what is forwarded.
  if (process.platform === 'linux') os.setPriority(0, 19);
  let journal: Promise<Journal> | null = null;
  let rules: RecordingRules = setup;
  const readOtlp = createOtlpReader();
  let closing = false;
  /** Ends a wait for room. */
  let wake = (): void => {};
  const openNow = async (): Promise<Journal> => {
    await mkdir(setup.journal, { recursive: true });
    const key = await redactionKey(setup.journal);
    const redactor = createRedactor({ key, ...rules.redaction });
    const { retention } = rules;
    const onPause = (reason: string): void => tellPause(reason);
    return openJournal(setup.journal, { redactor, retention, log, onPause, onResume: () => tellPause(null) });
  };
  /** A disk that is full from the start is a pause like one that fills up later: what came meanwhile is stored then. */
  const openPatiently = async (): Promise<Journal> => {
    for (let waited = false; ; waited = true) {
      try {
        const opened = await openNow();
        if (waited) tellPause(null);
        return opened;
      } catch (error) {
        if (!isDiskFull(error) || closing) throw error;
        if (!waited) tellPause(DISK_FULL);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, OPEN_RETRY_MS);
        });
      }
    }
  };
  /** At once: while the disk is full no batch comes out. */
  const tellPause = (problem: string | null): void => {
    const nothing = { calls: 0, bytes: 0, stored: 0, shed: 0, slot: null };
    port.postMessage({ kind: 'stored', ...nothing, problem, paused: problem !== null } satisfies Stored);
  };
  const open = (): Promise<Journal> => {
    journal ??= openPatiently();
    // A folder that cannot be opened now may be there for the next batch.
    journal.catch(() => {
      journal = null;
    });
    return journal;
  };
  port.on('message', (message: ToRecording) => {
    if (message.kind === 'close') void close();
    else if (message.kind === 'configure') configure(message);
    else if (message.kind === 'otlp') takeOtlp(message);
    else if (message.kind === 'find' || message.kind === 'withdraw') void lookUp(message.kind, message);
    else {
      const { place, bytes, calls } = message;
      const batch = Buffer.from(memoryOf(place), 0, bytes);
      queue.push(() => store(() => tracesOf(batch), { calls, bytes, slot: place.slot }));
      work();
    }
  });

  const slots = new Map<number, SharedArrayBuffer>();
  const memoryOf = ({ slot, memory }: BatchPlace): ArrayBuffer | SharedArrayBuffer => {
    if (slot === null) return memory;
    const known = memory ?? slots.get(slot);
    if (known === undefined) throw new Error(`nothing is known of memory ${slot}`);
    slots.set(slot, known);
    return known;
  };

  /** A journal has its rules for life: the next batch finds another one. */
  const configure = ({ redaction, retention }: RecordingRules): void => {
    rules = { redaction, retention };
    const before = journal;
    if (before === null) return;
    journal = before.then((old) => old.close()).then(openPatiently, openPatiently);
    journal.catch(() => {
      journal = null;
    });
  };

  const queue: (() => Promise<void>)[] = [];
  let working = 0;
  /** A few batches at a time: what waits for the disk waits as bytes, which the other side counts. */
  const work = (): void => {
    while (working < MAX_BATCHES) {
      const next = queue.shift();
      if (next === undefined) return;
      working++;
      void next().finally(() => {
        working--;
        work();
      });
    }
  };

  /** Read at once, whatever waits for the disk: the exporter wants to know whether it can be read. */
  const takeOtlp = (message: Extract<ToRecording, { kind: 'otlp' }>): void => {
    const { id, nowMs } = message;
    const read = jsonOf(message);
    const { traces, skipped } = read.ok ? readOtlp(read.value, nowMs) : { traces: [], skipped: [] };
    const verdict: OtlpVerdict = read.ok
      ? { taken: true, rejected: skipped.length, reason: [...new Set(skipped)].slice(0, 3).join('; ') }
      : { taken: false, retry: false, reason: read.error };
    port.postMessage({ kind: 'read', id, traces: traces.length, verdict } satisfies FromRecording);
    const bytes = message.bytes.byteLength;
    const taken = traces.map((trace) => ({ trace, credentials: [] }));
    queue.push(() => store(() => taken, { calls: traces.length, bytes, slot: null }));
    work();
  };

  /** Beside the batches: a call waits for it. */
  const lookUp = async (kind: 'find' | 'withdraw', { id, traceIds }: Question): Promise<void> => {
    let answers: readonly EarlierAnswer[] = [];
    try {
      if (kind === 'find') answers = await findAnswers(setup.journal, traceIds, LOOK_MS);
      else await mkdir(setup.journal, { recursive: true }).then(() => withdraw(setup.journal, traceIds));
    } catch (error) {
      log.warn(`earlier answers: ${error}`);
    }
    port.postMessage({ kind: 'found', id, answers } satisfies FromRecording);
  };

  const store = async (
    read: () => Iterable<Taken>,
    taken: Pick<Stored, 'calls' | 'bytes' | 'slot'>,
  ): Promise<void> => {
    let stored = 0;
    let shed = 0;
    let problem: string | null = null;
    let paused = false;
    try {
      const target = await open();
      ({ stored, shed } = await putAll(target, read()));
      problem = target.stats().paused;
      paused = problem !== null;
    } catch (error) {
      log.error('traces were not stored', error);
      problem = error instanceof Error ? error.message : String(error);
      shed = taken.calls - stored;
    }
    port.postMessage({ kind: 'stored', ...taken, stored, shed, problem, paused } satisfies Stored);
  };

  const close = async (): Promise<void> => {
    closing = true;
    wake();
    try {
      await (await journal)?.close();
    } catch (error) {
      log.error('the journal was not closed well', error);
    }
    port.close();
    process.exit(0); // Ends this thread only.
  };
}

/** One after the other: what a trace was made from is garbage before the next one is made. Resolves when each is stored or shed. */
function putAll(journal: Journal, all: Iterable<Taken>): Promise<{ stored: number; shed: number }> {
  return new Promise((resolve, reject) => {
    const counts = { stored: 0, shed: 0 };
    let left = 1;
    const settle = (outcome: 'stored' | 'shed' | null): void => {
      if (outcome !== null) counts[outcome]++;
      if (--left === 0) resolve(counts);
    };
    try {
      for (const { trace, credentials } of all) {
        left++;
        journal.put(trace, credentials, settle);
      }
      settle(null);
    } catch (error) {
      reject(error);
    }
  });
}

function jsonOf({ bytes, encoding, form, signal }: OtlpExport): Result<Json, string> {
  const decoded = decodeBody(Buffer.from(bytes), encoding);
  if (!decoded.ok) return decoded;
  if (form === 'protobuf') return otlpFromProtobuf(decoded.value, signal);
  const json = parseJson(decoded.value.toString('utf8'));
  return json === undefined ? fail('it is not JSON') : ok(json);
}

interface Taken {
  readonly trace: Trace;
  readonly credentials: readonly string[];
}

function* tracesOf(batch: Buffer): Generator<Taken> {
  for (const { call, request, response } of readCalls(batch))
    yield {
      trace: traceOf(call, request, call.responseFramed ? unchunked(response) : response),
      credentials: call.credentials,
    };
}
