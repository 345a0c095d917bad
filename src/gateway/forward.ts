import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { headerOf, pairsOf, withoutHeader } from './headers.ts';
import type { Tape } from './tape.ts';
import type { Upstream } from './upstream.ts';
import type { Target } from './upstreams.ts';

/** A call on its way to the teacher. */
export interface Forwarding {
  readonly target: Target;
  /** Request headers as they go upstream. */
  readonly headers: readonly string[];
  /** The request's body where it was read already; null: it is still to come on `req`. */
  readonly body: Buffer | null;
  /** True where `body` is only the beginning and the rest is still to come on `req`. */
  readonly more: boolean;
  /** Value of `x-understudy` to add to the answer; null: the answer is exactly the teacher's. */
  readonly mark: string | null;
  readonly tape: Tape | null;
}

/** The most of a request body that is kept to send it again where a reused connection turns out to be dead, bytes. */
const MAX_RESENT_BYTES = 1 << 20;

/**
 * Sends a call to its teacher and the teacher's answer to the client, byte by byte as they come: no time limit of our
 * own, no retry (but for a kept-alive connection that was closed before it gave a byte), a broken answer passed on as
 * broken, and a client that goes away taken upstream at once.
 */
export function forward(
  upstream: Upstream,
  req: IncomingMessage,
  res: ServerResponse,
  call: Forwarding,
): void {
  const { target, tape } = call;
  const sent: Buffer[] = [];
  let sentBytes = 0;
  let requestEnded = false;
  let answered = false;
  let outgoing: ClientRequest;

  const keep = (chunk: Buffer): void => {
    sentBytes += chunk.length;
    if (sentBytes <= MAX_RESENT_BYTES) sent.push(chunk);
    else sent.length = 0;
  };

  const finish = (last?: Buffer): void => {
    if (req.rawTrailers.length > 0) outgoing.addTrailers(pairsOf(req.rawTrailers));
    outgoing.end(last);
  };

  const start = (isRetry: boolean): void => {
    outgoing = upstream.open(target, req.method ?? 'GET', call.headers);
    outgoing.on('continue', () => res.writeContinue());
    outgoing.on('information', (info) => sendInformation(res, info));
    outgoing.on('response', (answer) => {
      answered = true;
      sent.length = 0;
      answerWith(res, answer, call);
    });
    outgoing.on('drain', () => req.resume());
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (answered || res.destroyed) return;
      const canResend = sentBytes <= MAX_RESENT_BYTES;
      if (outgoing.reusedSocket && !isRetry && canResend && isDeadConnection(error)) return start(true);
      answered = true;
      fail(upstream, req, outgoing, error, call);
    });
    if (isRetry) {
      for (const chunk of sent) outgoing.write(chunk);
      if (requestEnded) finish();
      else req.resume();
    }
  };

  start(false);
  res.on('close', () => {
    if (res.writableFinished) return;
    tape?.end('client aborted');
    outgoing.destroy();
  });
  if (call.body !== null) keep(call.body);
  if (call.body !== null && !call.more) {
    requestEnded = true;
    finish(call.body);
    return;
  }
  if (call.body !== null) outgoing!.write(call.body);
  req.on('data', (chunk: Buffer) => {
    tape?.request(chunk);
    if (!answered) keep(chunk);
    if (!outgoing.write(chunk)) req.pause();
  });
  req.on('end', () => {
    requestEnded = true;
    finish();
  });
  req.resume();
}

function isDeadConnection(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}

/** A connection that was there and broke, or carried something that is not HTTP; not one that never came about. */
function isBroken(error: NodeJS.ErrnoException): boolean {
  if (error.syscall === 'connect' || error.syscall === 'getaddrinfo') return false;
  return isDeadConnection(error) || (error.code ?? '').startsWith('HPE_');
}

