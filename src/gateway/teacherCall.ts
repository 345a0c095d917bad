import type { Socket } from 'node:net';
import type { Carrying, Requesting } from './agents.ts';
import { type AnswerHead, AnswerReader, type AnswerSink, endsInChunks } from './answerReader.ts';
import { headerOf, type RawHeaders } from './headers.ts';

/** Who sends a call and gets its answer. */
export interface TeacherListener extends AnswerSink {
  /** The request may go on after `write` said that it should wait. */
  drain(): void;
  /**
   * No answer, or no whole one, will come any more.
   * @param error what broke the connection or kept it from coming about; null: it ended, or carried something that is no HTTP.
   */
  failed(error: NodeJS.ErrnoException | null): void;
}

const NOTHING = Buffer.alloc(0);
/** A body's first piece up to this goes out in one write with its head, bytes. */
const MAX_JOINED_BYTES = 64 << 10;
/** Kept for a connection that is still to come before the sender is asked to wait, bytes. */
const MAX_UNSENT_BYTES = 64 << 10;

/**
 * One request to a teacher and its answer, on a connection of one of Node's agents. It does for a call what Node's
 * ClientRequest does, with the bytes as they are: nothing is set, checked or framed anew, and what comes in one read goes
 * on in one piece. An exchange costs half of what it costs there.
 */
export class TeacherCall implements Requesting {
  /** Of the agents' part, see `Requesting`. */
  reusedSocket = false;
  shouldKeepAlive: boolean;
  res: { readonly rawHeaders: RawHeaders } | undefined;

  readonly #listener: TeacherListener;
  readonly #reader: AnswerReader;
  readonly #isChunked: boolean;
  #head: string | null;
  #socket: Socket | null = null;
  #unsent: Buffer[] = [];
  #unsentBytes = 0;
  #isSent = false;
  #isOver = false;

