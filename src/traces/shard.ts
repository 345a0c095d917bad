import { latencyBucket, Rollup } from './rollup.ts';
import type { Row } from './row.ts';
import {
  type Database,
  exportDatabase,
  openDatabase,
  type SqlJsStatic,
  type SqlValue,
  Statements,
} from './sqlite.ts';

/**
 * One part of the index: a sql.js database over whole segments. An index of many small databases instead of one large one
 * is what keeps every step short: writing one out copies a few megabytes, and a finished part is never written again.
 */

/** A part takes no further segment once it has this many rows. */
export const SHARD_ROWS = 50_000;

const SCHEMA_VERSION = 5;
/** Row id = segment * 2^24 + line: segments are far shorter than 16 million lines. */
const LINES = 2 ** 24;

const SCHEMA = `
CREATE TABLE segment (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, line INTEGER NOT NULL, offset INTEGER NOT NULL,
  rewrites INTEGER NOT NULL, size INTEGER NOT NULL, mtime REAL NOT NULL);
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE trace (at INTEGER PRIMARY KEY, id NOT NULL, start INTEGER NOT NULL,
  micros INTEGER NOT NULL, traits INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL,
  cached INTEGER NOT NULL, task INTEGER, version INTEGER NOT NULL, kind INTEGER NOT NULL);
CREATE INDEX trace_key ON trace (substr(id, -6));
CREATE INDEX trace_task ON trace (task);
PRAGMA user_version = ${SCHEMA_VERSION};`;

const COLUMNS = 'at, id, start, micros, traits, input, output, cached, task, version, kind';
const UNUSED_WORDS = `SELECT id FROM word WHERE id NOT IN (SELECT traits FROM trace UNION SELECT kind FROM trace
  UNION SELECT task FROM trace WHERE task IS NOT NULL)`;
const INSERT = `INSERT OR REPLACE INTO trace VALUES (${Array(11).fill('?').join(',')})`;

/** How far a segment is in the index, and which file that was. */
export interface SegmentState {
  readonly name: string;
  readonly line: number;
  readonly offset: number;
  readonly rewrites: number;
  readonly size: number;
  readonly mtime: number;
}

/** A row with its place in the journal. */
export interface IndexedRow extends Row {
  readonly segment: string;
  readonly line: number;
  /** Grows in the order of storing: where a page of rows goes on. */
  readonly place: number;
}

/** What many rows have in common: kept once, as JSON in `word`. */
type Traits = Pick<
  Row,
  'provider' | 'model' | 'status' | 'servedBy' | 'incomplete' | 'reason' | 'audit' | 'source' | 'site'
>;

/** Places of one part lie together. */
const PLACES = 2 ** 40;

export class Shard {
  readonly number: number;
  dirty = false;
  rows = 0;
  rollup = new Rollup();
  readonly #sqlite: SqlJsStatic;
  #database: Database;
  #settled: boolean;
  #statements: Statements;
  readonly #words = new Map<string, number>();
  #lastWord = 0;
  /** Rows were removed since the last export: words may be nobody's any more. */
  #thinned = false;
  readonly #texts: string[] = [];
  readonly #traits: (Traits | undefined)[] = [];
  readonly #segments = new Map<string, SegmentState & { readonly id: number }>();

  /** @param bytes of a snapshot. @throws where they are not one of this version. */
  constructor(sqlite: SqlJsStatic, number: number, bytes?: Uint8Array) {
    this.number = number;
    this.#sqlite = sqlite;
    this.#settled = bytes !== undefined;
    this.#database = openDatabase(sqlite, bytes);
    this.#statements = new Statements(this.#database);
    if (bytes === undefined) this.#database.run(SCHEMA);
    else this.#restore();
  }

