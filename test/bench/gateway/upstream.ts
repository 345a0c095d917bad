import net from 'node:net';

/**
 * The teacher of the gateway benchmark: reads as little HTTP as it can and answers from memory, so that the proxies are
 * what is measured. The path says how: `/json`, `/json/<delay ms>`, `/sse/<chunks>/<pause ms>`. Paced chunks carry the
 * time at which they left (monotonic milliseconds, the same clock for all processes of a machine).
 */

const words =
  'amber birch cedar delta ember fjord grove haven inlet jasper kelp lagoon maple north ocean pine'.split(
    ' ',
  );
const text = Array.from({ length: 420 }, (_, i) => words[(i * 7) % words.length]).join(' ');
const body = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1750000000,
  model: 'gpt-4o-mini',
  choices: [
    { index: 0, message: { role: 'assistant', content: text.slice(0, 2300) }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 500, completion_tokens: 500, total_tokens: 1000 },
});
const json = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_bench\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);
const sseHead = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

const frame = (data: string): string => `${Buffer.byteLength(data).toString(16)}\r\n${data}\r\n`;
const event = (content: string, finish: string | null = null): string =>
  frame(
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`,
  );
const end = `${event('', 'stop')}${frame('data: [DONE]\n\n')}0\r\n\r\n`;

function answer(socket: net.Socket, path: string): void {
  const [, kind, first = '0', second = '0'] = path.split('?')[0]!.split('/');
  if (kind === 'sse') {
    stream(socket, Number(first), Number(second));
    return;
  }
  const delay = Number(first);
  if (delay > 0) setTimeout(() => socket.write(json), delay);
  else socket.write(json);
}

const burst = new Map<number, Buffer>();

function stream(socket: net.Socket, chunks: number, pauseMs: number): void {
  if (pauseMs === 0) {
    const known = burst.get(chunks) ?? Buffer.from(sseHead + event('word ').repeat(chunks) + end);
    burst.set(chunks, known);
    socket.write(known);
    return;
  }
  socket.write(sseHead);
  let left = chunks;
  const next = (): void => {
    if (socket.destroyed) return;
    if (left-- <= 0) {
      socket.write(end);
      return;
    }
    setTimeout(next, pauseMs);
    socket.write(event(`@${performance.timeOrigin + performance.now()}@ `));
  };
  // Models do not speak in chorus: each stream has its own place in the pause.
  streams++;
  setTimeout(next, pauseMs * ((streams * 0.618) % 1));
}

let streams = 0;

const server = net.createServer({ noDelay: true }, (socket) => {
  let pending = '';
  socket.on('error', () => {}); // A client that goes away ends its connection only.
  socket.on('data', (chunk: Buffer) => {
    pending += chunk.toString('latin1');
    for (;;) {
      const head = pending.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(pending.slice(0, head))?.[1] ?? 0);
      if (pending.length < head + 4 + length) return;
      const path = pending.slice(pending.indexOf(' ') + 1, pending.indexOf(' HTTP/'));
      pending = pending.slice(head + 4 + length);
      // The format's own path may follow: /json/v1/chat/completions.
      answer(socket, path.replace('/v1/chat/completions', ''));
    }
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
  console.log(JSON.stringify({ port: (server.address() as net.AddressInfo).port }));
});
process.on('disconnect', () => process.exit(0));
