import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerHead } from './answerReader.ts';
import { headerOf, linesOf, type RawHeaders, withoutHeader } from './headers.ts';
import type { Tape } from './tape.ts';
import type { TeacherCall, TeacherListener } from './teacherCall.ts';
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
/** What is written as text needs no memory outside of the heap, and follows a head in the same write. Node takes up to this at once, bytes. */
const MAX_TEXT_BYTES = 16 << 10;

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
  new Passing(upstream, req, res, call).start();
}

/** A class, not closures: one object for a call instead of a dozen. */
class Passing implements TeacherListener {
  readonly keepsFrames: boolean;
  readonly #upstream: Upstream;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #call: Forwarding;
  #outgoing: TeacherCall;
  #sent: Buffer[] = [];
  #sentBytes = 0;
  #requestEnded = false;
  #isRetry = false;
  #answered = false;
  #isOver = false;

  constructor(upstream: Upstream, req: IncomingMessage, res: ServerResponse, call: Forwarding) {
    this.#upstream = upstream;
    this.#req = req;
    this.#res = res;
    this.#call = call;
    // HTTP/1.0 knows no chunks: there the end of the connection is the end of the answer.
    this.keepsFrames = !isOld(res);
    this.#outgoing = this.#open();
  }

  start(): void {
    const { body, more } = this.#call;
    this.#res.on('close', () => this.#clientClosed());
    if (body !== null) this.#keep(body);
    if (body !== null) this.#outgoing.write(body);
    if (body !== null && !more) {
      this.#end();
      return;
    }
    this.#req.on('data', (chunk: Buffer) => {
      this.#call.tape?.request(chunk);
      if (!this.#answered) this.#keep(chunk);
      if (!this.#outgoing.write(chunk)) this.#req.pause();
    });
    this.#req.on('end', () => this.#end());
    this.#req.resume();
    // What of the body came with the head is told before that; a client may wait for an answer before it sends the rest.
    process.nextTick(() => this.#outgoing.begin());
  }

  interim(head: AnswerHead): void {
    if (head.status === 100) this.#res.writeContinue();
    else sendInterim(this.#res, head);
  }

  head(head: AnswerHead): void {
    const { tape, mark } = this.#call;
    const res = this.#res;
    this.#answered = true;
    this.#sent = [];
    tape?.head(head.status, head.headers, head.isFramed);
    const { socket, shouldKeepAlive } = res;
    const headers = headersOf(res, head, mark);
    // A client that asked for the end of its connection gets it, whatever the answer says of the upstream's.
    if (!shouldKeepAlive || !maySendMore(res, headers)) res.on('finish', () => socket?.destroySoon());
    try {
      writeHead(res, head, headers);
    } catch (error) {
      // A status or reason that Node reads and will not write: no answer is better than another one.
      tape?.end(`the answer's head cannot be passed on (${(error as Error).message})`);
      this.#isOver = true;
      this.#outgoing.abort();
      socket?.resetAndDestroy();
      return;
    }
    res.on('drain', () => this.#outgoing.resume());
  }

  body(bytes: Buffer, isLast: boolean): void {
    if (this.#isOver) return;
    const { tape } = this.#call;
    const res = this.#res;
    if (bytes.length > 0) tape?.response(bytes);
    if (isLast) {
      this.#isOver = true;
      endWith(res, bytes);
      tape?.end(null);
    } else if (bytes.length === 0) flushHead(res);
    else if (!writeCopy(res, bytes)) this.#outgoing.pause();
  }

  drain(): void {
    this.#req.resume();
  }

  failed(error: NodeJS.ErrnoException | null): void {
    if (this.#isOver || this.#res.destroyed) return;
    if (!this.#answered && this.#mayRepeat(error)) {
      this.#repeat();
      return;
    }
    this.#isOver = true;
    if (this.#answered) {
      this.#call.tape?.end(error === null ? 'upstream ended in the middle of the answer' : 'upstream reset');
      breakOff(this.#res, error !== null);
    } else fail(this.#upstream, this.#req, error, this.#call);
  }

  #open(): TeacherCall {
    const { target, headers } = this.#call;
    return this.#upstream.call(target, this.#req.method ?? 'GET', headers, this);
  }

  #keep(chunk: Buffer): void {
    this.#sentBytes += chunk.length;
    if (this.#sentBytes <= MAX_RESENT_BYTES) this.#sent.push(chunk);
    else this.#sent = [];
  }

  #end(): void {
    this.#requestEnded = true;
    const { rawTrailers } = this.#req;
    this.#outgoing.end(rawTrailers.length === 0 ? '' : linesOf(rawTrailers));
  }

  #mayRepeat(error: NodeJS.ErrnoException | null): boolean {
    if (this.#isRetry || this.#sentBytes > MAX_RESENT_BYTES) return false;
    return this.#outgoing.mayBeRepeated && (error === null || isDeadConnection(error));
  }

  #repeat(): void {
    this.#isRetry = true;
    this.#outgoing = this.#open();
    for (const chunk of this.#sent) this.#outgoing.write(chunk);
    if (this.#requestEnded) this.#end();
    else {
      this.#outgoing.begin();
      this.#req.resume();
    }
  }

  #clientClosed(): void {
    if (this.#res.writableFinished) return;
    this.#call.tape?.end('client aborted');
    this.#outgoing.abort();
  }
}

function isDeadConnection(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}

/** A connection that was there and broke, not one that never came about. */
function isBroken(error: NodeJS.ErrnoException): boolean {
  return error.syscall !== 'connect' && error.syscall !== 'getaddrinfo' && isDeadConnection(error);
}

/** Interim answers (103 Early Hints and others) go straight to the connection: they are no part of the final answer. */
function sendInterim(res: ServerResponse, { status, reason, headers }: AnswerHead): void {
  if (res.headersSent || res.socket === null) return;
  res.socket.write(`HTTP/1.1 ${status} ${reason}\r\n${linesOf(headers)}\r\n`, 'latin1');
}

/** A client of HTTP/1.0 takes the connection as kept only where the answer says so. */
function maySendMore(res: ServerResponse, headers: RawHeaders): boolean {
  return !isOld(res) || /keep-alive/i.test(headerOf(headers, 'connection') ?? '');
}

const isOld = ({ req }: ServerResponse): boolean => req.httpVersionMajor === 1 && req.httpVersionMinor === 0;

function headersOf(res: ServerResponse, head: AnswerHead, mark: string | null): RawHeaders {
  const headers = mark === null ? head.headers : [...head.headers, 'x-understudy', mark];
  return isOld(res) ? withoutHeader(headers, 'transfer-encoding') : headers;
}

function writeHead(res: ServerResponse, { status, reason }: AnswerHead, headers: RawHeaders): void {
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
  res.writeHead(status, reason, (isFutile ? withoutHeader(headers, 'trailer') : headers) as string[]);
  // The body comes in the frames that it goes on in.
  res.chunkedEncoding = false;
}

/** The bytes are only lent: they are copied, into text or into memory that comes back once it is written. */
function writeCopy(res: ServerResponse, bytes: Buffer): boolean {
  if (bytes.length <= MAX_TEXT_BYTES) return res.write(bytes.toString('latin1'), 'latin1');
  const room = bytes.length <= ROOM_BYTES ? (rooms.pop() ?? Buffer.allocUnsafeSlow(ROOM_BYTES)) : null;
  if (room === null) return res.write(Buffer.from(bytes));
  const length = bytes.copy(room);
  return res.write(room.subarray(0, length), () => {
    if (rooms.length < MAX_ROOMS) rooms.push(room);
  });
}

/** As much as one read gives. */
const ROOM_BYTES = 64 << 10;
const MAX_ROOMS = 64;
const rooms: Buffer[] = [];

function endWith(res: ServerResponse, bytes: Buffer): void {
  if (bytes.length > MAX_TEXT_BYTES) writeCopy(res, bytes);
  if (bytes.length > 0 && bytes.length <= MAX_TEXT_BYTES) res.end(bytes.toString('latin1'), 'latin1');
  else res.end();
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
  error: NodeJS.ErrnoException | null,
  { target, tape }: Forwarding,
): void {
  if (error !== null && !isBroken(error)) {
    upstream.unreachable(target, error);
    tape?.end(`upstream unreachable (${error.code ?? 'error'})`);
  } else tape?.end(error === null ? 'upstream closed before an answer' : 'upstream reset before an answer');
  if (error === null) req.socket.destroy();
  else req.socket.resetAndDestroy();
}

/** A short answer of our own, as JSON with one line of text. */
export function refuse(res: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ error: { type: 'understudy', message } });
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}
