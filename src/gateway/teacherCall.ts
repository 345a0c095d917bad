import { type AnswerHead, AnswerReader, type AnswerSink, endsInChunks } from './answerReader.ts';
import type { Caller, Connection } from './connections.ts';
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
/** A body's first piece up to this goes out in one write with its head; Node takes as much text at once, bytes. */
const MAX_TEXT_BYTES = 12 << 10;
/** Kept for a connection that is still to come before the sender is asked to wait, bytes. */
const MAX_UNSENT_BYTES = 64 << 10;

/** Kept by the other side for no longer than this, a connection is likelier to end under a call than to serve it, seconds. */
const MIN_KEPT_SECONDS = 2;

/**
 * One request to a teacher and its answer. It does for a call what Node's ClientRequest does, with the bytes as they are:
 * nothing is set, checked or framed anew, and what comes in one read goes on in one piece.
 */
export class TeacherCall implements Caller {
  readonly #listener: TeacherListener;
  readonly #reader: AnswerReader;
  readonly #isChunked: boolean;
  #head: string | null;
  #keepsAlive: boolean;
  #connection: Connection | null = null;
  #isReused = false;
  #unsent: (Buffer | string)[] = [];
  #unsentBytes = 0;
  #isSent = false;
  #isOver = false;

  constructor(method: string, path: string, headers: RawHeaders, listener: TeacherListener) {
    let head = `${method} ${path} HTTP/1.1\r\n`;
    for (let i = 0; i < headers.length; i += 2) head += `${headers[i]!}: ${headers[i + 1]!}\r\n`;
    this.#head = `${head}\r\n`;
    const at = headers.findLastIndex((name, i) => i % 2 === 0 && /^transfer-encoding$/i.test(name));
    this.#isChunked = at >= 0 && endsInChunks(headers[at + 1]!);
    this.#keepsAlive = !/\bclose\b/i.test(headerOf(headers, 'connection') ?? '');
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

  /** Its connection had served before. */
  get isReused(): boolean {
    return this.#isReused;
  }

  /** It went out on a connection that had served before, and not a byte came back. */
  get mayBeRepeated(): boolean {
    return this.#isReused && !this.#reader.hasBegun;
  }

  /** @returns false where the sender should wait for `drain`. */
  write(chunk: Buffer): boolean {
    if (this.#isOver || chunk.length === 0) return true;
    return this.#send(this.#isChunked ? framed(chunk) : chunk);
  }

  /** The request is complete. `trailers`: lines, each with its end. */
  end(trailers = ''): void {
    this.#isSent = true;
    if (this.#isOver) this.#release();
    else if (this.#isChunked) this.#send(Buffer.from(`0\r\n${trailers}\r\n`, 'latin1'));
    else if (this.#head !== null) this.#send(NOTHING);
  }

  /** Sends the head, where it still waits to go out with the beginning of a body. */
  begin(): void {
    if (this.#head !== null && !this.#isOver) this.#send(NOTHING);
  }

  pause(): void {
    this.#connection?.socket.pause();
  }

  resume(): void {
    if (!this.#isOver) this.#connection?.socket.resume();
  }

  /** Gives the call up; nothing is told of it any more. */
  abort(): void {
    this.#isOver = true;
    this.#connection?.socket.destroy();
  }

  connected(connection: Connection): void {
    if (this.#isOver) {
      connection.socket.destroy();
      return;
    }
    this.#connection = connection;
    this.#isReused = connection.isReused;
    for (const bytes of this.#unsent) connection.socket.write(bytes, 'latin1');
    this.#unsent = [];
    if (this.#unsentBytes >= MAX_UNSENT_BYTES) this.#listener.drain();
  }

  drained(): void {
    if (!this.#isOver) this.#listener.drain();
  }

  received(bytes: Buffer): void {
    if (this.#isOver) {
      // More than the answer: whatever it is, nobody asked for it.
      this.#connection?.socket.destroy();
      return;
    }
    const reading = this.#reader.read(bytes);
    if (reading === 'more') return;
    if (reading === 'broken') this.#failed(null);
    else this.#whole(reading === 'whole' && this.#reader.keepsAlive);
  }

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
    const hint = headerOf(head.headers, 'keep-alive');
    const seconds = hint === null ? undefined : /(?:^|[,\s])timeout=(\d+)/i.exec(hint)?.[1];
    if (seconds !== undefined && Number(seconds) < MIN_KEPT_SECONDS) this.#keepsAlive = false;
    this.#listener.head(head);
  }

  #whole(keepsAlive: boolean): void {
    // The listener may have given it up on seeing the answer.
    if (this.#isOver) return;
    this.#isOver = true;
    this.#keepsAlive &&= keepsAlive;
    // A connection can only be used again when the request, too, is through.
    if (this.#isSent || !this.#keepsAlive) this.#release();
  }

  #release(): void {
    const connection = this.#connection;
    this.#connection = null;
    if (this.#keepsAlive) connection?.keep();
    else connection?.end();
  }

  #send(bytes: Buffer): boolean {
    const head = this.#head;
    if (head === null) return this.#put(bytes);
    this.#head = null;
    // As text it is one write, and needs no memory outside of the heap.
    if (bytes.length <= MAX_TEXT_BYTES) return this.#put(head + bytes.toString('latin1'));
    this.#put(head);
    return this.#put(bytes);
  }

  #put(bytes: Buffer | string): boolean {
    if (this.#connection !== null) return this.#connection.socket.write(bytes, 'latin1');
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
