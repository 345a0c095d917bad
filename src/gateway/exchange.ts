import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson } from '../base/json.ts';
import type { ChatRequest } from '../wire/chat.ts';
import type { WireFormat } from '../wire/format.ts';
import { formatFor } from '../wire/formats.ts';
import { type Address, readAddress } from './address.ts';
import { auditAnswer } from './audit.ts';
import { readBody } from './body.ts';
import { forward, refuse } from './forward.ts';
import type { Gateway } from './gateway.ts';
import {
  credentialsOf,
  headerOf,
  isCodingAgent,
  type Marks,
  recordedHeaders,
  toUpstream,
} from './headers.ts';
import { answerAsStudent } from './studentAnswer.ts';
import type { Consulted } from './students.ts';
import type { Tape, TapeStart } from './tape.ts';
import { type Target, targetOf } from './upstreams.ts';

/** One call, as the steps below hand it on. */
export interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly address: Address;
  readonly target: Target;
  /** As they go upstream. */
  readonly headers: readonly string[];
  readonly marks: Marks;
  readonly format: WireFormat | null;
  readonly start: TapeStart;
  readonly tape: Tape | null;
}

/**
 * One HTTP exchange from its first byte to its last: find out where it goes, decide who answers, answer. The teacher is
 * the default branch, and nothing is done to a call that needs nothing done.
 */
export function exchange(gateway: Gateway, req: IncomingMessage, res: ServerResponse): void {
  const address = readAddress(req.url ?? '', gateway.token);
  if (address === null) {
    refuse(res, 403, 'This address belongs to a gateway, but its token is wrong.');
    return;
  }
  const target = targetOf(gateway.upstreams, address.provider, address.path);
  if (typeof target === 'string') {
    refuse(res, 404, target);
    return;
  }

  if (gateway.stored.mayName(address.path)) void serveStored(gateway, req, res, { address, target });
  else goOn(gateway, req, res, { address, target });
}

type Place = Pick<Call, 'address' | 'target'>;

/** An answer that a student gave is asked for by its id, or one of the provider's own that looks like it. */
async function serveStored(
  gateway: Gateway,
  req: IncomingMessage,
  res: ServerResponse,
  place: Place,
): Promise<void> {
  await gateway.stored.recall(place.address.path);
  if (res.destroyed || gateway.stored.serve(req, res, place.address.path)) return;
  goOn(gateway, req, res, place);
}

function goOn(gateway: Gateway, req: IncomingMessage, res: ServerResponse, place: Place): void {
  const { address, target } = place;
  const { headers, marks } = toUpstream(req.rawHeaders, target.host);
  const format = formatFor(target.provider, req.method ?? 'GET', address.path);
  const isAgent = isCodingAgent(req.rawHeaders);
  const isRecorded = gateway.capturing && !marks.off && (!isAgent || gateway.recordAgents);
  gateway.counters.calls++;
  const start = tapeStart(gateway, req, target, address.path, marks);
  const tape = isRecorded ? gateway.recorder.start(start) : null;
  const call: Call = { req, res, address, target, headers, marks, format, start, tape };

  const mayRefer = format?.name === 'openai-responses' && gateway.students.known;
  const mayConsult =
    format !== null &&
    !isAgent &&
    (gateway.students.active || mayRefer) &&
    headerOf(req.rawHeaders, 'expect') === null;
  if (mayConsult) void consult(gateway, call, format);
  else passOn(gateway, call, null, marks.any ? mark({ reason: marks.off ? 'bypassed' : 'no-task' }) : null);
}

/** Reads the request and asks the students; only here is a request held back, and only until they have decided. */
async function consult(gateway: Gateway, call: Call, format: WireFormat): Promise<void> {
  const { req, res, marks, tape } = call;
  const body = await readBody(req);
  if (body.kind === 'aborted') {
    tape?.end('client aborted');
    res.destroy();
    return;
  }
  const referring = format.name === 'openai-responses' ? await expand(gateway, body.bytes) : null;
  tape?.request(referring?.body ?? body.bytes);
  if (referring !== null) {
    gateway.refersBack = true;
    const headers = withContentLength(call.headers, referring.body.length);
    return passOn(gateway, { ...call, headers }, referring.body, mark({ reason: referring.reason }));
  }
  if (body.kind === 'too-long') return passOn(gateway, call, body.bytes, null, true);

  const parsed = readRequest(format, body.bytes, req, call.address.path);
  if (parsed === null)
    return passOn(gateway, call, body.bytes, marks.any ? mark({ reason: 'request-not-understood' }) : null);
  const consulted = await gateway.students.consult({
    request: parsed,
    teacherOnly: [...headerGates(call, parsed, body.bytes), ...storageGates(gateway, format, body.bytes)],
    bypassed: marks.off,
    pin: marks.task,
  });
  if (res.destroyed) {
    tape?.end('client aborted');
    return;
  }
  if (consulted.kind === 'student') {
    if (consulted.audited) auditAnswer(gateway, call, format, { body: body.bytes, consulted });
    answerAsStudent(gateway, call, format, { request: parsed, body: body.bytes, consulted });
    return;
  }
  note(gateway, tape, consulted);
  const tells = consulted.taskId !== null || marks.any;
  passOn(gateway, call, body.bytes, tells ? mark(describe(consulted)) : null);
}

