import type { Json } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';

/**
 * OTLP's protobuf encoding, which most exporters use unless they are told otherwise, read as the JSON of the same request:
 * ids as hex digits, 64-bit numbers as texts, bytes as base64. Fields that nothing here reads are skipped, known or not.
 * The messages are those of opentelemetry-proto 1.x (collector/trace/v1, collector/logs/v1, trace/v1, logs/v1, common/v1).
 */
export function otlpFromProtobuf(bytes: Buffer, signal: 'traces' | 'logs'): Result<Json, string> {
  try {
    return ok(readMessage(new Reader(bytes), signal === 'traces' ? traceRequest : logsRequest, 0));
  } catch (error) {
    if (error instanceof Malformed) return fail(error.message);
    throw error;
  }
}

type Scalar = 'text' | 'hex' | 'base64' | 'bool' | 'number' | 'int64' | 'fixed64' | 'double';
/** Name, what it is, and whether there may be several. */
type Field = readonly [string, Scalar | (() => Message), 'many'?];
type Message = Readonly<Record<number, Field>>;

const anyValue: Message = {
  1: ['stringValue', 'text'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'int64'],
  4: ['doubleValue', 'double'],
  5: ['arrayValue', () => arrayValue],
  6: ['kvlistValue', () => keyValueList],
  7: ['bytesValue', 'base64'],
};
const arrayValue: Message = { 1: ['values', () => anyValue, 'many'] };
const keyValue: Message = { 1: ['key', 'text'], 2: ['value', () => anyValue] };
const keyValueList: Message = { 1: ['values', () => keyValue, 'many'] };
const attributes = (): Message => keyValue;
const event: Message = {
  1: ['timeUnixNano', 'fixed64'],
  2: ['name', 'text'],
  3: ['attributes', attributes, 'many'],
};
const status: Message = { 2: ['message', 'text'], 3: ['code', 'number'] };
const span: Message = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  4: ['parentSpanId', 'hex'],
  5: ['name', 'text'],
  6: ['kind', 'number'],
  7: ['startTimeUnixNano', 'fixed64'],
  8: ['endTimeUnixNano', 'fixed64'],
  9: ['attributes', attributes, 'many'],
  11: ['events', () => event, 'many'],
  15: ['status', () => status],
};
const logRecord: Message = {
  1: ['timeUnixNano', 'fixed64'],
  2: ['severityNumber', 'number'],
  3: ['severityText', 'text'],
  5: ['body', () => anyValue],
  6: ['attributes', attributes, 'many'],
  9: ['traceId', 'hex'],
  10: ['spanId', 'hex'],
  11: ['observedTimeUnixNano', 'fixed64'],
  12: ['eventName', 'text'],
};
const resource: Message = { 1: ['attributes', attributes, 'many'] };
const scope: Message = { 1: ['name', 'text'], 2: ['version', 'text'] };
const scopeSpans: Message = { 1: ['scope', () => scope], 2: ['spans', () => span, 'many'] };
const scopeLogs: Message = { 1: ['scope', () => scope], 2: ['logRecords', () => logRecord, 'many'] };
const resourceSpans: Message = {
  1: ['resource', () => resource],
  2: ['scopeSpans', () => scopeSpans, 'many'],
};
const resourceLogs: Message = {
  1: ['resource', () => resource],
  2: ['scopeLogs', () => scopeLogs, 'many'],
};
const traceRequest: Message = { 1: ['resourceSpans', () => resourceSpans, 'many'] };
const logsRequest: Message = { 1: ['resourceLogs', () => resourceLogs, 'many'] };

class Malformed extends Error {}

/** Attribute values nest; deeper ones are an attack on the stack. */
const MAX_DEPTH = 60;

function readMessage(reader: Reader, message: Message, depth: number): Json {
  if (depth > MAX_DEPTH) throw new Malformed('the export is nested too deep');
  const result: Record<string, Json> = {};
  const lists: Record<string, Json[]> = {};
  while (!reader.isDone) {
    const key = reader.varint();
    const field = message[Math.floor(key / 8)];
    const wire = key % 8;
    if (field === undefined) {
      reader.skip(wire);
      continue;
    }
    const [name, kind, many] = field;
    const value = readValue(reader, wire, kind, depth);
    if (many === undefined) result[name] = value;
    else {
      lists[name] ??= [];
      lists[name].push(value);
    }
  }
  return { ...result, ...lists };
}

function readValue(reader: Reader, wire: number, kind: Field[1], depth: number): Json {
  if (typeof kind === 'function') return readMessage(new Reader(reader.bytes(wire)), kind(), depth + 1);
  switch (kind) {
    case 'text':
      return reader.bytes(wire).toString('utf8');
    case 'hex':
      return reader.bytes(wire).toString('hex');
    case 'base64':
      return reader.bytes(wire).toString('base64');
    case 'bool':
      return reader.int64(wire) !== 0n;
    case 'number':
      return Number(reader.int64(wire));
    case 'int64':
      return String(reader.int64(wire));
    case 'fixed64':
      return String(reader.fixed64(wire).readBigUInt64LE());
    case 'double':
      return reader.fixed64(wire).readDoubleLE();
  }
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** @throws Malformed where the bytes end early or are of another type than the field. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A key or a length. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 35; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Malformed('the export is cut short');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Malformed('a length or field number is out of range');
  }

  int64(wire: number): bigint {
    this.#expect(wire, VARINT);
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#take(1)[0]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new Malformed('a number does not end');
  }

  fixed64(wire: number): Buffer {
    this.#expect(wire, FIXED64);
    return this.#take(8);
  }

  bytes(wire: number): Buffer {
    this.#expect(wire, BYTES);
    return this.#take(this.varint());
  }

  skip(wire: number): void {
    if (wire === VARINT) this.int64(wire);
    else if (wire === BYTES) this.bytes(wire);
    else if (wire === FIXED64) this.#take(8);
    else if (wire === FIXED32) this.#take(4);
    else throw new Malformed(`wire type ${wire} is not known`);
  }

  #expect(wire: number, expected: number): void {
    if (wire !== expected) throw new Malformed(`a field has wire type ${wire}, not ${expected}`);
  }

  #take(length: number): Buffer {
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new Malformed('the export is cut short');
    return this.#bytes.subarray(from, this.#at);
  }
}
