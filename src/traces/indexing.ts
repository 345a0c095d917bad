import { open, stat } from 'node:fs/promises';
import type { Log } from '../base/log.ts';
import { writerAlive } from './lease.ts';
import type { Damage } from './reader.ts';
import { rowOf } from './row.ts';
import { readHeader } from './sealed.ts';
import { listSegments, type Segment } from './segment.ts';
import { type LineBatch, readSegment } from './segmentReader.ts';
import { type SegmentState, SHARD_ROWS, Shard } from './shard.ts';
import { skimTrace } from './skim.ts';
import { inSlices } from './slices.ts';
import type { SqlJsStatic } from './sqlite.ts';
import { loadTombstones, type Tombstones } from './tombstone.ts';

interface Index {
  readonly sqlite: SqlJsStatic;
  readonly shards: Shard[];
  readonly log: Log;
  readonly journal: string;
  /** Writes out a part that is full: it will not grow any more. */
  save(shard: Shard): Promise<void>;
}

/** Brings the index in step with the journal. */
export async function syncIndex(
  index: Index,
): Promise<{ added: number; removed: number; damaged: Damage[]; bytes: number }> {
  const tombstones = await loadTombstones(index.journal);
  const segments = await listSegments(index.journal);
  const result = { added: 0, removed: 0, damaged: [] as Damage[], bytes: 0 };
  result.removed += await removeVanished(index, new Set(segments.map((s) => s.name)));
  result.removed += await removeBuried(index, tombstones);
  for (const segment of segments) {
    const size = await addSegment(index, segment, tombstones, result);
    result.bytes += size;
  }
  return result;
}

async function removeVanished({ shards }: Index, present: ReadonlySet<string>): Promise<number> {
  let removed = 0;
  for (const shard of shards) {
    for (const { name } of shard.segments()) {
      if (present.has(name)) continue;
      removed += await removeOthers(shard, name, new Set());
      shard.forget(name);
    }
  }
  return removed;
}

async function removeBuried({ shards }: Index, tombstones: Tombstones): Promise<number> {
  let removed = 0;
  for (const { ids, segments } of tombstones.list) {
    if (ids !== null) {
      const remove = (id: string): void => void (shards.some((shard) => shard.remove(id)) && removed++);
      await inSlices(ids, remove, transactionOf(shards));
      continue;
    }
    for (const [name, lines] of segments) {
      for (const shard of shards) {
        const state = shard.segment(name);
        if (state === null) continue;
        const later = new Set(Array.from({ length: Math.max(0, state.line - lines) }, (_, i) => lines + i));
        removed += await removeOthers(shard, name, later);
      }
    }
  }
  return removed;
}

/** Takes out a segment's rows whose lines are not in `kept`, in slices. */
async function removeOthers(shard: Shard, segment: string, kept: ReadonlySet<number>): Promise<number> {
  const places = shard.rowsOutside(segment, kept);
  await inSlices(places, (place) => void shard.removeAt(place), transactionOf([shard]));
  return places.length;
}

async function addSegment(
  index: Index,
  segment: Segment,
  tombstones: Tombstones,
  result: { added: number; removed: number; damaged: Damage[] },
): Promise<number> {
  const file = await stat(segment.file).catch(() => null);
  if (file === null) return 0; // Sealed or deleted since the listing; the next sync sees it.
  const { size, mtimeMs: mtime } = file;
  let shard = index.shards.find((s) => s.segment(segment.name) !== null);
  const known = shard?.segment(segment.name) ?? null;
  if (known !== null && known.size === size && known.mtime === mtime) return size;
  const rewrites = segment.sealed ? await rewritesOf(segment.file) : 0;
  if (shard && known !== null && known.rewrites !== rewrites)
    result.removed += await removeOthers(shard, segment.name, await linesOf(index.journal, segment));
  shard ??= await shardFor(index);
  const start: SegmentState = known ?? { name: segment.name, line: 0, offset: 0, rewrites, size, mtime };
  shard.setSegment({ ...start, rewrites, size, mtime });
  const live = !segment.sealed && (await writerAlive(index.journal, segment.writer));
  for await (const batch of readSegment(index.journal, segment, { from: start, live })) {
    await addBatch(shard, segment.name, batch, tombstones, result);
    batch.release();
    shard.setSegment({ ...start, ...batch.next, rewrites, size, mtime });
  }
  return size;
}

async function shardFor({ shards, sqlite, save }: Index): Promise<Shard> {
  const last = shards.at(-1);
  if (last !== undefined && last.rows < SHARD_ROWS) return last;
  if (last?.dirty) await save(last);
  const next = new Shard(sqlite, (last?.number ?? 0) + 1);
  shards.push(next);
  return next;
}

async function addBatch(
  shard: Shard,
  segment: string,
  batch: LineBatch,
  tombstones: Tombstones,
  result: { added: number; damaged: Damage[] },
): Promise<void> {
  // A row is inserted as soon as it is read and held by nobody: what dies young costs the host no memory.
  await inSlices(
    batch.lines,
    ({ line, content }) => {
      if (content.ok && content.value === null) return;
      const trace = content.ok ? skimTrace(content.value ?? Buffer.alloc(0)) : content;
      if (!trace.ok) result.damaged.push({ segment, line: line + 1, reason: trace.error });
      else if (!tombstones.covers(segment, line, trace.value.id)) {
        shard.insert(segment, line, rowOf(trace.value));
        result.added++;
      }
    },
    transactionOf([shard]),
  );
}

/** One transaction for each slice of work on these parts. */
function transactionOf(shards: readonly Shard[]): { begin: () => void; end: () => void } {
  return {
    begin: () => {
      for (const shard of shards) shard.begin();
    },
    end: () => {
      for (const shard of shards) shard.commit();
    },
  };
}

async function rewritesOf(sealed: string): Promise<number> {
  const file = await open(sealed, 'r').catch(() => null);
  if (file === null) return 0;
  try {
    return (await readHeader(file))?.rewrites ?? 0;
  } finally {
    await file.close();
  }
}

/** The lines of a segment that are still there. */
async function linesOf(journal: string, segment: Segment): Promise<Set<number>> {
  const lines = new Set<number>();
  for await (const batch of readSegment(journal, segment))
    for (const { line, content } of batch.lines) if (content.ok && content.value !== null) lines.add(line);
  return lines;
}
