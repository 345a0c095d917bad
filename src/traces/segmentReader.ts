import { type FileHandle, open } from 'node:fs/promises';
import { fail, ok } from '../base/result.ts';
import { decodeLine, decodeSealedLine, type Line } from './line.ts';
import { releaseBytes } from './memory.ts';
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
  /** Decoded as they are asked for, once: texts that nobody holds cost no memory. */
  readonly lines: Iterable<SegmentLine>;
  /** Where to go on after this batch. */
  readonly next: Position;
  /** Gives the memory of its lines back, which nobody may look at then; who does not call it leaves it to the collector. */
  release(): void;
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
      const whole = data.subarray(0, end);
      const lines = splitLines(whole, line, decodeLine);
      line += countLines(whole);
      offset += end;
      yield { lines, next: { line, offset }, release: () => {} };
    }
    if (rest.length > 0 && !live) {
      const lines = [{ line, content: fail('torn: the writer was stopped in the middle of this line') }];
      yield { lines, next: { line: line + 1, offset: offset + rest.length }, release: () => {} };
    }
  } finally {
    await file.close();
  }
}

async function* readSealed(file: FileHandle, fromLine: number): AsyncGenerator<LineBatch> {
  try {
    for await (const block of readBlocks(file, fromLine)) {
      const { firstLine, lines: count } = block.ok ? block.value : block.error;
      const all = block.ok
        ? splitLines(block.value.raw, firstLine, decodeSealedLine)
        : damagedLines(block.error);
      yield {
        lines: fromLine > firstLine ? skipTo(all, fromLine) : all,
        next: { line: firstLine + count, offset: 0 },
        release: () => void (block.ok && releaseBytes(block.value.raw)),
      };
    }
  } finally {
    await file.close();
  }
}

/** A block that cannot be read counts as one damaged line that names the whole range, and deleted ones after it. */
function* damagedLines(damage: { firstLine: number; lines: number; reason: string }): Generator<SegmentLine> {
  const reason = damage.lines > 1 ? `${damage.reason}; ${damage.lines} lines are lost` : damage.reason;
  yield { line: damage.firstLine, content: fail(reason) };
  for (let i = 1; i < damage.lines; i++) yield { line: damage.firstLine + i, content: ok(null) };
}

function* skipTo(lines: Iterable<SegmentLine>, first: number): Generator<SegmentLine> {
  for (const line of lines) if (line.line >= first) yield line;
}

function* splitLines(
  data: Buffer,
  firstLine: number,
  decode: (line: Buffer) => Line,
): Generator<SegmentLine> {
  let line = firstLine;
  for (let start = 0; start < data.length; ) {
    let end = data.indexOf(10, start);
    if (end === -1) end = data.length;
    yield { line: line++, content: decode(data.subarray(start, end)) };
    start = end + 1;
  }
}

function countLines(data: Buffer): number {
  let count = 0;
  for (let at = data.indexOf(10); at !== -1; at = data.indexOf(10, at + 1)) count++;
  return count;
}

/** One line of a segment; null where it has no such line. Reads one block of a sealed segment, at most the file of an open one. */
export async function readLine(folder: string, segment: Segment, line: number): Promise<Line | null> {
  const from = segment.sealed ? { line, offset: 0 } : START;
  for await (const batch of readSegment(folder, segment, { from, live: true })) {
    if (batch.next.line <= line) continue;
    for (const found of batch.lines) if (found.line === line) return found.content;
  }
  return null;
}
