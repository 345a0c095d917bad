import { createHash } from 'node:crypto';
import { isArray, isObject, type Json, type JsonObject } from '../base/json.ts';

/** Media in requests are stored by hash and size. A medium reads the same before and after its bytes were taken out. */

export interface Medium {
  readonly sha256: string;
  readonly bytes: number;
}

const placeholder = /^understudy:media;sha256=([0-9a-f]{64});bytes=(\d+)$/;
const inline = /^data:[^,]{0,200};base64,/;
/** Shorter texts are kept where nothing says that they are media: they may be anything. */
const MIN_LENGTH = 256;

/** Hash and size of a medium given as a `data:` URL, base64, a plain URL or id, or as the placeholder of one of these. */
export function mediumOf(source: Json | undefined): Medium {
  if (typeof source !== 'string') return measure(Buffer.from(JSON.stringify(source ?? null)));
  const known = placeholder.exec(source);
  if (known) return { sha256: known[1]!, bytes: Number(known[2]) };
  const prefix = inline.exec(source);
  if (prefix) return measure(Buffer.from(source.slice(prefix[0].length), 'base64'));
  return measure(Buffer.from(source, isBase64(source) ? 'base64' : 'utf8'));
}

function measure(bytes: Buffer): Medium {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}

/** A body in which every inline medium is replaced by its hash and size. Returns the same object where there is none. */
export function withoutMedia(value: Json): Json {
  if (typeof value === 'string') return isInline(value) ? placeholderOf(value) : value;
  if (isArray(value)) return withoutMediaIn(value);
  if (!isObject(value)) return value;
  let changed: Record<string, Json> | null = null;
  for (const key in value) {
    const old = value[key]!;
    const isMedium =
      typeof old === 'string' &&
      holdsBase64(key) &&
      (isTyped(value) ? isBase64Text(old) : old.length >= MIN_LENGTH && isBase64(old));
    const item = isMedium ? placeholderOf(old) : withList(key, old);
    if (item === old) continue;
    changed ??= { ...value };
    changed[key] = item;
  }
  return changed ?? value;
}

function withoutMediaIn(list: readonly Json[]): readonly Json[] {
  let changed: Json[] | null = null;
  for (let i = 0; i < list.length; i++) {
    const item = withoutMedia(list[i]!);
    if (item === list[i]) continue;
    changed ??= [...list];
    changed[i] = item;
  }
  return changed ?? list;
}

/** Ollama's `images` are a plain list of base64 texts. */
function withList(key: string, value: Json): Json {
  if (key !== 'images' || !isArray(value)) return withoutMedia(value);
  const isPicture = (item: Json): item is string => typeof item === 'string' && isBase64(item);
  return value.some(isPicture)
    ? value.map((item) => (isPicture(item) ? placeholderOf(item) : withoutMedia(item)))
    : withoutMedia(value);
}

function holdsBase64(key: string): boolean {
  return key === 'data' || key === 'file_data' || key === 'image_data' || key === 'image';
}

/** Every provider says of what kind a medium is, beside it. */
function isTyped(value: JsonObject): boolean {
  return ['media_type', 'mime_type', 'mimeType', 'format'].some((name) => typeof value[name] === 'string');
}

function placeholderOf(source: string): string {
  const { sha256, bytes } = mediumOf(source);
  return `understudy:media;sha256=${sha256};bytes=${bytes}`;
}

function isInline(value: string): boolean {
  return value.startsWith('data:') && inline.test(value);
}

function isBase64(value: string): boolean {
  return value.length >= 64 && isBase64Text(value);
}

function isBase64Text(value: string): boolean {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(value.slice(0, 1024)) && value.length % 4 !== 1;
}
