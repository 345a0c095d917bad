import { readdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * File names of a journal. A segment is `<order>-<writer>` with `.jsonl` while it is written and `.seg` once it is sealed.
 * `order` is the wall time of its creation, moved forward where the clock went back, so that names sort in the order of
 * writing; `writer` keeps two processes apart, so they never share a file.
 */
export interface Segment {
  /** Name without extension; stays the same when the segment is sealed. */
  readonly name: string;
  readonly order: number;
  readonly writer: string;
  readonly sealed: boolean;
  readonly file: string;
  /** Sealed, and the open file is there still: the process was stopped between the rename and the removal. */
  readonly leftover: boolean;
}

const pattern = /^(\d{15})-([0-9a-f]{8})\.(jsonl|seg)$/;

export function segmentName(order: number, writer: string): string {
  return `${String(order).padStart(15, '0')}-${writer}`;
}

export const openFile = (folder: string, name: string): string => path.join(folder, `${name}.jsonl`);
export const sealedFile = (folder: string, name: string): string => path.join(folder, `${name}.seg`);

/** All segments in the order of writing; [] where the folder does not exist. A segment caught between its two files counts as sealed. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const found = new Map<string, Segment>();
  for (const entry of await entries(folder)) {
    const match = pattern.exec(entry);
    if (!match) continue;
    const [, order, writer, extension] = match;
    const name = entry.slice(0, entry.lastIndexOf('.'));
    const other = found.get(name);
    const sealed = extension === 'seg' || other?.sealed === true;
    found.set(name, {
      name,
      order: Number(order),
      writer: writer!,
      sealed,
      file: sealed ? sealedFile(folder, name) : openFile(folder, name),
      leftover: other !== undefined,
    });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function entries(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
