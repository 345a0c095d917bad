import type { IncomingMessage } from 'node:http';

/** A longer request is no student's business and goes on to the teacher as it comes. */
const MAX_REQUEST_BYTES = 4 << 20;

export type ReadBody =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** The rest is still to come; the request is paused. */
  | { readonly kind: 'too-long'; readonly bytes: Buffer }
  | { readonly kind: 'aborted' };

/** Reads a request's body up to a bound. Never rejects. */
export function readBody(req: IncomingMessage, maxBytes = MAX_REQUEST_BYTES): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = (outcome: ReadBody): void => {
      req.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve(outcome);
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= maxBytes) return;
      req.pause();
      done({ kind: 'too-long', bytes: Buffer.concat(chunks, length) });
    };
    const onEnd = (): void => {
      const only = chunks.length === 1 ? chunks[0] : undefined;
      done({ kind: 'whole', bytes: only ?? Buffer.concat(chunks, length) });
    };
    const onClose = (): void => done({ kind: 'aborted' });
    req.on('data', onData).on('end', onEnd).on('close', onClose);
    req.on('error', () => {}); // 'close' follows and says the same.
  });
}