/** Interim answers (103 Early Hints and others) go straight to the connection: they are no part of the final answer. */
function sendInformation(
  res: ServerResponse,
  info: { statusCode: number; statusMessage: string; rawHeaders: string[] },
): void {
  // 100 Continue has its own event.
  if (info.statusCode === 100 || res.headersSent || res.socket === null) return;
  const lines = pairsOf(info.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  res.socket.write(`HTTP/1.1 ${info.statusCode} ${info.statusMessage}\r\n${lines.join('')}\r\n`, 'latin1');
}

function answerWith(res: ServerResponse, answer: IncomingMessage, { tape, mark }: Forwarding): void {
  tape?.head(answer.statusCode ?? 0, answer.rawHeaders);
  const { socket, shouldKeepAlive } = res;
  const headers = headersOf(res, answer, mark);
  // A client that asked for the end of its connection gets it, whatever the answer says of the upstream's.
  if (!shouldKeepAlive || !maySendMore(res, headers)) res.on('finish', () => socket?.destroySoon());
  try {
    writeHead(res, answer, headers);
  } catch (error) {
    // A status or reason that Node reads and will not write: no answer is better than another one.
    tape?.end(`the answer's head cannot be passed on (${(error as Error).message})`);
    answer.destroy();
    socket?.resetAndDestroy();
    return;
  }
  // The head does not wait for the first byte of the body, but shares its packet where both are here.
  setImmediate(() => {
    if (!res.destroyed && !res.writableEnded) flushHead(res);
  });
  answer.on('data', (chunk: Buffer) => {
    tape?.response(chunk);
    if (!res.write(chunk)) answer.pause();
  });
  res.on('drain', () => answer.resume());
  answer.on('end', () => {
    if (!isWhole(answer)) return;
    if (answer.rawTrailers.length > 0) res.addTrailers(pairsOf(answer.rawTrailers));
    res.end();
    tape?.end(null);
  });
  answer.on('error', () => {}); // 'close' follows and says whether the answer was whole.
  answer.on('close', () => {
    if (isWhole(answer) || res.destroyed) return;
    const wasReset = answer.socket.errored !== null && answer.socket.errored !== undefined;
    tape?.end(wasReset ? 'upstream reset' : 'upstream ended in the middle of the answer');
    breakOff(res, wasReset);
  });
}

function isWhole(answer: IncomingMessage): boolean {
  return answer.complete && !answer.socket?.errored;
}

/** A client of HTTP/1.0 takes the connection as kept only where the answer says so. */
function maySendMore(res: ServerResponse, headers: readonly string[]): boolean {
  return !isOld(res) || /keep-alive/i.test(headerOf(headers, 'connection') ?? '');
}

const isOld = ({ req }: ServerResponse): boolean => req.httpVersionMajor === 1 && req.httpVersionMinor === 0;

function headersOf(res: ServerResponse, { rawHeaders }: IncomingMessage, mark: string | null): string[] {
  const headers = mark === null ? rawHeaders : [...rawHeaders, 'x-understudy', mark];
  // HTTP/1.0 knows no chunks: there the end of the connection is the end of the answer.
  return isOld(res) ? withoutHeader(headers, 'transfer-encoding') : headers;
}

function writeHead(res: ServerResponse, answer: IncomingMessage, headers: string[]): void {
  // Only what the upstream said: no date, no connection header, no framing of our own.
  res.sendDate = false;
  if (headerOf(headers, 'connection') === null) res.removeHeader('connection');
  const isChunked = headerOf(headers, 'transfer-encoding') !== null;
  if (headerOf(headers, 'content-length') === null && !isChunked) {
    res.removeHeader('content-length');
    res.removeHeader('transfer-encoding');
  }
  // Node writes no announcement of trailers where none can follow.
  const isFutile = !isChunked && headerOf(headers, 'trailer') !== null;
  const written = isFutile ? withoutHeader(headers, 'trailer') : headers;
  res.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', written);
}

/** Node's own `flushHeaders` writes UTF-8 and so doubles the bytes of a Latin-1 header. */
function flushHead(res: ServerResponse): void {
  res.write('', 'latin1');
}

/** Ends the client's connection the way the upstream's ended, after what has come so far. */
function breakOff(res: ServerResponse, wasReset: boolean): void {
  const socket = res.socket;
  if (socket === null) {
    res.destroy();
    return;
  }
  flushHead(res);
  if (wasReset) socket.write('', () => socket.resetAndDestroy());
  else socket.destroySoon();
}

/** No answer came, so the client gets none: its connection ends the way the upstream's did, or breaks where there was none. */
function fail(
  upstream: Upstream,
  req: IncomingMessage,
  outgoing: ClientRequest | null,
  error: NodeJS.ErrnoException,
  { target, tape }: Forwarding,
): void {
  const isThere = isBroken(error);
  const wasReset = !isThere || outgoing?.socket?.errored != null;
  if (!isThere) upstream.unreachable(target, error);
  if (!isThere) tape?.end(`upstream unreachable (${error.code ?? 'error'})`);
  else tape?.end(wasReset ? 'upstream reset before an answer' : 'upstream closed before an answer');
  if (wasReset) req.socket.resetAndDestroy();
  else req.socket.destroy();
}

/** A short answer of our own, as JSON with one line of text. */
export function refuse(res: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ error: { type: 'understudy', message } });
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}