/** The request with what it refers to written out; null where it refers to no answer of a student. */
async function expand(
  { stored, log }: Gateway,
  body: Buffer,
): Promise<{ readonly body: Buffer; readonly reason: string } | null> {
  if (!body.includes('previous_response_id') && !body.includes('item_reference')) return null;
  const text = body.toString('latin1');
  if (!stored.mayName(text)) return null;
  await stored.recall(text);
  const expanded = stored.expand(body);
  if (expanded !== null) return { body: expanded, reason: 'teacher-only' };
  log.warn(
    'a call refers to an answer of a student that is not kept (deleted, not recorded, or a secret was taken out of it): its provider will not know it',
  );
  return { body, reason: 'answer-not-kept' };
}

/** The headers of a body that is another one than came in. */
function withContentLength(headers: readonly string[], length: number): string[] {
  return headers.map((value, i) =>
    i % 2 === 1 && headers[i - 1]!.toLowerCase() === 'content-length' ? String(length) : value,
  );
}

function readRequest(format: WireFormat, bytes: Buffer, req: IncomingMessage, path: string) {
  if (req.headers['content-encoding'] !== undefined) return null;
  const json = parseJson(bytes.toString('utf8'));
  if (json === undefined) return null;
  const request = format.parseRequest(json, path);
  return request.ok ? request.value : null;
}

/** Headers that change what a right answer is: a student does not know how. */
function headerGates({ req, address, format }: Call, request: ChatRequest, body: Buffer): string[] {
  if (format?.name !== 'anthropic-messages') return [];
  const gates: string[] = [];
  const version = headerOf(req.rawHeaders, 'anthropic-version');
  if (version !== '2023-06-01' && version !== '2026-10-21')
    gates.push(`anthropic-version ${version ?? 'missing'}`);
  if (headerOf(req.rawHeaders, 'anthropic-beta') !== null || address.path.includes('beta='))
    gates.push('anthropic-beta');
  const { temperature, topP } = request.sampling;
  const isSampled = temperature !== null || topP !== null || body.includes('"top_k"');
  // From this version on the provider refuses them, and so must we: by letting it.
  if (version === '2026-10-21' && isSampled) gates.push('sampling parameters that this version refuses');
  return gates;
}

/** OpenAI stores responses unless told not to; a student's answer is not there for a later call to refer to. */
function storageGates(gateway: Gateway, format: WireFormat, body: Buffer): string[] {
  if (format.name !== 'openai-responses') return [];
  const text = body.toString('utf8');
  if (/"previous_response_id"\s*:\s*"|"item_reference"/.test(text)) gateway.refersBack = true;
  const isStored = !/"store"\s*:\s*false/.test(text);
  return gateway.refersBack && isStored ? ['an answer that a later call may refer to'] : [];
}

/** The teacher answers. */
function passOn(
  gateway: Gateway,
  call: Call,
  body: Buffer | null,
  marked: string | null,
  more = false,
): void {
  const { target, headers, tape } = call;
  forward(gateway.upstream, call.req, call.res, { target, headers, body, more, mark: marked, tape });
}

/** Leaves the routing in the trace, also where the prediction comes after the teacher's answer. */
function note(gateway: Gateway, tape: Tape | null, consulted: Extract<Consulted, { kind: 'teacher' }>): void {
  const { taskId } = consulted;
  if (consulted.route !== null) tape?.route(consulted.route);
  if (taskId !== null) tape?.onEnd((ms) => gateway.students.teacherTook(taskId, ms));
  if (consulted.later === null || tape === null) return;
  const release = tape.hold();
  void consulted.later.then((route) => {
    tape.route(route);
    release();
  });
}

function describe(consulted: Extract<Consulted, { kind: 'teacher' }>) {
  const { reason, taskId, route } = consulted;
  return { reason, task: taskId ?? undefined, confidence: route?.confidence ?? undefined };
}

/** The value of `x-understudy` on a teacher's answer. */
function mark(said: { reason: string; task?: string | undefined; confidence?: number | undefined }): string {
  const confidence = said.confidence === undefined ? '' : `; confidence=${said.confidence.toFixed(3)}`;
  return `teacher; reason=${said.reason}${said.task === undefined ? '' : `; task=${said.task}`}${confidence}`;
}

function tapeStart(
  gateway: Gateway,
  req: IncomingMessage,
  { provider, hostname }: Target,
  path: string,
  marks: Marks,
): TapeStart {
  const atMs = gateway.acceptClock && marks.at !== null ? Date.parse(marks.at) : Number.NaN;
  return {
    id: (gateway.acceptClock ? marks.traceId : null) ?? randomUUID(),
    startMs: Number.isNaN(atMs) ? null : atMs,
    provider,
    hostname,
    method: req.method ?? 'GET',
    path,
    headers: recordedHeaders(req.rawHeaders),
    credentials: credentialsOf(req.rawHeaders),
    requestEncoding: req.headers['content-encoding'] ?? null,
    pinnedTask: marks.task,
    site: marks.site,
    source: 'gateway',
  };
}
