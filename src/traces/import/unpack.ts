import { createReadStream } from 'node:fs';
import zlib from 'node:zlib';
import { AppError } from '../../base/error.ts';

/**
 * A file's bytes in pieces, unpacked where its first bytes say that it is gzip or Zstandard; its name is not looked at.
 * @throws AppError 'bad-input' for Zstandard where this Node cannot read it (before 22.15).
 */
export async function* readBytes(file: string): AsyncGenerator<Buffer> {
  for await (const bytes of unpacked(file, await magicOf(file))) yield bytes as Buffer;
}

/** Bytes as text, in pieces. */
export async function* textOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  for await (const bytes of pieces) yield decoder.decode(bytes, { stream: true });
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}

function unpacked(file: string, magic: Buffer): AsyncIterable<unknown> {
  const raw = createReadStream(file);
  const plain = unpackerOf(file, magic);
  if (plain === null) return raw;
  raw.on('error', (error) => plain.destroy(error));
  return raw.pipe(plain);
}

function unpackerOf(file: string, magic: Buffer): ReturnType<typeof zlib.createGunzip> | null {
  if (magic[0] === 0x1f && magic[1] === 0x8b) return zlib.createGunzip();
  if (magic.readUInt32LE(0) !== 0xfd2fb528) return null;
  const { createZstdDecompress } = zlib as {
    createZstdDecompress?: () => ReturnType<typeof zlib.createGunzip>;
  };
  if (createZstdDecompress === undefined) {
    throw new AppError(
      'bad-input',
      `${file} is packed with Zstandard, which this version of Node cannot read.`,
      {
        next: 'Unpack it first (zstd -d), then import it.',
      },
    );
  }
  return createZstdDecompress();
}

/** The first four bytes; zeros where there are fewer. */
async function magicOf(file: string): Promise<Buffer> {
  const magic = Buffer.alloc(4);
  for await (const bytes of createReadStream(file, { end: 3 })) (bytes as Buffer).copy(magic);
  return magic;
}
