import { parseJson } from '../base/json.ts';
import { answersAgree } from '../evaluation/compare.ts';
import { type Answer, answerOf } from '../wire/chat.ts';
import type { WireFormat } from '../wire/format.ts';
import { decodeBody } from './decode.ts';
import type { Call } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { headerOf } from './headers.ts';
import type { Consulted } from './students.ts';

/** An audit's answer is compared in memory: beyond this it is no answer a student gives. */
const MAX_BYTES = 8 << 20;

/**
 * Asks the teacher as well, in the background, and notes whether it agrees with what the student said. The teacher's
 * answer is recorded as a call of its own (source `audit`): it is what the next student learns from.
 */
export function auditAnswer(
  gateway: Gateway,
  call: Call,
  format: WireFormat,
  said: { readonly body: Buffer; readonly consulted: Extract<Consulted, { kind: 'student' }> },
): void {
  const { target, headers, tape } = call;
  const { route, answer } = said.consulted;
  const started = gateway.clock.monotonic();
  const teacherTape =
    tape === null
      ? null
      : gateway.recorder.start({ ...call.start, id: `${call.start.id}-audit`, source: 'audit' });
  teacherTape?.request(said.body);
  const chunks: Buffer[] = [];
  let length = 0;
  let isDone = false;
  // The student's trace waits for what the teacher says.
  const release = tape?.hold();

  const finish = (teacher: Answer | null, incomplete: string | null): void => {
    if (isDone) return;
    isDone = true;
    teacherTape?.end(incomplete);
    if (teacher !== null) {
      const agree = answersAgree(answer, teacher);
      gateway.students.teacherTook(route.taskId, gateway.clock.monotonic() - started);
      gateway.students.audited(route.taskId, agree);
      tape?.route({ ...route, audit: agree ? 'agree' : 'disagree' });
    }
    release?.();
  };

  const outgoing = gateway.upstream.open(target, call.req.method ?? 'POST', headers);
  outgoing.on('error', (error) => finish(null, `upstream failed (${error.message})`));
  outgoing.on('response', (response) => {
    teacherTape?.head(response.statusCode ?? 0, response.rawHeaders);
    response.on('data', (chunk: Buffer) => {
      teacherTape?.response(chunk);
      length += chunk.length;
      if (length <= MAX_BYTES) chunks.push(chunk);
    });
    response.on('error', () => {}); // 'close' follows.
    response.on('close', () => {
      if (!response.complete) return finish(null, 'upstream ended in the middle of the answer');
      const isGood = response.statusCode === 200 && length <= MAX_BYTES;
      const encoding = headerOf(response.rawHeaders, 'content-encoding');
      const type = headerOf(response.rawHeaders, 'content-type') ?? '';
      finish(isGood ? readAnswer(format, Buffer.concat(chunks), encoding, type) : null, null);
    });
  });
  outgoing.end(said.body);
}

function readAnswer(format: WireFormat, body: Buffer, encoding: string | null, type: string): Answer | null {
  const decoded = decodeBody(body, encoding);
  if (!decoded.ok) return null;
  const text = decoded.value.toString('utf8');
  const plain = /event-stream|ndjson/i.test(type) ? undefined : parseJson(text);
  const json = plain === undefined ? format.joinStream(text) : { ok: true as const, value: plain };
  if (!json.ok) return null;
  const response = format.parseResponse(json.value);
  return response.ok ? answerOf(response.value) : null;
}