  constructor(method: string, path: string, headers: RawHeaders, listener: TeacherListener) {
    let head = `${method} ${path} HTTP/1.1\r\n`;
    for (let i = 0; i < headers.length; i += 2) head += `${headers[i]!}: ${headers[i + 1]!}\r\n`;
    this.#head = `${head}\r\n`;
    const at = headers.findLastIndex((name, i) => i % 2 === 0 && /^transfer-encoding$/i.test(name));
    this.#isChunked = at >= 0 && endsInChunks(headers[at + 1]!);
    this.shouldKeepAlive = !/\bclose\b/i.test(headerOf(headers, 'connection') ?? '');
    this.#listener = listener;
    this.#reader = new AnswerReader(method, {
      keepsFrames: listener.keepsFrames,
      interim: (answer) => listener.interim(answer),
      head: (answer) => this.#answered(answer),
      body: (bytes, isLast) => listener.body(bytes, isLast),
    });
    // Whether the body is wanted is asked by the head alone.
    if (headerOf(headers, 'expect') !== null) this.#send(NOTHING);
  }

  /** It went out on a connection that had served before, and not a byte came back. */
  get mayBeRepeated(): boolean {
    return this.reusedSocket && !this.#reader.hasBegun;
  }

  /** @returns false where the sender should wait for `drain`. */
  write(chunk: Buffer): boolean {
    if (this.#isOver || chunk.length === 0) return true;
    return this.#send(this.#isChunked ? framed(chunk) : chunk);
  }

  /** The request is complete. `trailers`: lines, each with its end. */
  end(trailers = ''): void {
    this.#isSent = true;
    if (this.#isOver) {
      if (this.#socket !== null) this.#release(this.#socket);
    } else if (this.#isChunked) this.#send(Buffer.from(`0\r\n${trailers}\r\n`, 'latin1'));
    else if (this.#head !== null) this.#send(NOTHING);
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    if (!this.#isOver) this.#socket?.resume();
  }

  /** Gives the call up; nothing is told of it any more. */
  abort(): void {
    this.#isOver = true;
    this.#socket?.destroy();
  }

  onSocket(socket: Socket | null | undefined, error?: Error | null): void {
    if (error || !socket) {
      this.failed(error ?? null);
      return;
    }
    if (this.#isOver) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    (socket as Carrying)._httpMessage = this;
    attend(socket);
    for (const bytes of this.#unsent) socket.write(bytes);
    this.#unsent = [];
    if (this.#unsentBytes >= MAX_UNSENT_BYTES) this.#listener.drain();
  }

  /** What agents tell a request. */
  emit(event: string, error?: Error): boolean {
    if (event === 'error') this.failed(error ?? null);
    return true;
  }

  drained(): void {
    if (!this.#isOver) this.#listener.drain();
  }

  received(bytes: Buffer): void {
    if (this.#isOver) {
      // More than the answer: whatever it is, nobody asked for it.
      this.#socket?.destroy();
      return;
    }
    const reading = this.#reader.read(bytes);
    if (reading === 'more') return;
    if (reading === 'broken') this.#failed(null);
    else this.#whole(reading === 'whole' && this.#reader.keepsAlive);
  }

  /** The connection ended or broke. */
  failed(error: NodeJS.ErrnoException | null): void {
    if (this.#isOver) return;
    if (error === null && this.#reader.end()) this.#whole(false);
    else this.#failed(error);
  }

  #failed(error: NodeJS.ErrnoException | null): void {
    this.abort();
    this.#listener.failed(error);
  }

  #answered(head: AnswerHead): void {
    this.res = { rawHeaders: head.headers };
    this.#listener.head(head);
  }

  #whole(keepsAlive: boolean): void {
    const socket = this.#socket;
    // The listener may have given it up on seeing the answer.
    if (this.#isOver || socket === null) return;
    this.#isOver = true;
    this.shouldKeepAlive &&= keepsAlive;
    // A connection can only be used again when the request, too, is through.
    if (this.#isSent || !this.shouldKeepAlive) this.#release(socket);
  }

  #release(socket: Socket): void {
    this.#socket = null;
    if (this.shouldKeepAlive && socket.writable) {
      if (socket.isPaused()) socket.resume();
      socket.emit('free');
      return;
    }
    (socket as Carrying)._httpMessage = null;
    socket.destroySoon();
  }

  #send(bytes: Buffer): boolean {
    const head = this.#head;
    if (head === null) return this.#put(bytes);
    this.#head = null;
    if (bytes.length > MAX_JOINED_BYTES) {
      this.#put(Buffer.from(head, 'latin1'));
      return this.#put(bytes);
    }
    const joined = Buffer.allocUnsafe(head.length + bytes.length);
    joined.write(head, 'latin1');
    bytes.copy(joined, head.length);
    return this.#put(joined);
  }

  #put(bytes: Buffer): boolean {
    if (this.#socket !== null) return this.#socket.write(bytes);
    this.#unsent.push(bytes);
    this.#unsentBytes += bytes.length;
    return this.#unsentBytes < MAX_UNSENT_BYTES;
  }
}

function framed(chunk: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${chunk.length.toString(16)}\r\n`, 'latin1'),
    chunk,
    Buffer.from('\r\n', 'latin1'),
  ]);
}

/** Connections that are listened to: once for all the calls that they carry. */
const attended = new WeakSet<Socket>();

function attend(socket: Socket): void {
  if (attended.has(socket)) return;
  attended.add(socket);
  socket.on('data', onData).on('drain', onDrain).on('error', onError).on('end', onEnd).on('close', onEnd);
}

function callOn(socket: Socket): TeacherCall | null {
  const carried = (socket as Carrying)._httpMessage;
  return carried instanceof TeacherCall ? carried : null;
}

function onData(this: Socket, bytes: Buffer): void {
  if ((this as Carrying)._httpMessage == null) this.destroy();
  else callOn(this)?.received(bytes);
}

function onDrain(this: Socket): void {
  callOn(this)?.drained();
}

function onError(this: Socket, error: Error): void {
  callOn(this)?.failed(error);
}

function onEnd(this: Socket): void {
  callOn(this)?.failed(null);
}
