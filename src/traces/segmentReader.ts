import { type FileHandle, open } from 'node:fs/promises';
import { fail } from '../base/result.ts';
import { decodeLine, decodeSealedLine, type Line } from './line.ts';
import { readBlocks } from './sealed.ts';
import { openFile, type Segment, sealedFile } from './segment.ts';

/** One line of a segment, counted from 0. */
export interface SegmentLine {
  readonly line: number;
  readonly content: Line;
}

/** Where a reader of a segment stopped. `offset` is a byte of the open file; a sealed one is found by `line`. */
export interface Position {
  readonly line: number;
  readonly offset: number;
}

export interface LineBatch {
  readonly lines: readonly SegmentLine[];
  /** Where to go on after this batch. */
  readonly next: Position;
}

const CHUNK = 1 << 20;
const START: Position = { line: 0, offset: 0 };

/**
 * Reads a segment in batches of about a megabyte. Lines that cannot be read are in the batch with their reason. A last
 * line without its newline is left alone when `live` (it is being written), and reported as torn otherwise.
 */
export async function* readSegment(
  folder: string,
  segment: Segment,
  options: { from?: Position; live?: boolean } = {},
): AsyncGenerator<LineBatch> {
  const from = options.from ?? START;
  if (!segment.sealed) {
    const file = await openIfThere(openFile(folder, segment.name));
    if (file !== null) {
      yield* readOpen(file, from, options.live ?? false);
      return;
    }
  }
  // Listed while open, sealed since: the lines are the same, under the other name.
  const file = await openIfThere(sealedFile(folder, segment.name));
  if (file !== null) yield* readSealed(file, from.line);
}

async function openIfThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function* readOpen(file: FileHandle, from: Position, live: boolean): AsyncGenerator<LineBatch> {
  try {
    let { line, offset } = from;
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const { bytesRead } = await file.read(chunk, 0, CHUNK, offset + rest.length);
      if (bytesRead === 0) break;
      const data =
        rest.length > 0 ? Buffer.concat([rest, chunk.subarray(0, bytesRead)]) : chunk.subarray(0, bytesRead);
      const end = data.lastIndexOf(10) + 1;
      rest = data.subarray(end);
      if (end === 0) continue;
      const lines = splitLines(data.subarray(0, end), line, decodeLine);
      line += lines.length;
      offset += end;
      yield { lines, next: { line, offset } };
    }
    if (rest.length > 0 && !live) {
      const lines = [{ line, content: fail('torn: the writer was stopped in the middle of this line') }];
      yield { lines, next: { line: line + 1, offset: offset + rest.length } };
    }
  } finally {
    await file.close();
  }
}

async function* readSealed(file: FileHandle, fromLine: number): AsyncGenerator<LineBatch> {
  try {
    for await (const block of readBlocks(file, fromLine)) {
      const all = block.ok
        ? splitLines(block.value.raw, block.value.firstLine, decodeSealedLine)
        : damagedLines(block.error);
      const lines = all.filter((l) => l.line >= fromLine);
      const last = all.at(-1);
      if (last !== undefined) yield { lines, next: { line: last.line + 1, offset: 0 } };
    }
  } finally {
    await file.close();
  }
}

/** A block that cannot be read counts as one damaged line that names the whole range. */
function damagedLines(damage: { firstLine: number; lines: number; reason: string }): SegmentLine[] {
  const reason = damage.lines > 1 ? `${damage.reason}; ${damage.lines} lines are lost` : damage.reason;
  const first = { line: damage.firstLine, content: fail(reason) };
  // The rest are present as deleted, so that the lines after the block keep their numbers.
  const others = Array.from({ length: Math.max(0, damage.lines - 1) }, (_, i) => ({
    line: damage.firstLine + 1 + i,
    content: { ok: true, value: null } as const,
  }));
  return [first, ...others];
}

function splitLines(data: Buffer, firstLine: number, decode: (line: Buffer) => Line): SegmentLine[] {
  const lines: SegmentLine[] = [];
  let start = 0;
  while (start < data.length) {
    let end = data.indexOf(10, start);
    if (end === -1) end = data.length;
    lines.push({ line: firstLine + lines.length, content: decode(data.subarray(start, end)) });
    start = end + 1;
  }
  return lines;
}

/** One line of a segment; null where it has no such line. Reads one block of a sealed segment, at most the file of an open one. */
export async function readLine(folder: string, segment: Segment, line: number): Promise<Line | null> {
  const from = segment.sealed ? { line, offset: 0 } : START;
  for await (const batch of readSegment(folder, segment, { from, live: true })) {
    const found = batch.lines.find((l) => l.line === line);
    if (found !== undefined) return found.content;
  }
  return null;
}
