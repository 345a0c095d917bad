import { once } from 'node:events';
import net from 'node:net';

/** HTTP as bytes on a socket: what a proxy must not change can only be seen there. */

/** How a connection came to its end. */
export type Ending = 'fin' | 'reset';

export interface RawAnswer {
  readonly text: string;
  readonly ending: Ending;
}

/** Sends bytes, collects everything that comes back until the other side ends the connection. Latin-1 keeps bytes apart. */
export async function sendRaw(port: number, request: string): Promise<RawAnswer> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  const chunks: Buffer[] = [];
  let ending: Ending = 'fin';
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {
    ending = 'reset';
  });
  socket.write(request, 'latin1');
  await new Promise<void>((resolve) => socket.on('close', () => resolve()));
  return { text: Buffer.concat(chunks).toString('latin1'), ending };
}

export interface RawTeacher {
  readonly port: number;
  /** What came in, request by request, as bytes read as Latin-1. */
  readonly seen: string[];
  /** Resolves when every connection that was made has been closed by its other side. */
  left(): Promise<void>;
  close(): Promise<void>;
}

/** A step of a scripted answer: bytes, a pause, or what happens to the connection. */
export type Step = string | { readonly waitMs: number } | { readonly await: 'body' } | 'END' | 'RESET';

/** A server that reads one request and plays a script, whatever the request was. */
export async function startRawTeacher(script: readonly Step[]): Promise<RawTeacher> {
  const seen: string[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let text = '';
    let isPlaying = false;
    const index = seen.push('') - 1;
    socket.on('error', () => {}); // A client that breaks off is part of some scripts.
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      seen[index] = text;
      const waitsForBody = script.some((step) => typeof step === 'object' && 'await' in step);
      if (isPlaying || !(waitsForBody ? text.includes('\r\n\r\n') : isWhole(text))) return;
      isPlaying = true;
      void play(socket, script, () => isWhole(seen[index]!));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    seen,
    left: async () => {
      for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function play(socket: net.Socket, script: readonly Step[], hasBody: () => boolean): Promise<void> {
  for (const step of script) {
    if (step === 'END') socket.end();
    else if (step === 'RESET') socket.resetAndDestroy();
    else if (typeof step === 'string') socket.write(step, 'latin1');
    else if ('waitMs' in step) await pause(step.waitMs);
    else while (!hasBody()) await pause(2);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Is this the whole of a request? Understands a length and a chunked body. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = text.slice(0, end);
  const body = text.slice(end + 4);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) return body.length >= Number(length);
  return /^transfer-encoding: *chunked/im.test(head)
    ? /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(body)
    : true;
}
