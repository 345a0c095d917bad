import { writerAlive } from './lease.ts';
import { parseTrace } from './line.ts';
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
