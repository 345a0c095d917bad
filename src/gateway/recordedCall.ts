import { type Json, parseJson } from '../base/json.ts';
import type { Trace, TraceRoute } from '../traces/trace.ts';
import type { ProviderName, WireFormat } from '../wire/format.ts';
import { formatFor } from '../wire/formats.ts';
import { vendorOf } from '../wire/vendor.ts';
import { decodeBody } from './decode.ts';

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
    request: format === null ? null : request.value,
    response: format === null ? null : answer.value,
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
