import { listSegments } from '../segment.ts';
import { readSegment } from '../segmentReader.ts';
import { loadTombstones } from '../tombstone.ts';

/** Which imported calls a journal has, by source id and by content. */
export interface KnownTraces {
  /** Is there a trace with the id's source id, or with its content? */
  has(traceId: string): boolean;
  add(traceId: string): void;
}

/** `i`, 16 hex digits of the source's id, 16 of the content: what `traceOf` writes, and nothing else does. */
const pattern = /^\{"id":"i([0-9a-f]{16})([0-9a-f]{16})"/;

/** Reads the ids of a journal's imported traces. Parses nothing: the id stands first in every line. */
export async function knownImports(folder: string): Promise<KnownTraces> {
  const seen = new Set<string>();
  const tombstones = await loadTombstones(folder);
  const add = (origin: string, content: string): void => {
    seen.add(`o${origin}`);
    seen.add(`c${content}`);
  };
  for (const segment of await listSegments(folder)) {
    for await (const batch of readSegment(folder, segment, { live: true })) {
      for (const { line, content } of batch.lines) {
        const match =
          content.ok && content.value !== null ? pattern.exec(content.value.toString('latin1', 0, 48)) : null;
        if (!match || tombstones.covers(segment.name, line, `i${match[1]}${match[2]}`)) continue;
        add(match[1]!, match[2]!);
      }
    }
  }
  return {
    has: (id) => seen.has(`o${id.slice(1, 17)}`) || seen.has(`c${id.slice(17)}`),
    add: (id) => add(id.slice(1, 17), id.slice(17)),
  };
}
