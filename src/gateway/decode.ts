import zlib from 'node:zlib';
import { fail, ok, type Result } from '../base/result.ts';
import { hexDigit } from './answerReader.ts';

/** What a decoded copy may grow to, bytes: a small body can unfold to any size. */
const MAX_DECODED_BYTES = 64 << 20;

/**
 * Undoes `content-encoding` on a copy of a body. Unlike the HTTP clients' decoders, this one fails on a body that is cut
 * short or damaged: the client gets such bytes as they are, but the trace must not count as whole.
 */
export function decodeBody(body: Buffer, encoding: string | null): Result<Buffer, string> {
  let decoded = body;
  const codings = (encoding ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  for (const coding of codings.reverse()) {
    if (coding === '' || coding === 'identity') continue;
    const decoder = decoders[coding];
    if (decoder === undefined) return fail(`content-encoding ${coding} cannot be read here`);
    try {
      decoded = decoder(decoded);
    } catch (error) {
      return fail(`${coding} body damaged or cut short (${(error as Error).message})`);
    }
  }
  return ok(decoded);
}

const limit = { maxOutputLength: MAX_DECODED_BYTES };

/** zstd came with Node 22.15: looked up by name, so that older ones run without it. */
const { zstdDecompressSync } = zlib as {
  zstdDecompressSync?: (body: Buffer, options: typeof limit) => Buffer;
};

const decoders: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: (body) => zlib.gunzipSync(body, limit),
  'x-gzip': (body) => zlib.gunzipSync(body, limit),
  br: (body) => zlib.brotliDecompressSync(body, limit),
  deflate: inflate,
  ...(zstdDecompressSync === undefined ? {} : { zstd: (body: Buffer) => zstdDecompressSync(body, limit) }),
};

/** "deflate" is zlib's format by the book and the raw one by some servers' habit. */
function inflate(body: Buffer): Buffer {
  const isZlib = body.length >= 2 && (body[0]! & 0x0f) === 8 && ((body[0]! << 8) | body[1]!) % 31 === 0;
  return isZlib ? zlib.inflateSync(body, limit) : zlib.inflateRawSync(body, limit);
}

/** The body inside of its chunks' frames; of one that breaks off or is damaged, what comes before that. */
export function unchunked(body: Buffer): Buffer {
  const plain = Buffer.allocUnsafe(body.length);
  let length = 0;
  let at = 0;
  for (;;) {
    let size = 0;
    for (let digit = hexDigit(body[at]); digit >= 0; digit = hexDigit(body[++at])) size = size * 16 + digit;
    const lineEnd = body.indexOf(0x0a, at);
    if (size === 0 || lineEnd < 0) return plain.subarray(0, length);
    const from = lineEnd + 1;
    length += body.copy(plain, length, from, from + size);
    at = from + size + 2;
  }
}