  #restore(): void {
    const version = this.#statements.all('PRAGMA user_version')[0]?.[0];
    if (version !== SCHEMA_VERSION) throw new Error(`index version ${version}`);
    for (const [id, text] of this.#statements.all('SELECT id, text FROM word')) {
      this.#lastWord = Math.max(this.#lastWord, Number(id));
      this.#words.set(String(text), Number(id));
      this.#texts[Number(id)] = String(text);
    }
    for (const row of this.#statements.all(
      'SELECT id, name, line, offset, rewrites, size, mtime FROM segment',
    )) {
      const [id, name, line, offset, rewrites, size, mtime] = row;
      const numbers = { line: Number(line), offset: Number(offset), rewrites: Number(rewrites) };
      const state = { name: String(name), ...numbers, size: Number(size), mtime: Number(mtime) };
      this.#segments.set(state.name, { id: Number(id), ...state });
    }
    this.rows = Number(this.#statements.all('SELECT count(*) FROM trace')[0]?.[0] ?? 0);
  }

  segments(): SegmentState[] {
    return [...this.#segments.values()];
  }

  segment(name: string): SegmentState | null {
    return this.#segments.get(name) ?? null;
  }

  setSegment(state: SegmentState): void {
    const known = this.#segments.get(state.name);
    const greatest = Math.max(0, ...[...this.#segments.values()].map((s) => s.id));
    const id = known?.id ?? greatest + 1;
    this.#segments.set(state.name, { id, ...state });
    this.#statements
      .get('INSERT OR REPLACE INTO segment VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run([id, state.name, state.line, state.offset, state.rewrites, state.size, state.mtime]);
    this.dirty = true;
  }

  /** Call between `begin` and `commit`. The segment must be known. */
  insert(segment: string, line: number, row: Row): void {
    const id = this.#segments.get(segment)?.id ?? 0;
    const { provider, model, status, servedBy, incomplete, reason, audit, source, site } = row;
    const traits = { provider, model, status, servedBy, incomplete, reason, audit, source, site };
    this.#statements
      .get(INSERT)
      .run([
        id * LINES + line,
        packId(row.id),
        row.startMs,
        Math.round(row.durationMs * 1000),
        this.#word(JSON.stringify(traits)),
        row.inputTokens,
        row.outputTokens,
        row.cachedTokens,
        row.taskId === null ? null : this.#word(row.taskId),
        row.version,
        this.#word(row.kind),
      ]);
    this.rows++;
    this.dirty = true;
    this.#count(row, 1);
  }

  #count(row: Row, sign: 1 | -1): void {
    const ok = isOk(row.status, !row.incomplete);
    const { taskId, kind, provider, model, servedBy, reason, audit } = row;
    const hour = Math.floor(row.startMs / 3_600_000);
    this.rollup.add(
      { hour, taskId, kind, provider, model, servedBy, ok, reason, audit },
      {
        calls: sign,
        inputTokens: sign * row.inputTokens,
        outputTokens: sign * row.outputTokens,
        cachedTokens: sign * row.cachedTokens,
      },
    );
    if (ok) this.rollup.addLatency(taskId, servedBy, latencyBucket(row.durationMs), sign);
  }

  /** Without a transaction every change would be written to the imaginary disk by itself. */
  begin(): void {
    this.#database.run('BEGIN');
  }

  commit(): void {
    this.#database.run('COMMIT');
  }

  /** The row of a trace; null where this part does not have it. */
  find(traceId: string): IndexedRow | null {
    return (
      this.#select('WHERE substr(id, -6) = ?', [keyOf(traceId)]).find((row) => row.id === traceId) ?? null
    );
  }

  /** Rows stored before a place, the last one first. */
  latest(options: { taskId?: string | null; before: number; limit: number }): IndexedRow[] {
    const { taskId, limit } = options;
    const before = options.before - this.number * PLACES;
    if (before <= 0) return [];
    const order = 'at < ? ORDER BY at DESC LIMIT ?';
    if (taskId === undefined) return this.#select(`WHERE ${order}`, [before, limit]);
    if (taskId === null) return this.#select(`WHERE task IS NULL AND ${order}`, [before, limit]);
    const word = this.#words.get(taskId);
    return word === undefined ? [] : this.#select(`WHERE task = ? AND ${order}`, [word, before, limit]);
  }

  /** Rows of a stretch of time; looks at all rows of the part. */
  between(fromMs: number, toMs: number): IndexedRow[] {
    return this.#select('WHERE start >= ? AND start < ?', [fromMs, toMs]);
  }

  #select(where: string, params: SqlValue[]): IndexedRow[] {
    return this.#statements
      .all(`SELECT ${COLUMNS} FROM trace ${where}`, params)
      .map((row) => this.#rowOf(row));
  }

  #rowOf(columns: readonly SqlValue[]): IndexedRow {
    const n = (i: number): number => Number(columns[i]);
    return {
      segment: this.#segmentName(Math.floor(n(0) / LINES)),
      line: n(0) % LINES,
      place: this.number * PLACES + n(0),
      id: unpackId(columns[1] ?? null),
      startMs: n(2),
      durationMs: n(3) / 1000,
      ...this.#traitsOf(n(4)),
      inputTokens: n(5),
      outputTokens: n(6),
      cachedTokens: n(7),
      taskId: columns[8] === null ? null : (this.#texts[n(8)] ?? null),
      version: n(9),
      kind: this.#texts[n(10)] ?? '',
    };
  }

  #traitsOf(word: number): Traits {
    return (this.#traits[word] ??= JSON.parse(this.#texts[word]!) as Traits);
  }

  #segmentName(id: number): string {
    for (const segment of this.#segments.values()) if (segment.id === id) return segment.name;
    return '';
  }

  /** Call between `begin` and `commit`. @returns false where this part does not have the trace. */
  assign(traceId: string, taskId: string | null, version: number, kind: string): boolean {
    const row = this.find(traceId);
    if (row === null) return false;
    if (row.taskId === taskId && row.version === version && row.kind === kind) return true;
    const at = (this.#segments.get(row.segment)?.id ?? 0) * LINES + row.line;
    const task = taskId === null ? null : this.#word(taskId);
    this.#statements
      .get('UPDATE trace SET task = ?, version = ?, kind = ? WHERE at = ?')
      .run([task, version, this.#word(kind), at]);
    this.#count(row, -1);
    this.#count({ ...row, taskId, version, kind }, 1);
    this.dirty = true;
    return true;
  }

  remove(traceId: string): boolean {
    const row = this.find(traceId);
    return row !== null && this.removeAt(row.place - this.number * PLACES);
  }

  /** Places of a segment's rows whose lines are not in `kept`. */
  rowsOutside(segment: string, kept: ReadonlySet<number>): number[] {
    const id = this.#segments.get(segment)?.id ?? 0;
    const range = [id * LINES, (id + 1) * LINES];
    const all = this.#statements.all('SELECT at FROM trace WHERE at >= ? AND at < ?', range);
    return all.map(([at]) => Number(at)).filter((at) => !kept.has(at % LINES));
  }

  /** @param at place of a row, as `rowsOutside` tells it. @returns false where there is none. */
  removeAt(at: number): boolean {
    const [row] = this.#select('WHERE at = ?', [at]);
    if (row === undefined) return false;
    this.#statements.get('DELETE FROM trace WHERE at = ?').run([at]);
    this.#count(row, -1);
    this.rows--;
    this.dirty = true;
    this.#thinned = true;
    return true;
  }

  /** Forgets a segment, whose rows have been removed. */
  forget(segment: string): void {
    this.#statements.get('DELETE FROM segment WHERE name = ?').run([segment]);
    this.#segments.delete(segment);
    this.dirty = true;
  }

  /** Counts the rows with ids in (after, after + the next `limit`] into the rollup. @returns where to go on; null at the end. */
  countFrom(after: number, limit: number): number | null {
    const last = this.#statements.all('SELECT at FROM trace WHERE at > ? ORDER BY at LIMIT 1 OFFSET ?', [
      after,
      limit - 1,
    ])[0]?.[0];
    const end = last === undefined ? Number.MAX_SAFE_INTEGER : Number(last);
    for (const row of this.#select('WHERE at > ? AND at <= ?', [after, end])) this.#count(row, 1);
    return last === undefined ? null : end;
  }

  #word(text: string): number {
    const known = this.#words.get(text);
    if (known !== undefined) return known;
    const id = ++this.#lastWord;
    this.#words.set(text, id);
    this.#texts[id] = text;
    this.#statements.get('INSERT INTO word VALUES (?, ?)').run([id, text]);
    return id;
  }

  /** A call site, a model or a task that only deleted rows named goes with them. */
  #forgetUnusedWords(): void {
    if (!this.#thinned) return;
    this.#thinned = false;
    for (const [id] of this.#statements.all(UNUSED_WORDS)) {
      this.#statements.get('DELETE FROM word WHERE id = ?').run([Number(id)]);
      this.#words.delete(this.#texts[Number(id)] ?? '');
      delete this.#texts[Number(id)];
      delete this.#traits[Number(id)];
    }
  }

  /** The database as bytes. */
  export(): Uint8Array {
    this.#forgetUnusedWords();
    this.#statements.free();
    this.dirty = false;
    const bytes = exportDatabase(this.#database);
    if (this.rows < SHARD_ROWS || this.#settled) return bytes;
    // A part that grows no more lets go, once, of the room it had for growing.
    this.#settled = true;
    this.#database.close();
    this.#database = openDatabase(this.#sqlite, bytes);
    this.#statements = new Statements(this.#database);
    return bytes;
  }

  close(): void {
    this.#statements.free();
    this.#database.close();
  }
}

const isOk = (status: number, whole: boolean): boolean => status >= 200 && status < 300 && whole;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A UUID as its 16 bytes, any other id as it is. */
function packId(id: string): SqlValue {
  return uuid.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex') : id;
}

function unpackId(id: SqlValue): string {
  if (!(id instanceof Uint8Array)) return String(id);
  const hex = Buffer.from(id).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** What the index over ids is made of: the end of one, which varies most; the id itself decides. */
function keyOf(id: string): SqlValue {
  const packed = packId(id);
  return packed instanceof Uint8Array ? packed.subarray(-6) : [...id].slice(-6).join('');
}
