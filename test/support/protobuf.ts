/** Protobuf's wire format, written by hand: a message is the concatenation of its fields. */

const key = (field: number, wire: number): Buffer => varint(BigInt(field * 8 + wire));

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export const number = (field: number, value: number | bigint): Buffer =>
  Buffer.concat([key(field, 0), varint(BigInt(value))]);

export function fixed64(field: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([key(field, 1), bytes]);
}

export function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, 1), bytes]);
}

/** A text, bytes, or a message of fields. */
export function bytes(field: number, ...content: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([key(field, 2), varint(BigInt(body.length)), body]);
}

/** An attribute of a span with a text as its value. */
export const attribute = (field: number, name: string, text: string): Buffer =>
  bytes(field, bytes(1, name), bytes(2, bytes(1, text)));
