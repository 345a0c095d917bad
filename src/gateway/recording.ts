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
import type { Trace, TraceRoute } from '../traces/trace.ts';
import type { ProviderName, WireFormat } from '../wire/format.ts';
import { formatFor } from '../wire/formats.ts';
import { withoutMedia } from '../wire/media.ts';
import { vendorOf } from '../wire/vendor.ts';
import { readCalls } from './batch.ts';
import { decodeBody, unchunked } from './decode.ts';

/** What the recording thread is started with. Plain data: it crosses a thread's border. */
export interface RecordingSetup extends RecordingRules {
  readonly journal: string;
}

/** What the user may change while the recording runs. */
export interface RecordingRules {
  readonly redaction: RedactionSettings;
  readonly retention: Retention;
}

/** A finished call, without its bodies. */
export interface RecordedCall {
  readonly id: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly firstByteMs: number | null;
  readonly provider: ProviderName;
  /** Of the upstream. */
  readonly hostname: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What the call was made with: goes from memory to memory, and nowhere else. */
  readonly credentials: readonly string[];
  readonly pinnedTask: string | null;
  readonly site: string | null;
  readonly source: string;
  readonly servedBy: 'teacher' | 'student';
  readonly route: TraceRoute | null;
  readonly incomplete: string | null;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly requestEncoding: string | null;
  /** The response has the frames of its chunks in it. */
  readonly responseFramed: boolean;
  readonly responseEncoding: string | null;
  readonly responseType: string | null;
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
  /** What is stored from now on, and how long, is another matter than before. */
  | ({ readonly kind: 'configure' } & RecordingRules)
  | { readonly kind: 'close' };

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
  | { readonly kind: 'read'; readonly id: number; readonly traces: number; readonly verdict: OtlpVerdict };

/** `rejected`: calls that were left out, and why. `retry`: it could not be taken now; otherwise it never can. */
export type OtlpVerdict =
  | { readonly taken: true; readonly rejected: number; readonly reason: string }
  | { readonly taken: false; readonly retry: boolean; readonly reason: string };

type Stored = Extract<FromRecording, { kind: 'stored' }>;

const OPEN_RETRY_MS = 1_000;

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

  const store = async (
    read: () => Iterable<Taken>,
    taken: Pick<Stored, 'calls' | 'bytes' | 'slot'>,
  ): Promise<void> => {
    const outcomes: Promise<'stored' | 'shed'>[] = [];
    let stored = 0;
    let shed = 0;
    let problem: string | null = null;
    let paused = false;
    try {
      const target = await open();
      // One after the other: what a trace was made from is garbage before the next one is made.
      for (const { trace, credentials } of read()) outcomes.push(target.append(trace, credentials));
      for (const outcome of await Promise.all(outcomes)) outcome === 'stored' ? stored++ : shed++;
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

/** A trace from what passed on the wire. What cannot be read is kept as text and says why; nothing here throws. */
export function traceOf(call: RecordedCall, requestBytes: Buffer, responseBytes: Buffer): Trace {
  const format = formatFor(call.provider, call.method, call.path);
  const request = readJson(requestBytes, call.requestEncoding);
  const answer = readAnswer(call, format, responseBytes);
  const vendor = vendorOf(call.provider, call.hostname);
  // Clients hang up once a stream has said that it is over, before the connection has.
  const isWholeStream = answer.streamed && answer.value !== null && answer.problem === null;
  return {
    id: call.id,
    startMs: call.startMs,
    durationMs: Math.round(call.durationMs * 1000) / 1000,
    firstByteMs: call.firstByteMs === null ? null : Math.round(call.firstByteMs * 1000) / 1000,
    provider: call.provider,
    ...(vendor === call.provider ? {} : { vendor }),
    format: format?.name ?? null,
    path: call.path,
    status: call.status,
    streamed: answer.streamed,
    // Paths that no codec reads are counted, not kept: files and audio have no place in a journal of tasks.
    request: format === null || request.value === null ? null : withoutMedia(request.value),
    response: format === null || answer.value === null ? null : withoutMedia(answer.value),
    incomplete: (isWholeStream ? null : call.incomplete) ?? request.problem ?? answer.problem,
    servedBy: call.servedBy,
    pinnedTask: call.pinnedTask,
    site: call.site,
    headers: call.headers,
    route: call.route,
    source: call.source,
  };
}

interface Read {
  readonly value: Json | null;
  readonly problem: string | null;
}

/** What is kept of a body that is not JSON, characters. */
const MAX_RAW = 65_536;

function readText(bytes: Buffer, encoding: string | null): { text: string; problem: string | null } {
  const decoded = decodeBody(bytes, encoding);
  if (!decoded.ok) return { text: '', problem: decoded.error };
  const text = decoded.value.toString('utf8');
  const isClean = !text.includes('\ufffd') || decoded.value.includes('\ufffd');
  return { text, problem: isClean ? null : 'the body is not valid UTF-8' };
}

function readJson(bytes: Buffer, encoding: string | null): Read {
  if (bytes.length === 0) return { value: null, problem: null };
  const { text, problem } = readText(bytes, encoding);
  if (problem !== null) return { value: text === '' ? null : text.slice(0, MAX_RAW), problem };
  const value = parseJson(text);
  return value === undefined
    ? { value: text.slice(0, MAX_RAW), problem: 'the body is not JSON' }
    : { value, problem: null };
}

function readAnswer(
  call: RecordedCall,
  format: WireFormat | null,
  bytes: Buffer,
): Read & { streamed: boolean } {
  const type = call.responseType ?? '';
  // An error comes as one body, whatever was asked for.
  const streamed =
    /event-stream|ndjson/i.test(type) ||
    (format?.name === 'gemini-generate' && call.status < 400 && call.path.includes(':stream'));
  if (format === null || bytes.length === 0)
    return { value: null, problem: emptyProblem(call, format), streamed };
  if (!streamed) {
    const read = readJson(bytes, call.responseEncoding);
    // An error page that is no JSON is still the whole answer.
    return { ...read, problem: call.status >= 400 && read.value !== null ? null : read.problem, streamed };
  }
  const { text, problem } = readText(bytes, call.responseEncoding);
  const joined = format.joinStream(text);
  if (joined.ok && problem === null) return { value: joined.value, problem: null, streamed };
  return {
    value: text.slice(0, MAX_RAW),
    problem: problem ?? (joined.ok ? null : joined.error.message),
    streamed,
  };
}

function emptyProblem(call: RecordedCall, format: WireFormat | null): string | null {
  return format !== null && call.status === 200 && call.incomplete === null ? 'the answer has no body' : null;
}
