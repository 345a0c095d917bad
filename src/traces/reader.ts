import { writerAlive } from './lease.ts';
import { idOf, parseTrace } from './line.ts';
import { listSegments } from './segment.ts';
import { readSegment } from './segmentReader.ts';
import { loadTombstones } from './tombstone.ts';
import type { Trace } from './trace.ts';

/** A place in the journal that could not be read; everything else was. `line` counts from 1. */
export interface Damage {
  readonly segment: string;
  readonly line: number;
  readonly reason: string;
}

/**
 * All traces of a journal folder, segment by segment in the order of writing; a folder that does not exist has none.
 * Streams: memory is bounded by a few megabytes whatever the journal's size. Damaged lines are reported and skipped.
 */
export async function* readTraces(
  folder: string,
  options: { readonly onDamage?: (damage: Damage) => void } = {},
): AsyncGenerator<Trace> {
  const deleted = await loadTombstones(folder);
  for (const segment of await listSegments(folder)) {
    const live = !segment.sealed && (await writerAlive(folder, segment.writer));
    for await (const batch of readSegment(folder, segment, { live })) {
      for (const { line, content } of batch.lines) {
        if (content.ok && content.value === null) continue;
        const trace = content.ok && content.value !== null ? parseTrace(content.value) : content;
        if (!trace.ok) options.onDamage?.({ segment: segment.name, line: line + 1, reason: trace.error });
        else if (
          trace.value !== null &&
          !Buffer.isBuffer(trace.value) &&
          !deleted.covers(segment.name, line, trace.value.id)
        )
          yield trace.value;
      }
    }
  }
}

/**
 * The traces of those ids that are found in time, looked for from the newest segment on.
 * @param patienceMs how long to look.
 */
export async function findTraces(
  folder: string,
  ids: ReadonlySet<string>,
  patienceMs: number,
): Promise<Trace[]> {
  const until = performance.now() + patienceMs;
  const missing = new Set(ids);
  const found: Trace[] = [];
  const deleted = await loadTombstones(folder);
  for (const segment of (await listSegments(folder)).reverse()) {
    if (missing.size === 0) break;
    for await (const { lines } of readSegment(folder, segment, { live: true })) {
      for (const { line, content } of lines) {
        const id = content.ok && content.value !== null ? idOf(content.value) : null;
        if (id === null || !missing.has(id) || !content.ok || content.value === null) continue;
        missing.delete(id);
        const trace = parseTrace(content.value);
        if (trace.ok && !deleted.covers(segment.name, line, id)) found.push(trace.value);
      }
      if (missing.size === 0 || performance.now() > until) return found;
    }
  }
  return found;
}
