import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObject, type Json, parseJson } from '../base/json.ts';
import { answerOf } from '../wire/chat.ts';
import { endingOf } from '../wire/ending.ts';
import type { ProviderName } from '../wire/format.ts';
import { formatFor } from '../wire/formats.ts';

/**
 * A teacher that answers from recorded calls in the real wire formats: the upstream of the demo and of `replay`, where
 * no language model can be asked. It listens on loopback only and knows nothing of the product's own files.
 *
 * Base URLs: http://127.0.0.1:<port>/<provider>.
 */
export interface Teacher {
  readonly port: number;
  readonly urls: Readonly<Record<ProviderName, string>>;
  /** Calls answered so far. */
  readonly answered: () => number;
  close(): Promise<void>;
}

export interface Recorded {
  readonly status: number;
  /** The exact non-streaming body. */
  readonly response: Json;
}

export interface TeacherOptions {
  readonly port?: number;
  /** Waits this long before each answer, as a network and a large model would. */
  readonly delayMs?: number;
  /** The recorded answer to a call; null gives 404 in the provider's shape. */
  readonly answer: (
    request: Json,
    headers: IncomingMessage['headers'],
    provider: ProviderName,
  ) => Recorded | null;
}

const providers: readonly ProviderName[] = ['openai', 'azure', 'anthropic', 'gemini', 'ollama'];

export async function startTeacher(options: TeacherOptions): Promise<Teacher> {
  let answered = 0;
  const server = createServer((request, response) => {
    handle(request, response, options).then(
      () => answered++,
      () => response.destroy(),
    );
  });
  server.keepAliveTimeout = 60_000;
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    urls: Object.fromEntries(
      providers.map((name) => [name, `http://127.0.0.1:${port}/${name}`]),
    ) as Teacher['urls'],
    answered: () => answered,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: TeacherOptions,
): Promise<void> {
  const url = request.url ?? '/';
  const provider = providers.find((name) => url.startsWith(`/${name}/`));
  const path = provider === undefined ? url : url.slice(provider.length + 1);
  const body = parseJson(await readBody(request));
  const format =
    provider === undefined ? null : formatFor(provider, request.method ?? 'GET', path.split('?')[0] ?? path);
  if (provider === undefined || format === null || body === undefined) {
    return send(response, 404, {
      error: { message: `No route for ${request.method} ${url}`, type: 'not_found_error' },
    });
  }
  const recorded = options.answer(body, request.headers, provider);
  if (options.delayMs) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
  if (recorded === null)
    return send(response, 404, {
      error: { message: 'This call is not in the recording.', type: 'not_found_error' },
    });

  const parsed = format.parseRequest(body, path);
  const stream = parsed.ok && parsed.value.stream;
  const whole = stream && recorded.status === 200 ? format.parseResponse(recorded.response) : null;
  if (!whole?.ok || !parsed.ok) return send(response, recorded.status, recorded.response);
  const ending = endingOf(parsed.value, whole.value);
  const answer = { ...answerOf(whole.value), ...(ending === null ? {} : { ending }) };
  const rendered = format.renderStream(answer, parsed.value, {
    id: whole.value.id,
    createdMs: Date.now(),
    inputTokens: whole.value.usage?.inputTokens ?? 0,
    outputTokens: whole.value.usage?.outputTokens ?? 0,
    path,
  });
  response.writeHead(200, { ...rendered.headers });
  for (const chunk of rendered.chunks) response.write(chunk);
  response.end();
}

function send(response: ServerResponse, status: number, body: Json): void {
  const text = Buffer.from(JSON.stringify(body));
  const id = isObject(body) && typeof body['id'] === 'string' ? body['id'] : 'recorded';
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': text.length,
    'x-request-id': id,
  });
  response.end(text);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
