import { isArray, isObject, type Json, type JsonObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { otlpFromProtobuf } from '../otlpProtobuf.ts';
import type { FileRecord } from './records.ts';

/**
 * OTLP's protobuf in a file: exports one after the other, as they are (protobuf lets messages be joined so) or each behind
 * its length in 4 bytes, as the Collector's file exporter writes them. Streams: memory is bounded by the longest message.
 */

/** Field 1 of an export, which holds the spans or log records of one resource. */
const RESOURCE = 0x0a;
/** Fields 1 and 2 of those: the resource, the scopes. */
const inResource: ReadonlySet<number | undefined> = new Set([0x0a, 0x12]);

/** No text begins with NUL, and none like a message in a message. */
export function isProtobuf(head: Buffer): boolean {
  if (head.length < 4) return false;
  if (head[0] === 0) return isResource(head.subarray(4)) || head.length < 8;
  return isResource(head);
}

function isResource(head: Buffer): boolean {
  if (head[0] !== RESOURCE) return false;
  const length = readVarint(head, 1);
  return length !== null && length.value > 1 && inResource.has(head[length.end]);
}

export async function* readMessages(pieces: AsyncIterable<Buffer>): AsyncGenerator<FileRecord> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** So many bytes are worth a look. */
  let wanted = 4;
  let line = 0;
  for await (const piece of pieces) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes < wanted) continue;
    let rest = Buffer.concat(held);
    let end = endOfMessage(rest);
    for (; end !== null && end <= rest.length; end = endOfMessage(rest)) {
      yield { line: ++line, content: jsonOf(rest.subarray(rest[0] === RESOURCE ? 0 : 4, end)) };
      rest = rest.subarray(end);
    }
    wanted = end ?? rest.length + 1;
    held = [rest];
    heldBytes = rest.length;
  }
  if (heldBytes > 0) yield { line: line + 1, content: fail('the file ends in the middle of this message') };
}

/** Where the message ends that the bytes begin with; null where too few are there to tell. */
function endOfMessage(bytes: Buffer): number | null {
  if (bytes.length < 4) return null;
  if (bytes[0] !== RESOURCE) return 4 + bytes.readUInt32BE(0);
  const length = readVarint(bytes, 1);
  return length === null ? null : length.end + length.value;
}

function readVarint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return null;
}

/** Spans and log records have the same shape from outside: what has the ids of spans in their places is spans. */
function jsonOf(message: Buffer): Result<JsonObject, string> {
  const traces = otlpFromProtobuf(message, 'traces');
  if (traces.ok && isObject(traces.value) && hasSpans(traces.value)) return ok(traces.value);
  const logs = otlpFromProtobuf(message, 'logs');
  if (logs.ok && isObject(logs.value)) return ok(logs.value);
  return traces.ok ? fail('no spans and no log records') : traces;
}

const items = (value: Json | undefined): JsonObject[] => (isArray(value) ? value.filter(isObject) : []);

function hasSpans(body: JsonObject): boolean {
  const spans = items(body['resourceSpans'])
    .flatMap((resource) => items(resource['scopeSpans']))
    .flatMap((scope) => items(scope['spans']));
  const isId = (value: Json | undefined, digits: number): boolean =>
    typeof value === 'string' && value.length === digits;
  return spans.length > 0 && spans.every((span) => isId(span['traceId'], 32) && isId(span['spanId'], 16));
}
