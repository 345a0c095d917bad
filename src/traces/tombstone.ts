import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isObject, parseJson } from '../base/json.ts';

/**
 * A deletion that has been asked for. Readers honour it from the moment its file is there; the bytes go when each segment
 * that it names has been rewritten, and then the file goes too. So a deletion survives a crash, and reaches a segment
 * that another process is still writing.
 */
export interface Tombstone {
  readonly file: string;
  /** null: every trace. */
  readonly ids: ReadonlySet<string> | null;
  /** Segment name -> number of lines it had then: later lines are not meant. */
  readonly segments: ReadonlyMap<string, number>;
}

export interface Tombstones {
  readonly list: readonly Tombstone[];
  covers(segment: string, line: number, id: string): boolean;
  /** Is anything of this segment to be deleted? */
  concerns(segment: string): boolean;
}

const extension = '.tombstone';

export async function loadTombstones(folder: string): Promise<Tombstones> {
  const list: Tombstone[] = [];
  for (const entry of await readdir(folder).catch(() => [])) {
    if (!entry.endsWith(extension)) continue;
    const tombstone = await readTombstone(path.join(folder, entry));
    if (tombstone !== null) list.push(tombstone);
  }
  return {
    list,
    covers: (segment, line, id) =>
      list.some((t) => line < (t.segments.get(segment) ?? 0) && (t.ids === null || t.ids.has(id))),
    concerns: (segment) => list.some((t) => t.segments.has(segment)),
  };
}

async function readTombstone(file: string): Promise<Tombstone | null> {
  const value = parseJson(await readFile(file, 'utf8').catch(() => ''));
  if (!isObject(value) || !isObject(value['segments'])) return null;
  const ids = value['ids'];
  return {
    file,
    ids: Array.isArray(ids) ? new Set(ids.map(String)) : null,
    segments: new Map(Object.entries(value['segments']).map(([name, lines]) => [name, Number(lines)])),
  };
}

/** Durable when it returns. */
export async function addTombstone(
  folder: string,
  ids: ReadonlySet<string> | null,
  segments: ReadonlyMap<string, number>,
): Promise<void> {
  const file = path.join(folder, `${Date.now()}-${randomBytes(4).toString('hex')}${extension}`);
  await writeTombstone({ file, ids, segments });
}

/** The deletion has been carried out in these segments. */
export async function settleTombstone(tombstone: Tombstone, done: ReadonlySet<string>): Promise<void> {
  const segments = new Map([...tombstone.segments].filter(([name]) => !done.has(name)));
  if (segments.size === 0) await rm(tombstone.file, { force: true });
  else if (segments.size < tombstone.segments.size) await writeTombstone({ ...tombstone, segments });
}

async function writeTombstone({ file, ids, segments }: Tombstone): Promise<void> {
  const handle = await open(`${file}.tmp`, 'w');
  try {
    const content = { ids: ids === null ? null : [...ids], segments: Object.fromEntries(segments) };
    await handle.writeFile(JSON.stringify(content));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.tmp`, file);
}
