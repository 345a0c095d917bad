import type { ChatRequest } from '../wire/chat.ts';
import type { WireFormat } from '../wire/format.ts';
import type { Call } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import type { Consulted } from './students.ts';

export interface StudentAnswer {
  readonly request: ChatRequest;
  /** The request as it came. */
  readonly body: Buffer;
  readonly consulted: Extract<Consulted, { kind: 'student' }>;
}

/** Answers a call from the student, in the caller's wire format, marked in a header and nowhere else. */
export function answerAsStudent(gateway: Gateway, call: Call, format: WireFormat, said: StudentAnswer): void {
  const { res, tape, address } = call;
  const { request, body, consulted } = said;
  const { answer, route } = consulted;
  const written =
    (answer.text ?? '') + answer.toolCalls.map(({ name, arguments: text }) => name + text).join('');
  const context = {
    id: call.start.id?.replaceAll('-', '') ?? '',
    createdMs: gateway.clock.now(),
    inputTokens: estimateTokens(body.length),
    outputTokens: Math.max(1, estimateTokens(Buffer.byteLength(written))),
    path: address.path,
  };
  const rendered = request.stream
    ? format.renderStream(answer, request, context)
    : format.renderResponse(answer, request, context);
  if (format.name === 'openai-responses') {
    const whole = request.stream ? format.renderResponse(answer, request, context) : rendered;
    gateway.stored.add(body, whole.chunks.join(''));
  }
  const length = rendered.chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk), 0);
  const confidence = route.confidence === null ? '' : `; confidence=${route.confidence.toFixed(3)}`;
  const headers = [
    ...Object.entries(rendered.headers).flat(),
    ...['x-understudy', `student; reason=served; task=${route.taskId}${confidence}`],
    ...(request.stream ? [] : ['content-length', String(length)]),
  ];
  tape?.route(route);
  tape?.served('student');
  tape?.head(200, headers);
  res.writeHead(200, headers);
  const last = rendered.chunks.length - 1;
  for (const [i, chunk] of rendered.chunks.entries()) {
    tape?.response(Buffer.from(chunk));
    // A text that ends a short answer goes with its head in one write.
    if (i < last) res.write(chunk);
    else res.end(chunk);
  }
  if (last < 0) res.end();
  tape?.end(null);
}

/** About four bytes to a token: the billing of a local answer is nobody's, the figure is for the caller's logs. */
function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / 4);
}
