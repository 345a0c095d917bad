import { type FileHandle, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { idOf } from './line.ts';
import { BLOCK_BYTES, encodeBlock, encodeHeader, readHeader } from './sealed.ts';
import { openFile, type Segment, sealedFile } from './segment.ts';
import { readSegment, type SegmentLine } from './segmentReader.ts';

/** Decides which traces a new copy of a segment leaves out. */
export type Drop = (line: number, id: string) => boolean;

/**
 * Writes the sealed file of a segment, from its open file or (to delete traces) from its sealed one, and puts it in the
 * old one's place by a rename: at every moment the traces are in exactly one readable file. Call under the folder's lock,
 * for segments that nobody writes any more.
 * @returns how many traces were left out.
 */
export async function sealSegment(folder: string, segment: Segment, drop: Drop | null): Promise<number> {
  const { name } = segment;
  const target = sealedFile(folder, name);
  const temporary = `${target}.tmp`;
  const { atime, mtime } = await stat(segment.file);
  const file = await open(temporary, 'w');
  let counts: { kept: number; dropped: number };
  try {
    // An index that has seen the open file must notice that lines are gone.
    const rewrites = segment.sealed ? (await rewritesOf(segment.file)) + 1 : Number(drop !== null);
    await file.writeFile(encodeHeader(rewrites));
    counts = await copyLines(folder, segment, file, drop);
    await file.sync();
  } catch (error) {
    // On a full disk a half copy must not take what room is left.
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  if (counts.kept === 0) {
    await rm(temporary, { force: true });
    await rm(target, { force: true });
  } else {
    // Age, for retention, counts from when the traces were stored.
    await utimes(temporary, atime, mtime);
    await rename(temporary, target);
  }
  await rm(openFile(folder, name), { force: true });
  return counts.dropped;
}

async function rewritesOf(sealed: string): Promise<number> {
  const file = await open(sealed, 'r');
  try {
    return (await readHeader(file))?.rewrites ?? 0;
  } finally {
    await file.close();
  }
}

async function copyLines(
  folder: string,
  segment: Segment,
  file: FileHandle,
  drop: Drop | null,
): Promise<{ kept: number; dropped: number }> {
  let lines: Buffer[] = [];
  let bytes = 0;
  let firstLine = 0;
  let kept = 0;
  let dropped = 0;
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const raw = Buffer.concat(lines.flatMap((line) => [line, NEWLINE]));
    // All of it or an error: a plain write may end early where the disk does, and the original goes next.
    await file.writeFile(await encodeBlock(raw, firstLine, lines.length));
    firstLine += lines.length;
    lines = [];
    bytes = 0;
  };
  for await (const batch of readSegment(folder, segment)) {
    for (const line of batch.lines) {
      const text = drop === null ? textOf(line) : withoutDropped(line, drop);
      if (text === null) dropped++;
      else if (text.length > 0) kept++;
      lines.push(text ?? EMPTY);
      bytes += text?.length ?? 0;
      if (bytes >= BLOCK_BYTES) await flush();
    }
  }
  await flush();
  return { kept, dropped };
}

const EMPTY = Buffer.alloc(0);
const NEWLINE = Buffer.from('\n');

function textOf({ content }: SegmentLine): Buffer {
  if (content.ok) return content.value ?? EMPTY;
  return Buffer.from(`!${content.error.replaceAll('\n', ' ')}`);
}

/** null: dropped. */
function withoutDropped(line: SegmentLine, drop: Drop): Buffer | null {
  const { content } = line;
  if (!content.ok || content.value === null) return textOf(line);
  const id = idOf(content.value);
  return id !== null && drop(line.line, id) ? null : content.value;
}
