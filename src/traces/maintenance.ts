import { rm, stat } from 'node:fs/promises';
import { isDiskFull } from '../base/disk.ts';
import type { Log } from '../base/log.ts';
import { withFolderLock, writerAlive } from './lease.ts';
import { idOf } from './line.ts';
import { type Drop, sealSegment } from './seal.ts';
import { listSegments, openFile, type Segment, sealedFile } from './segment.ts';
import { readSegment } from './segmentReader.ts';
import type { SegmentWriter } from './segmentWriter.ts';
import { addTombstone, loadTombstones, settleTombstone, type Tombstones } from './tombstone.ts';
import { forgetWithdrawn } from './withdrawn.ts';

/** What to keep. Age counts from when a trace was stored; whole segments go, oldest first, never the one being written. */
export interface Retention {
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
}

/** A segment is closed after a day at the latest, or retention by age could never reach its first traces. */
const MAX_OPEN_MS = 86_400_000;

export type DeleteWhat = 'all' | { readonly ids: ReadonlySet<string> };

export interface MaintenanceOptions {
  /** The segment being written is left alone; null: this process writes none. */
  readonly writer: SegmentWriter | null;
  readonly retention: Retention;
  readonly log: Log;
  readonly nowMs: number;
  /** For how long the clock has run evenly, milliseconds; Infinity where it has not jumped as far as is known. */
  readonly steadyMs: number;
}

/** A clock that jumped forward is believed once it has run evenly for so long: a wrong one is put right by then. */
const BELIEVED_MS = 3_600_000;

/** Seals what is closed, carries out deletions, applies retention. Skips what another process has in hand. */
export async function maintain(
  folder: string,
  options: MaintenanceOptions,
): Promise<{ segments: number; bytes: number }> {
  await options.writer?.leaveRemoved();
  const tombstones = await loadTombstones(folder);
  await rotateIfDue(options, tombstones);
  const done = new Set<string>();
  const due = (segment: Segment): boolean =>
    !segment.sealed || segment.leftover || tombstones.concerns(segment.name);
  for (const { name } of (await closedSegments(folder, options.writer)).filter(due)) {
    // The lock is held for one segment at a time: whoever opens the journal waits for no more than that.
    const outcome = await withFolderLock(folder, () => workOn(folder, name, options, tombstones), 2000);
    if (outcome === 'rewritten') done.add(name);
    if (outcome === 'failed') break;
  }
  if (tombstones.list.length > 0) await withFolderLock(folder, () => settle(folder, tombstones, done), 2000);
  await retain(folder, options);
  return measure(folder);
}

/** A segment that is old, or holds what is to be deleted, is closed, so that it can be sealed. */
async function rotateIfDue({ writer, nowMs }: MaintenanceOptions, tombstones: Tombstones): Promise<void> {
  const current = writer?.current() ?? null;
  if (current === null) return;
  const old = nowMs - Number(current.slice(0, current.indexOf('-'))) > MAX_OPEN_MS;
  if (old || tombstones.concerns(current)) await writer?.rotate();
}

/** Seals or rewrites one segment where that is due. Everything is looked at anew: the lock was somebody else's before. */
async function workOn(
  folder: string,
  name: string,
  { writer, log }: MaintenanceOptions,
  tombstones: Tombstones,
): Promise<'nothing' | 'rewritten' | 'failed'> {
  const segment = (await closedSegments(folder, writer)).find((s) => s.name === name);
  if (segment === undefined) return 'nothing';
  if (segment.leftover) await rm(openFile(folder, name), { force: true });
  if (segment.sealed && !tombstones.concerns(name)) return 'nothing';
  try {
    await sealSegment(folder, segment, dropOf(tombstones, name));
    return 'rewritten';
  } catch (error) {
    log.warn(`segment ${name} could not be sealed: ${error}`);
    return isDiskFull(error) ? 'failed' : 'nothing';
  }
}

function dropOf(tombstones: Tombstones, segment: string): Drop | null {
  if (!tombstones.concerns(segment)) return null;
  return (line, id) => tombstones.covers(segment, line, id);
}

/** Segments that nobody appends to: sealed ones, this writer's but the current, and those of dead writers. */
async function closedSegments(folder: string, writer: SegmentWriter | null): Promise<Segment[]> {
  const closed: Segment[] = [];
  for (const segment of await listSegments(folder)) {
    const mine = writer !== null && segment.writer === writer.writer;
    const busy = mine ? segment.name === writer.current() : await writerAlive(folder, segment.writer);
    if (segment.sealed || !busy) closed.push(segment);
  }
  return closed;
}

