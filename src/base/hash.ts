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
  return hashEnd(hashText(seed, text, from, to), to - from) >>> 0;
}

/*
 * The steps of `hash32`, for who hashes many texts with parts in common: begin with the seed, add every code unit, end
 * with how many they were.
 */

/** A hash that has begun, with the code units of a text added. */
export function hashText(begun: number, text: string, from = 0, to = text.length): number {
  let h = begun | 0;
  for (let i = from; i < to; i++) h = hashUnit(h, mixedUnit(text.charCodeAt(i)));
  return h;
}

/** A code unit as `hashUnit` adds it: the same for every hash that it is part of. */
export function mixedUnit(unit: number): number {
  const k = Math.imul(unit, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}

export function hashUnit(begun: number, mixed: number): number {
  const h = begun ^ mixed;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** The hash as a signed number. @param length code units in all. */
export function hashEnd(begun: number, length: number): number {
  let h = begun ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
