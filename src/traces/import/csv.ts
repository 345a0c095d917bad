import type { Json } from '../../base/json.ts';
import { fail, ok } from '../../base/result.ts';
import type { FileRecord, Splitter } from './records.ts';

/** Is this the first line of a table with a header: names between commas, quoted or not? */
export function isCsvHeader(line: string): boolean {
  const names = line.replace(/^\uFEFF/, '').trim();
  return /^(?:"[\w .-]+"|[\w .-]+)(?:,(?:"[\w .-]*"|[\w .-]*))+$/.test(names);
}

const QUOTE = 34;
const COMMA = 44;
const CR = 13;
const LF = 10;

/** Rows of a comma-separated table (RFC 4180) as objects of texts under the header's names; an empty cell is null. */
export class CsvSplitter implements Splitter {
  #names: string[] | null = null;
  #cells: string[] = [];
  #cell = '';
  #quoted = false;
  /** A quote inside a quoted cell was the last character: it ends the cell, or a second one follows. */
  #closing = false;
  #line = 1;
  #startLine = 1;

  *take(piece: string): Generator<FileRecord> {
    for (let i = 0; i < piece.length; i++) {
      const c = piece.charCodeAt(i);
      if (c === LF) this.#line++;
      if (this.#closing) {
        this.#closing = false;
        if (c === QUOTE) {
          this.#cell += '"';
          continue;
        }
        this.#quoted = false;
      }
      if (this.#quoted) {
        if (c === QUOTE) this.#closing = true;
        else this.#cell += piece[i];
      } else if (c === QUOTE && this.#cell === '') this.#quoted = true;
      else if (c === COMMA) this.#endCell();
      else if (c === LF) yield* this.#endRow();
      else if (c !== CR) this.#cell += piece[i];
    }
  }

  *end(): Generator<FileRecord> {
    if (this.#quoted && !this.#closing)
      yield { line: this.#startLine, content: fail('the file ends in the middle of this record') };
    else if (this.#cell !== '' || this.#cells.length > 0) yield* this.#endRow();
  }

  #endCell(): void {
    this.#cells.push(this.#cell);
    this.#cell = '';
  }

  *#endRow(): Generator<FileRecord> {
    this.#endCell();
    const [cells, line] = [this.#cells, this.#startLine];
    this.#cells = [];
    this.#startLine = this.#line;
    if (cells.length === 1 && cells[0] === '') return;
    if (this.#names === null) {
      this.#names = cells.map((name) => name.replace(/^\uFEFF/, '').trim());
      return;
    }
    if (cells.length !== this.#names.length) {
      const reason = `${cells.length} cells where the header has ${this.#names.length}`;
      yield { line, content: fail(reason) };
      return;
    }
    const row: Record<string, Json> = {};
    for (const [i, name] of this.#names.entries()) row[name] = cells[i] === '' ? null : cells[i]!;
    yield { line, content: ok(row) };
  }
}
