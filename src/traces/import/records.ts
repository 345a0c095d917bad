import { isArray, isObject, type JsonObject, parseJson } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { CsvSplitter, isCsvHeader } from './csv.ts';
import { isProtobuf, readMessages } from './messages.ts';
import { readBytes, textOf } from './unpack.ts';

/** A JSON object of a file, or why there is none; with the line it begins on, or the message it is, from 1. */
export interface FileRecord {
  readonly line: number;
  readonly content: Result<JsonObject, string>;
}

/**
 * The records of a file: JSON lines, one array of objects, objects written over several lines, a comma-separated table, or
 * OTLP's protobuf; packed or not. Streams: memory is bounded by the largest record.
 */
export async function* readRecords(file: string): AsyncGenerator<FileRecord> {
  const pieces = readBytes(file);
  const first = await pieces.next();
  if (first.done) return;
  const all = (async function* () {
    yield first.value;
    yield* pieces;
  })();
  yield* isProtobuf(first.value) ? readMessages(all) : readTexts(all);
}

async function* readTexts(pieces: AsyncIterable<Buffer>): AsyncGenerator<FileRecord> {
  let splitter: Splitter | null = null;
  let head = '';
  for await (const piece of textOf(pieces)) {
    if (splitter === null) {
      head += piece;
      splitter = chooseSplitter(head, false);
      if (splitter !== null) yield* splitter.take(head);
    } else yield* splitter.take(piece);
  }
  if (splitter === null && head.trim() !== '') {
    splitter = chooseSplitter(head, true) ?? new LineSplitter();
    yield* splitter.take(head);
  }
  if (splitter !== null) yield* splitter.end();
}

export interface Splitter {
  take(piece: string): Iterable<FileRecord>;
  end(): Iterable<FileRecord>;
}

/** null: too little seen to tell. A first line that is a whole object means lines; one that is only begun, a document. */
function chooseSplitter(head: string, complete: boolean): Splitter | null {
  const text = head.trimStart();
  if (text === '') return null;
  if (text[0] === '[') return new ValueSplitter();
  const end = text.indexOf('\n');
  if (end === -1 && !complete) return null;
  const first = (end === -1 ? text : text.slice(0, end)).trim();
  if (first[0] !== '{' && isCsvHeader(first)) return new CsvSplitter();
  const begun = first[0] === '{' && parseJson(first) === undefined && /[{[,]$/.test(first);
  return begun ? new ValueSplitter() : new LineSplitter();
}

class LineSplitter implements Splitter {
  #rest = '';
  #line = 0;

  *take(piece: string): Generator<FileRecord> {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const text of lines) yield* this.#one(text);
  }

  *end(): Generator<FileRecord> {
    yield* this.#one(this.#rest);
  }

  *#one(text: string): Generator<FileRecord> {
    this.#line++;
    const plain = this.#line === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (plain.trim() !== '') yield { line: this.#line, content: objectIn(plain) };
  }
}

/** Cuts a stream of JSON into its objects by counting brackets outside of strings; the array around them is only passed. */
export class ValueSplitter implements Splitter {
  #parts: string[] = [];
  #depth = 0;
  #inString = false;
  #escaped = false;
  #line = 1;
  #startLine = 1;

  *take(piece: string): Generator<FileRecord> {
    let start = 0;
    for (let i = 0; i < piece.length; i++) {
      const c = piece.charCodeAt(i);
      if (c === 10) this.#line++;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (c === 92) this.#escaped = true;
        else if (c === 34) this.#inString = false;
      } else if (c === 34) this.#inString = this.#depth > 0;
      else if (c === 123 || (c === 91 && this.#depth > 0)) {
        if (this.#depth++ === 0) {
          start = i;
          this.#startLine = this.#line;
        }
      } else if ((c === 125 || c === 93) && this.#depth > 0 && --this.#depth === 0) {
        const text = this.#parts.join('') + piece.slice(start, i + 1);
        this.#parts = [];
        yield { line: this.#startLine, content: objectIn(text) };
      }
    }
    if (this.#depth > 0) this.#parts.push(piece.slice(start));
  }

  *end(): Generator<FileRecord> {
    if (this.#depth > 0)
      yield { line: this.#startLine, content: fail('the file ends in the middle of this record') };
  }
}

function objectIn(text: string): Result<JsonObject, string> {
  const value = parseJson(text);
  if (value === undefined) return fail('not JSON');
  return isObject(value) ? ok(value) : fail(isArray(value) ? 'a list, not an object' : 'not a JSON object');
}
