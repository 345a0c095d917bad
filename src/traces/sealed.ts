import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, brotliDecompressSync, constants } from 'node:zlib';
import { fail, ok, type Result } from '../base/result.ts';
import { crc32 } from './checksum.ts';
import { releaseBytes } from './memory.ts';

/**
 * The file of a sealed segment: one line of JSON that names the format, then blocks that stand alone. A block is a header
 * of 32 bytes (`UBLK`, codec, first line, lines, raw bytes, packed bytes, CRC-32 of the packed bytes, CRC-32 of the header;
 * little endian) and a Brotli stream of whole lines. Blocks make damage local and give access to a line without reading
 * what is before it; Brotli's window spans a block, so a prompt is stored once per block. Node 20 reads and writes it.
 */

const MAGIC = Buffer.from('UBLK');
const HEADER_BYTES = 32;
const BROTLI = 1;

/** Raw bytes per block: large enough for prompts to repeat in it, small enough to read one trace in milliseconds. */
export const BLOCK_BYTES = 1 << 20;

export interface SealedHeader {
  readonly format: 'understudy-segment';
  readonly version: 1;
  /** How often traces were deleted from it: tells an index that its rows are stale. */
  readonly rewrites: number;
}

export interface Block {
  readonly firstLine: number;
  readonly lines: number;
  readonly raw: Buffer;
}

export interface BlockDamage {
  readonly firstLine: number;
  readonly lines: number;
  readonly reason: string;
}

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

export function encodeHeader(rewrites: number): Buffer {
  const header: SealedHeader = { format: 'understudy-segment', version: 1, rewrites };
  return Buffer.from(`${JSON.stringify(header)}\n`);
}

/** A block of whole lines, packed in zlib's thread pool, off the event loop. */
export async function encodeBlock(raw: Buffer, firstLine: number, lines: number): Promise<Buffer> {
  const packed = await compress(raw, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 5,
      [constants.BROTLI_PARAM_LGWIN]: raw.length <= BLOCK_BYTES * 1.5 ? 20 : 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
    },
  });
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  [BROTLI, firstLine, lines, raw.length, packed.length, crc32(packed)].forEach((n, i) => {
    header.writeUInt32LE(n, 4 + 4 * i);
  });
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28);
  return Buffer.concat([header, packed]);
}

/** Reads how often the file was rewritten; null where its first line is damaged. */
export async function readHeader(file: FileHandle): Promise<SealedHeader | null> {
  const start = Buffer.alloc(256);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  const end = start.subarray(0, bytesRead).indexOf(10);
  try {
    return JSON.parse(start.toString('utf8', 0, end)) as SealedHeader;
  } catch {
    return null; // The blocks can still be found by their magic.
  }
}

interface BlockHeader {
  readonly firstLine: number;
  readonly lines: number;
  readonly rawBytes: number;
  readonly packedBytes: number;
  readonly packedCrc: number;
}

/** All blocks that hold lines at or after `fromLine`, damaged ones as errors. */
export async function* readBlocks(
  file: FileHandle,
  fromLine: number,
): AsyncGenerator<Result<Block, BlockDamage>> {
  const { size } = await file.stat();
  let nextLine = 0;
  let at = await findBlock(file, 0, size);
  while (at < size) {
    const header = await readBlockHeader(file, at);
    if (header === null) {
      const found = await findBlock(file, at + 1, size);
      const after = found < size ? await readBlockHeader(file, found) : null;
      const lines = after === null ? 1 : Math.max(1, after.firstLine - nextLine);
      yield fail({ firstLine: nextLine, lines, reason: 'block header damaged' });
      nextLine += lines;
      at = found;
      continue;
    }
    if (header.firstLine > nextLine)
      yield fail({ firstLine: nextLine, lines: header.firstLine - nextLine, reason: 'block missing' });
    nextLine = header.firstLine + header.lines;
    at += HEADER_BYTES;
    if (nextLine > fromLine) yield await readBlock(file, at, header);
    at += header.packedBytes;
  }
}

async function readBlock(
  file: FileHandle,
  at: number,
  header: BlockHeader,
): Promise<Result<Block, BlockDamage>> {
  const damage = (reason: string): Result<Block, BlockDamage> =>
    fail({ firstLine: header.firstLine, lines: header.lines, reason });
  const packed = Buffer.allocUnsafe(header.packedBytes);
  const { bytesRead } = await file.read(packed, 0, packed.length, at);
  if (bytesRead < packed.length) return damage('block cut short');
  if (crc32(packed) !== header.packedCrc) return damage('block checksum does not match');
  // One output buffer of the right size instead of many small ones put together. An ordinary block takes a few
  // milliseconds: less than it would wait for a thread, and without each thread keeping its own memory.
  const options = { chunkSize: Math.max(64, header.rawBytes + 1) };
  const small = header.rawBytes <= 2 * BLOCK_BYTES;
  const raw = small ? brotliDecompressSync(packed, options) : await decompress(packed, options);
  releaseBytes(packed);
  return ok({ firstLine: header.firstLine, lines: header.lines, raw });
}

async function readBlockHeader(file: FileHandle, at: number): Promise<BlockHeader | null> {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await file.read(bytes, 0, HEADER_BYTES, at);
  if (bytesRead < HEADER_BYTES || !bytes.subarray(0, 4).equals(MAGIC)) return null;
  if (crc32(bytes.subarray(0, 28)) !== bytes.readUInt32LE(28)) return null;
  const [codec, firstLine, lines, rawBytes, packedBytes, packedCrc] = Array.from({ length: 6 }, (_, i) =>
    bytes.readUInt32LE(4 + 4 * i),
  );
  if (codec !== BROTLI) return null;
  return {
    firstLine: firstLine!,
    lines: lines!,
    rawBytes: rawBytes!,
    packedBytes: packedBytes!,
    packedCrc: packedCrc!,
  };
}

/** Offset of the first whole block header at or after `at`; `size` where there is none. */
async function findBlock(file: FileHandle, at: number, size: number): Promise<number> {
  const window = Buffer.allocUnsafe(1 << 16);
  for (let start = at; start < size; start += window.length - MAGIC.length + 1) {
    const { bytesRead } = await file.read(window, 0, window.length, start);
    let i = window.subarray(0, bytesRead).indexOf(MAGIC);
    while (i !== -1) {
      if ((await readBlockHeader(file, start + i)) !== null) return start + i;
      i = window.subarray(0, bytesRead).indexOf(MAGIC, i + 1);
    }
  }
  return size;
}
