import path from 'node:path';
import { makeFolderIfRoom } from '../base/disk.ts';
import { type Log, silentLog } from '../base/log.ts';
import { syncIndex } from './indexing.ts';
import { parseTrace } from './line.ts';
import type { Damage } from './reader.ts';
import { type Cell, emptyHistogram, histogramQuantile } from './rollup.ts';
import { listSegments } from './segment.ts';
import { readLine } from './segmentReader.ts';
import type { IndexedRow, Shard } from './shard.ts';
import { inSlices } from './slices.ts';
import { loadShards, saveShard } from './snapshot.ts';
import { loadSqlite, type SqlJsStatic } from './sqlite.ts';
import type { Trace } from './trace.ts';

export interface StoreOptions {
  /** A workspace's storage: the journal is in its `journal/`, the snapshot of the index in its `index/`. */
  readonly folder: string;
  /** File of sql-wasm.wasm; by default beside the script or in sql.js's own package. */
  readonly wasm?: string;
  readonly log?: Log;
}

export interface Totals {
  readonly traces: number;
  readonly today: number;
  readonly unassigned: number;
  readonly errors: number;
  /** Size of the journal on disk. */
  readonly bytes: number;
}

export interface TaskTotals {
  readonly taskId: string;
  readonly calls: number;
  readonly errors: number;
  readonly answeredLocally: number;
  readonly byReason: Readonly<Record<string, number>>;
  readonly agreed: number;
  readonly disagreed: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
}

export interface DayCount {
  /** Local calendar day, `2026-11-02`. */
  readonly day: string;
  readonly taskId: string | null;
  readonly calls: number;
  readonly answeredLocally: number;
}

export interface Usage {
  readonly provider: string;
  readonly model: string;
  readonly servedBy: 'teacher' | 'student';
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
}

export interface Latency {
  readonly n: number;
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
}

export interface SyncResult {
  readonly added: number;
  readonly removed: number;
  /** Lines that could not be read, each told once. */
  readonly damaged: readonly Damage[];
}

export interface AssignmentRow {
  readonly traceId: string;
  readonly taskId: string | null;
  readonly version: number;
  readonly kind: string;
}

/** What to sum over. `taskId` null: calls of no task; undefined: all. `sinceMs`: calls begun at or after it. */
export interface Scope {
  readonly taskId?: string | null;
  readonly sinceMs?: number;
}

/** Opens the index of a workspace's traces; what its snapshot lacks comes with the next `sync`. */
export async function openStore(options: StoreOptions): Promise<TraceStore> {
  const sqlite = await loadSqlite(options.wasm);
  const index = path.join(options.folder, 'index');
  makeFolderIfRoom(index);
  const log = options.log ?? silentLog;
  const shards = await loadShards(sqlite, index, log);
  return new TraceStore({ sqlite, shards, log, index, journal: path.join(options.folder, 'journal') });
}

interface StoreParts {
  readonly sqlite: SqlJsStatic;
  readonly shards: Shard[];
  readonly log: Log;
  readonly index: string;
  readonly journal: string;
}

const HOUR = 3_600_000;
/** Between snapshots of parts that still grow. */
const SNAPSHOT_MS = 60_000;

/**
 * The index over a journal: narrow rows in sql.js, hourly sums in memory. Queries answer from memory in milliseconds;
 * `sync` works in slices that leave the event loop free. The journal is the truth: an index that is lost is built again.
 */
export class TraceStore {
  readonly #parts: StoreParts;
  #bytes = 0;
  #savedMs = Date.now();
  #busy: Promise<unknown> = Promise.resolve();

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /** Takes in what the journal has that the index has not, and lets go of what was deleted there. */
  sync(): Promise<SyncResult> {
    return this.#inTurn(async () => {
      const { bytes, ...result } = await syncIndex({ ...this.#parts, save: (shard) => this.#saveOne(shard) });
      this.#bytes = bytes;
      // A snapshot must not keep what was deleted.
      if (result.removed > 0 || Date.now() - this.#savedMs > SNAPSHOT_MS) await this.#save();
      return result;
    });
  }

  /** Writes the changed parts of the index to disk. */
  snapshot(): Promise<void> {
    return this.#inTurn(() => this.#save());
  }

  async #save(): Promise<void> {
    this.#savedMs = Date.now();
    for (const shard of this.#parts.shards) if (shard.dirty) await this.#saveOne(shard);
  }

  /** A snapshot that cannot be written costs the next start some time, and nothing else. */
  async #saveOne(shard: Shard): Promise<void> {
    await saveShard(this.#parts.index, shard).catch((error) =>
      this.#parts.log.warn(`index snapshot: ${error instanceof Error ? error.message : error}`),
    );
  }

