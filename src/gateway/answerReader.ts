import { headerOf, type RawHeaders } from './headers.ts';

/** The head of an answer. Texts are Latin-1, as Node gives and takes them. */
export interface AnswerHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: RawHeaders;
  /** Its body is told with the frames of its chunks. */
  readonly isFramed: boolean;
}

/** Who is told what an answer consists of, in the order in which it comes. */
export interface AnswerSink {
  /** Whether chunks come with their frames and trailers, as they stand on the wire. */
  readonly keepsFrames: boolean;
  /** An answer before the answer (1xx). */
  interim(head: AnswerHead): void;
  head(head: AnswerHead): void;
  /** The body; its bytes are only lent. Nothing, and not the last, is told where a head has come without the beginning of its body. */
  body(bytes: Buffer, isLast: boolean): void;
}

/** Largest header block of an answer, bytes: far above what any provider sends, far below what would hurt. */
export const MAX_HEADER_BYTES = 1 << 20;

/** `more`: it goes on. `whole`: it is over, and so are the bytes. `beyond`: it is over, and bytes followed that nobody asked for. */
export type Reading = 'more' | 'whole' | 'beyond' | 'broken';

const CR = 13;
const LF = 10;
const SEMICOLON = 59;
const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);
/** Digits of a chunk's length: as many as a double holds exactly. */
const MAX_DIGITS = 13;

/** What comes next in a chunked body. */
type Place = 'length' | 'extension' | 'length-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'trailer-lf';

/**
 * Reads one HTTP/1.1 answer (RFC 9112) to know where it ends and which of its bytes are its body. It takes nothing apart that
 * it need not: Node's own parser makes a buffer of each chunk, which for a stream is most of what forwarding it costs.
 * Ambiguous framing (two lengths, a length beside chunks) is broken, never guessed at.
 */
export class AnswerReader {
  readonly #method: string;
  readonly #sink: AnswerSink;
  /** The beginning of a head that is not whole. */
  #early: Buffer = NOTHING;
  #framing: 'head' | 'length' | 'chunks' | 'until-end' | 'over' = 'head';
  /** Bytes left of the body or of its chunk. */
  #left = 0;
  #digits = 0;
  #place: Place = 'length';
  /** Of the trailers, as far as it has come. */
  #line = '';
  #keepsAlive = false;
  #hasBegun = false;

  constructor(method: string, sink: AnswerSink) {
    this.#method = method;
    this.#sink = sink;
  }

  /** A byte of it has come. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Its connection may carry another call once it is whole. */
  get keepsAlive(): boolean {
    return this.#keepsAlive;
  }

  /** The connection has ended. @returns whether the answer is whole. */
  end(): boolean {
    if (this.#framing !== 'until-end') return this.#framing === 'over';
    this.#framing = 'over';
    this.#sink.body(NOTHING, true);
    return true;
  }

  read(bytes: Buffer): Reading {
    this.#hasBegun = true;
    let rest = bytes;
    while (this.#framing === 'head') {
      const after = this.#readHead(rest);
      if (typeof after === 'string') return after;
      rest = after;
    }
    return this.#readBody(rest);
  }

  /** @returns the bytes after a head, which may be one before the answer's. */
  #readHead(bytes: Buffer): Buffer | 'more' | 'broken' {
    let all = this.#early.length === 0 ? bytes : Buffer.concat([this.#early, bytes]);
    // Empty lines before an answer are nothing.
    while (all[0] === CR || all[0] === LF) all = all.subarray(1);
    const end = all.indexOf(HEAD_END, Math.max(0, all.length - bytes.length - HEAD_END.length));
    if (end < 0) {
      // The bytes are only lent.
      this.#early = Buffer.from(all);
      return all.length > MAX_HEADER_BYTES || !startsLikeAnswer(all) ? 'broken' : 'more';
    }
    this.#early = NOTHING;
    const lines = all.toString('latin1', 0, end).split('\r\n');
    const [, version, status, reason = ''] = statusLine.exec(lines[0]!) ?? [];
    const headers = headersOf(lines);
    // Nobody asked for another protocol here.
    if (status === undefined || status === '101' || headers === null) return 'broken';
    const isInterim = status[0] === '1';
    if (!isInterim && !this.#frame(headers, Number(status), version === '1.1')) return 'broken';
    const head = {
      status: Number(status),
      reason,
      headers,
      isFramed: this.#framing === 'chunks' && this.#sink.keepsFrames,
    };
    if (isInterim) this.#sink.interim(head);
    else this.#sink.head(head);
    return all.subarray(end + HEAD_END.length);
  }

  /** Finds out where the body ends (RFC 9112, 6.3). @returns false where that is ambiguous. */
  #frame(headers: RawHeaders, status: number, isNew: boolean): boolean {
    let length: string | null = null;
    let coding: string | null = null;
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!;
      if (name.length === 14 && name.toLowerCase() === 'content-length') {
        if (length !== null) return false;
        length = headers[i + 1]!;
      } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') coding = headers[i + 1]!;
    }
    const connection = headerOf(headers, 'connection');
    this.#keepsAlive = isNew
      ? connection === null || !/\bclose\b/i.test(connection)
      : connection !== null && /\bkeep-alive\b/i.test(connection);
    if (coding === '' || (length !== null && (coding !== null || !/^\d{1,15}$/.test(length)))) return false;
    this.#left = Number(length ?? 0);
    if (this.#method === 'HEAD' || status === 204 || status === 304) this.#left = 0;
    else if (coding !== null && endsInChunks(coding)) {
      this.#framing = 'chunks';
      return true;
    } else if (length === null) {
      this.#framing = 'until-end';
      this.#keepsAlive = false;
      return true;
    }
    this.#framing = 'length';
    return true;
  }