/** A deletion is done where the segment has been rewritten, or is there no more. */
async function settle(folder: string, tombstones: Tombstones, done: ReadonlySet<string>): Promise<void> {
  const present = new Set((await listSegments(folder)).map((s) => s.name));
  for (const tombstone of tombstones.list) {
    const settled = [...tombstone.segments.keys()].filter((name) => done.has(name) || !present.has(name));
    await settleTombstone(tombstone, new Set(settled));
  }
}

async function retain(folder: string, options: MaintenanceOptions): Promise<void> {
  const { retention, nowMs, steadyMs, writer } = options;
  const { maxBytes = Number.POSITIVE_INFINITY } = retention;
  const maxAgeMs =
    steadyMs < BELIEVED_MS ? Number.POSITIVE_INFINITY : (retention.maxAgeMs ?? Number.POSITIVE_INFINITY);
  if (maxAgeMs === Number.POSITIVE_INFINITY && maxBytes === Number.POSITIVE_INFINITY) return;
  let { bytes } = await measure(folder);
  const gone: Segment[] = [];
  for (const segment of await closedSegments(folder, writer)) {
    const file = await stat(segment.file).catch(() => null);
    if (file === null) continue; // Another process was faster.
    const { size, mtimeMs } = file;
    if (nowMs - mtimeMs <= maxAgeMs && bytes <= maxBytes) continue;
    gone.push(segment);
    bytes -= size;
  }
  if (gone.length === 0) return;
  await withFolderLock(folder, async () => {
    for (const { file } of gone) await rm(file, { force: true });
  });
}

async function measure(folder: string): Promise<{ segments: number; bytes: number }> {
  const segments = await listSegments(folder);
  let bytes = 0;
  for (const { file } of segments)
    bytes += await stat(file).then(
      (s) => s.size,
      () => 0,
    );
  return { segments: segments.length, bytes };
}

/**
 * Deletes traces from a journal, sealed segments included. They are gone for every reader when this returns; the bytes in
 * a segment that another process is writing follow within that process's next maintenance.
 * @param writer the caller's own family, whose current segment it has closed.
 * @returns the number of traces deleted.
 */
export async function deleteTraces(folder: string, what: DeleteWhat, writer?: string): Promise<number> {
  const ids = what === 'all' ? null : what.ids;
  const counted = await countTraces(folder, ids, writer);
  // Closed segments that go as a whole can go at once: on a full disk there is no room for more than that.
  if (ids === null) await removeClosed(folder, counted.segments, writer);
  if (counted.segments.size > 0) await addTombstone(folder, ids, counted.segments);
  if (ids === null) await forgetWithdrawn(folder);
  return counted.traces;
}

async function removeClosed(
  folder: string,
  segments: Map<string, number>,
  writer: string | undefined,
): Promise<void> {
  await withFolderLock(folder, async () => {
    for (const segment of await listSegments(folder)) {
      const live = segment.writer !== writer && (await writerAlive(folder, segment.writer));
      if (!segments.has(segment.name) || (live && !segment.sealed)) continue;
      await rm(sealedFile(folder, segment.name), { force: true });
      await rm(openFile(folder, segment.name), { force: true });
      segments.delete(segment.name);
    }
  });
}

async function countTraces(
  folder: string,
  ids: ReadonlySet<string> | null,
  writer: string | undefined,
): Promise<{ traces: number; segments: Map<string, number> }> {
  const before = await loadTombstones(folder);
  const segments = new Map<string, number>();
  let traces = 0;
  for (const segment of await listSegments(folder)) {
    let lines = 0;
    let hits = 0;
    const live = segment.writer !== writer && (await writerAlive(folder, segment.writer));
    for await (const batch of readSegment(folder, segment, { live })) {
      lines = batch.next.line;
      for (const { line, content } of batch.lines) {
        if (!content.ok || content.value === null) continue;
        const id = idOf(content.value);
        if (id === null || before.covers(segment.name, line, id)) continue;
        if (ids === null || ids.has(id)) hits++;
      }
    }
    traces += hits;
    if (hits > 0) segments.set(segment.name, lines);
  }
  return { traces, segments };
}
