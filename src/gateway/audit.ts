import { parseJson } from '../base/json.ts';
import { answersAgree } from '../evaluation/compare.ts';
import { type Answer, answerOf } from '../wire/chat.ts';
import type { WireFormat } from '../wire/format.ts';
import type { AnswerHead } from './answerReader.ts';
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

  let head: AnswerHead | null = null;
  const answered = (): void => {
    if (head === null || head.status !== 200 || length > MAX_BYTES) {
      finish(null, null);
      return;
    }
    const body = Buffer.concat(chunks);
    const encoding = headerOf(head.headers, 'content-encoding');
    const type = headerOf(head.headers, 'content-type') ?? '';
    finish(readAnswer(format, body, encoding, type), null);
  };
  const outgoing = gateway.upstream.call(target, call.req.method ?? 'POST', headers, {
    keepsFrames: false,
    interim: () => {},
    drain: () => {},
    head: (answer) => {
      head = answer;
      teacherTape?.head(answer.status, answer.headers);
    },
    body: (bytes, isLast) => {
      teacherTape?.response(bytes);
      length += bytes.length;
      if (length <= MAX_BYTES) chunks.push(Buffer.from(bytes));
      if (isLast) answered();
    },
    failed: (error) => {
      const unanswered = `upstream failed (${error?.message ?? 'it closed before an answer'})`;
      finish(null, head === null ? unanswered : 'upstream ended in the middle of the answer');
    },
  });
  outgoing.write(said.body);
  outgoing.end();
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