  #readBody(bytes: Buffer): Reading {
    switch (this.#framing) {
      case 'length': {
        const taken = Math.min(bytes.length, this.#left);
        this.#left -= taken;
        return this.#pass(bytes, taken, this.#left === 0);
      }
      case 'chunks': {
        const end = this.#walk(bytes);
        if (end >= 0) return this.#pass(bytes, end, true);
        if (this.#sink.keepsFrames) this.#sink.body(bytes, false);
        return end === MORE ? 'more' : 'broken';
      }
      case 'until-end':
        this.#sink.body(bytes, false);
        return 'more';
      default:
        return 'beyond';
    }
  }

  /** Tells of the bytes up to `end`, which is where the answer ends if `isOver`. */
  #pass(bytes: Buffer, end: number, isOver: boolean): Reading {
    const isTold = this.#framing === 'chunks' && !this.#sink.keepsFrames;
    if (isOver) this.#framing = 'over';
    this.#sink.body(isTold ? NOTHING : end === bytes.length ? bytes : bytes.subarray(0, end), isOver);
    if (!isOver) return 'more';
    return end === bytes.length ? 'whole' : 'beyond';
  }

  /** @returns where the body ends in these bytes; MORE or BROKEN where it does not. */
  #walk(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#place === 'data') {
        const to = Math.min(bytes.length, at + this.#left);
        if (!this.#sink.keepsFrames) this.#sink.body(bytes.subarray(at, to), false);
        this.#left -= to - at;
        at = to;
        if (this.#left === 0) this.#place = 'data-cr';
        continue;
      }
      const next = this.#step(bytes[at++]!);
      if (next === null) return BROKEN;
      if (next === 'end') return at;
      this.#place = next;
    }
    return MORE;
  }

  /** Where one byte outside of a chunk's data leads; null: nowhere. */
  #step(byte: number): Place | 'end' | null {
    switch (this.#place) {
      case 'length':
        return this.#lengthStep(byte);
      case 'extension':
        return byte === CR ? 'length-lf' : byte === LF ? null : 'extension';
      case 'length-lf':
        this.#digits = 0;
        this.#line = '';
        return byte !== LF ? null : this.#left === 0 ? 'trailer' : 'data';
      case 'data-cr':
        return byte === CR ? 'data-lf' : null;
      case 'data-lf':
        return byte === LF ? 'length' : null;
      case 'trailer':
        return this.#trailerStep(byte);
      default:
        if (byte !== LF) return null;
        if (this.#line === '') return 'end';
        if (readHeader(this.#line) === null) return null;
        this.#line = '';
        return 'trailer';
    }
  }

  #lengthStep(byte: number): Place | null {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit;
      return ++this.#digits > MAX_DIGITS ? null : 'length';
    }
    if (this.#digits === 0) return null;
    return byte === CR ? 'length-lf' : byte === SEMICOLON ? 'extension' : null;
  }

  #trailerStep(byte: number): Place | null {
    if (byte === CR) return 'trailer-lf';
    this.#line += String.fromCharCode(byte);
    return this.#line.length > MAX_HEADER_BYTES ? null : 'trailer';
  }
}

const MORE = -1;
const BROKEN = -2;

/** The value of a hexadecimal digit; -1 where it is none, or nothing. */
export function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = (byte | 32) - 87;
  return letter >= 10 && letter <= 15 ? letter : -1;
}

/** Whether what the last `Transfer-Encoding` header says is a body in chunks. */
export function endsInChunks(coding: string): boolean {
  return /(?:^|,)[ \t]*chunked$/i.test(coding);
}

/** Versions that Node's parser reads; only of 1.1 it is taken for granted that connections are kept. */
const statusLine = /^HTTP\/(0\.9|1\.0|1\.1|2\.0) (\d\d\d)(?: ([^\r\n]*))?$/;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const unspeakable = /[\x00-\x08\x0a-\x1f\x7f]/;

function startsLikeAnswer(bytes: Buffer): boolean {
  return 'HTTP/'.startsWith(bytes.toString('latin1', 0, 5));
}

/** Name, value, name, value, ... of the lines after the first; null where one is no header. */
function headersOf(lines: readonly string[]): string[] | null {
  const headers: string[] = [];
  for (let i = 1; i < lines.length; i++) {
    const header = readHeader(lines[i]!);
    if (header === null) return null;
    headers.push(header[0], header[1]);
  }
  return headers;
}

function readHeader(line: string): readonly [name: string, value: string] | null {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon));
  return token.test(name) && !unspeakable.test(line) ? [name, trimmed(line, colon + 1)] : null;
}

/** Without the blanks and tabs around it; a no-break space is not one. */
function trimmed(line: string, start: number): string {
  let from = start;
  let to = line.length;
  while (from < to && isBlank(line.charCodeAt(from))) from++;
  while (to > from && isBlank(line.charCodeAt(to - 1))) to--;
  return line.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
