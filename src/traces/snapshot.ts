import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolderIfRoom } from '../base/disk.ts';
import type { Log } from '../base/log.ts';
import { crc32Hex } from './checksum.ts';
import { releaseBytes } from './memory.ts';
import { Shard } from './shard.ts';
import { SLICE_MS } from './slices.ts';
import type { SqlJsStatic } from './sqlite.ts';

/**
 * The index on disk: one SQLite file per part, named by the part's number and the checksum of its content. A new file is
 * there whole before the old one goes; what does not fit its name is not used and its segments are indexed again.
 */
const pattern = /^(\d{6})\.([0-9a-f]{8})\.db$/;

export async function saveShard(folder: string, shard: Shard): Promise<void> {
  makeFolderIfRoom(folder);
  const bytes = shard.export();
  const number = String(shard.number).padStart(6, '0');
  const name = `${number}.${crc32Hex(bytes)}.db`;
  const temporary = path.join(folder, `${name}.${process.pid}.tmp`);
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    // A full disk needs the room.
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
    releaseBytes(bytes);
  }
  await rename(temporary, path.join(folder, name));
  for (const entry of await readdir(folder))
    if (entry !== name && entry.startsWith(`${number}.`)) await rm(path.join(folder, entry), { force: true });
}

/** All parts that are whole and of this version; the others are removed. */
export async function loadShards(sqlite: SqlJsStatic, folder: string, log: Log): Promise<Shard[]> {
  const shards = new Map<number, Shard>();
  const covered = new Set<string>();
  for (const entry of (await readdir(folder).catch(() => [])).sort()) {
    const file = path.join(folder, entry);
    const shard = await loadShard(sqlite, file).catch((error) => {
      log.warn(`index part ${entry} is not used and built again: ${error.message}`);
      return null;
    });
    // Two windows may have cut the journal into different parts: every segment counts once.
    const repeated = shard?.segments().some((s) => covered.has(s.name)) || shards.has(shard?.number ?? -1);
    if (shard === null || repeated) {
      shard?.close();
      await rm(file, { force: true });
      continue;
    }
    for (const segment of shard.segments()) covered.add(segment.name);
    shards.set(shard.number, shard);
  }
  return [...shards.values()].sort((a, b) => a.number - b.number);
}

async function loadShard(sqlite: SqlJsStatic, file: string): Promise<Shard> {
  const match = pattern.exec(path.basename(file));
  if (!match) throw new Error('not a part of the index');
  const bytes = await readFile(file);
  if (crc32Hex(bytes) !== match[2]) throw new Error('its checksum does not match');
  const shard = new Shard(sqlite, Number(match[1]), bytes);
  try {
    // The first rows take ten times as long as the later ones: the code is not compiled yet.
    let limit = 100;
    for (let at: number | null = -1; at !== null; ) {
      const start = performance.now();
      at = shard.countFrom(at, limit);
      limit =
        performance.now() - start < SLICE_MS / 2 ? Math.min(2 * limit, 4000) : Math.max(100, limit >> 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    shard.close();
    throw error;
  }
  return shard;
}