  /** What tasks the traces belong to, as analysis found it. Traces that are not named keep what they have. */
  setAssignments(rows: readonly AssignmentRow[]): Promise<void> {
    return this.#inTurn(() => assignInSlices(this.#parts.shards, rows));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#busy.then(work);
    this.#busy = next.catch(() => {});
    return next;
  }

  totals(nowMs: number = Date.now()): Totals {
    const midnight = new Date(nowMs).setHours(0, 0, 0, 0);
    const sums = { traces: 0, today: 0, unassigned: 0, errors: 0 };
    for (const cell of this.#cells()) {
      sums.traces += cell.calls;
      if (cell.hour * HOUR >= midnight && cell.hour * HOUR <= nowMs) sums.today += cell.calls;
      if (cell.taskId === null) sums.unassigned += cell.calls;
      if (!cell.ok) sums.errors += cell.calls;
    }
    return { ...sums, bytes: this.#bytes };
  }

  /** Sums of one task, or of all tasks that have calls. */
  tasks(scope: Scope = {}): TaskTotals[] {
    const found = new Map<string, Mutable<TaskTotals> & { byReason: Record<string, number> }>();
    for (const cell of this.#scoped(scope)) {
      if (cell.taskId === null) continue;
      let task = found.get(cell.taskId);
      if (task === undefined) found.set(cell.taskId, (task = emptyTask(cell.taskId)));
      task.calls += cell.calls;
      if (!cell.ok) task.errors += cell.calls;
      if (cell.servedBy === 'student') task.answeredLocally += cell.calls;
      if (cell.reason !== '') task.byReason[cell.reason] = (task.byReason[cell.reason] ?? 0) + cell.calls;
      if (cell.audit === 'agree') task.agreed += cell.calls;
      if (cell.audit === 'disagree') task.disagreed += cell.calls;
      task.inputTokens += cell.inputTokens;
      task.outputTokens += cell.outputTokens;
      task.cachedTokens += cell.cachedTokens;
    }
    return [...found.values()].sort((a, b) => b.calls - a.calls);
  }

  /** Calls per local day and task, oldest first. */
  days(scope: Scope = {}): DayCount[] {
    const found = new Map<string, Mutable<DayCount>>();
    const names = new Map<number, string>();
    for (const cell of this.#scoped(scope)) {
      let day = names.get(cell.hour);
      if (day === undefined) names.set(cell.hour, (day = localDay(cell.hour * HOUR)));
      const key = `${day}|${cell.taskId}`;
      let count = found.get(key);
      if (count === undefined)
        found.set(key, (count = { day, taskId: cell.taskId, calls: 0, answeredLocally: 0 }));
      count.calls += cell.calls;
      if (cell.servedBy === 'student') count.answeredLocally += cell.calls;
    }
    const order = ({ day, taskId }: DayCount): string => `${day} ${taskId ?? ''}`;
    return [...found.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  /** Calls and tokens per model, most calls first. */
  usage(scope: Scope = {}): Usage[] {
    const found = new Map<string, Mutable<Usage>>();
    for (const cell of this.#scoped(scope)) {
      const { provider, model, servedBy } = cell;
      const key = `${provider}|${model}|${servedBy}`;
      let sum = found.get(key);
      if (sum === undefined) {
        sum = { provider, model, servedBy, calls: 0, inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
        found.set(key, sum);
      }
      sum.calls += cell.calls;
      sum.inputTokens += cell.inputTokens;
      sum.outputTokens += cell.outputTokens;
      sum.cachedTokens += cell.cachedTokens;
    }
    return [...found.values()].sort((a, b) => b.calls - a.calls);
  }

  /** Quantiles of the durations of whole, successful calls, right to within 1 %. @param taskId undefined: of all calls. */
  latency(servedBy: 'teacher' | 'student', taskId?: string | null): Latency {
    const histogram = emptyHistogram();
    for (const shard of this.#parts.shards) shard.rollup.collectLatency(histogram, servedBy, taskId);
    const at = (q: number): number | null => histogramQuantile(histogram, q);
    return { n: histogram.reduce((sum, c) => sum + c, 0), p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99) };
  }

  /** A page of rows, the last stored first. @param before place of the last row of the page before. */
  latest(options: { taskId?: string | null; before?: number; limit: number }): IndexedRow[] {
    const { before = Number.MAX_SAFE_INTEGER, limit } = options;
    const rows: IndexedRow[] = [];
    for (const shard of [...this.#parts.shards].reverse()) {
      if (rows.length >= limit) break;
      rows.push(...shard.latest({ ...options, before, limit: limit - rows.length }));
    }
    return rows;
  }

  has(traceId: string): boolean {
    return this.find(traceId) !== null;
  }

  find(traceId: string): IndexedRow | null {
    for (const shard of [...this.#parts.shards].reverse()) {
      const row = shard.find(traceId);
      if (row !== null) return row;
    }
    return null;
  }

  /** The whole trace from the journal; null where it is not there any more. */
  async read(traceId: string): Promise<Trace | null> {
    const row = this.find(traceId);
    const segment = row && (await listSegments(this.#parts.journal)).find((s) => s.name === row.segment);
    if (!row || !segment) return null;
    const content = await readLine(this.#parts.journal, segment, row.line);
    const trace = content?.ok && content.value !== null ? parseTrace(content.value) : null;
    return trace?.ok && trace.value.id === traceId ? trace.value : null;
  }

  async close(): Promise<void> {
    await this.snapshot();
    for (const shard of this.#parts.shards) shard.close();
  }

  *#cells(): Generator<Cell> {
    for (const shard of this.#parts.shards) yield* shard.rollup.cells();
  }

  /** The cells in scope; the hour in which it begins is counted row by row. */
  *#scoped({ taskId, sinceMs }: Scope): Generator<Cell> {
    const firstHour = sinceMs === undefined ? Number.NEGATIVE_INFINITY : Math.ceil(sinceMs / HOUR);
    for (const cell of this.#cells())
      if (cell.hour >= firstHour && (taskId === undefined || cell.taskId === taskId)) yield cell;
    if (sinceMs === undefined || sinceMs === firstHour * HOUR) return;
    for (const shard of this.#parts.shards) {
      if (!shard.rollup.hasHour(firstHour - 1)) continue;
      for (const row of shard.between(sinceMs, firstHour * HOUR))
        if (taskId === undefined || row.taskId === taskId) yield cellOf(row);
    }
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function emptyTask(taskId: string): Mutable<TaskTotals> & { byReason: Record<string, number> } {
  const tokens = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
  return {
    taskId,
    calls: 0,
    errors: 0,
    answeredLocally: 0,
    byReason: {},
    agreed: 0,
    disagreed: 0,
    ...tokens,
  };
}

function cellOf(row: IndexedRow): Cell {
  const ok = row.status >= 200 && row.status < 300 && !row.incomplete;
  return { ...row, hour: Math.floor(row.startMs / HOUR), ok, calls: 1 };
}

function localDay(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

async function assignInSlices(shards: readonly Shard[], rows: readonly AssignmentRow[]): Promise<void> {
  // Rows come in the journal's order: the part that had the last one most likely has the next.
  let recent = shards[0];
  const begun = new Set<Shard>();
  const assign = (shard: Shard, { traceId, taskId, version, kind }: AssignmentRow): boolean => {
    if (!begun.has(shard)) shard.begin();
    begun.add(shard);
    return shard.assign(traceId, taskId, version, kind);
  };
  await inSlices(
    rows,
    (row) => {
      if (recent && assign(recent, row)) return;
      recent = shards.find((shard) => shard !== recent && assign(shard, row)) ?? recent;
    },
    {
      begin: () => begun.clear(),
      end: () => {
        for (const shard of begun) shard.commit();
      },
    },
  );
}
