import * as zlib from 'node:zlib';

const native = (zlib as { crc32?: (data: string | Uint8Array) => number }).crc32;

/** CRC-32 (IEEE 802.3) as 8 lower-case hex digits. Guards against torn writes and bit rot, not against intent. */
export const crc32Hex = (data: string | Uint8Array): string => crc32(data).toString(16).padStart(8, '0');

/** CRC-32 (IEEE 802.3) of bytes, or of a text's UTF-8. zlib's where this Node has it (20.15, 22.2 and newer). */
export function crc32(data: string | Uint8Array): number {
  return native ? native(data) : crc32Table(typeof data === 'string' ? Buffer.from(data) : data);
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** The portable version, byte by byte. */
export function crc32Table(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = table[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
