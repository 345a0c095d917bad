import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Json, parseJson } from '../../src/base/json.ts';

/** What a teacher saw of one call. */
export interface SeenCall {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly json: Json;
  /** Resolves when the caller's connection for this answer has closed. */
  readonly closed: Promise<void>;
}

export interface FakeTeacher {
  readonly url: string;
  readonly port: number;
  readonly seen: SeenCall[];
  close(): Promise<void>;
}

/** An HTTP server that answers as it is told; by default with a chat completion that says `teacher`. */
export async function startFakeTeacher(
  answer: (call: SeenCall, res: http.ServerResponse) => void = (call, res) =>
    answerChat(res, call, 'teacher'),
): Promise<FakeTeacher> {
  const seen: SeenCall[] = [];
  const server = http.createServer({ keepAliveTimeout: 0 }, (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks);
      const call: SeenCall = {
        method: req.method ?? '',
        url: req.url ?? '',
        headers: req.rawHeaders,
        body,
        json: parseJson(body.toString('utf8')) ?? null,
        closed: new Promise((resolve) => res.on('close', () => resolve())),
      };
      seen.push(call);
      answer(call, res);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A body as OpenAI sends it. */
export function chatBody(text: string): string {
  return JSON.stringify({
    id: 'chatcmpl-t',
    object: 'chat.completion',
    created: 1750000000,
    model: 'gpt-4o-mini-2024-07-18',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 },
  });
}

/** The events of a streamed answer, one string each. */
export function chatEvents(text: string): string[] {
  const chunk = (delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({ id: 'chatcmpl-t', object: 'chat.completion.chunk', created: 1750000000, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const words = text.split(/(?<= )/).map((word) => chunk({ content: word }));
  return [chunk({ role: 'assistant', content: '' }), ...words, chunk({}, 'stop'), 'data: [DONE]\n\n'];
}

/** Answers a chat completion, streamed if asked. */
export function answerChat(res: http.ServerResponse, call: SeenCall, text: string): void {
  const isStream = call.body.includes('"stream":true');
  res.writeHead(200, {
    'content-type': isStream ? 'text/event-stream' : 'application/json',
    'x-request-id': 'req_t',
  });
  if (isStream) for (const event of chatEvents(text)) res.write(event);
  res.end(isStream ? undefined : chatBody(text));
}

/** The value of a header in a raw list. */
export function rawHeader(headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex((value, i) => i % 2 === 0 && value.toLowerCase() === name);
  return at < 0 ? undefined : headers[at + 1];
}
