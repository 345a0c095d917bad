import type { Copy } from './copy.ts';
import type { RecordedCall } from './recordedCall.ts';

/**
 * Finished calls on their way to the recording thread, as one run of bytes: per call the length of its JSON (4 bytes,
 * little-endian), the JSON of the RecordedCall in UTF-8, the request's body, the response's. One buffer crosses a thread's
 * border at no cost, many objects do not; and nothing here outlives its call on the forwarding side.
 */

const PREFIX_BYTES = 4;
/** A UTF-16 unit takes three bytes at most. */
const MAX_BYTES_PER_UNIT = 3;

export interface CallText {
  readonly text: string;
  /** The most that the call takes in a batch. */
  readonly room: number;
}

export function describeCall(call: RecordedCall): CallText {
  const text = JSON.stringify(call);
  return {
    text,
    room: PREFIX_BYTES + text.length * MAX_BYTES_PER_UNIT + call.requestBytes + call.responseBytes,
  };
}

/** Writes a call into a batch that has room for it; the copies are empty afterwards. @returns where it ends. */
export function writeCall(
  target: Buffer,
  at: number,
  text: string,
  { request, response }: { readonly request: Copy; readonly response: Copy },
): number {
  const length = target.write(text, at + PREFIX_BYTES, 'utf8');
  target.writeUInt32LE(length, at);
  return response.moveTo(target, request.moveTo(target, at + PREFIX_BYTES + length));
}

export interface ReadCall {
  readonly call: RecordedCall;
  readonly request: Buffer;
  readonly response: Buffer;
}

/** The calls of a batch, one at a time; their bodies are views of it. */
export function* readCalls(batch: Buffer): Generator<ReadCall> {
  let at = 0;
  while (at < batch.length) {
    const body = at + PREFIX_BYTES + batch.readUInt32LE(at);
    const call = JSON.parse(batch.toString('utf8', at + PREFIX_BYTES, body)) as RecordedCall;
    const answer = body + call.requestBytes;
    at = answer + call.responseBytes;
    yield { call, request: batch.subarray(body, answer), response: batch.subarray(answer, at) };
  }
}
