import { createHash } from 'node:crypto';

/** SHA-256 as 64 hex digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The first 16 hex digits of SHA-256: a name for content (64 bits), not a proof of integrity. */
export function shortHash(data: string | Uint8Array): string {
  return sha256(data).slice(0, 16);
}

/**
 * 32-bit MurmurHash3 (Austin Appleby, public domain) over UTF-16 code units: fast, for feature tables, not for secrets.
 * With `from` and `to` the hash of that part of the text.
 */
export function hash32(text: string, seed = 0, from = 0, to = text.length): number {
  let h = seed | 0;
  for (let i = from; i < to; i++) {
    let k = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h ^= to - from;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
