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

/** Bytes as text, in pieces: UTF-8, or what a byte order mark says. */
export async function* textOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    // A first piece may be shorter than the mark.
    if (decoder === null && held.length < 2) continue;
    decoder ??= new TextDecoder(encodingOf(held));
    yield decoder.decode(held, { stream: true });
    held = Buffer.alloc(0);
  }
  decoder ??= new TextDecoder();
  const rest = decoder.decode(held);
  if (rest !== '') yield rest;
}

/** Editors and shells of Windows write UTF-16. */
function encodingOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
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
