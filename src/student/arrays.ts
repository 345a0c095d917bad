/** Named numeric arrays in one file: a JSON header with names, types and places, then the data, little endian, 8-byte aligned. */

const types = {
  Int8Array,
  Uint8Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
} as const;
type TypeName = keyof typeof types;
export type NumericArray =
  | Int8Array
  | Uint8Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;
export type Arrays = Readonly<Record<string, NumericArray>>;

interface Entry {
  readonly type: TypeName;
  readonly offset: number;
  readonly length: number;
}

const magic = 'USTA';

export function packArrays(arrays: Arrays): Uint8Array {
  let offset = 0;
  const header: Record<string, Entry> = {};
  for (const [name, array] of Object.entries(arrays)) {
    header[name] = { type: array.constructor.name as TypeName, offset, length: array.length };
    offset += Math.ceil(array.byteLength / 8) * 8;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const dataAt = align(12 + text.length);
  const bytes = new Uint8Array(dataAt + offset);
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(4, text.length, true);
  new DataView(bytes.buffer).setUint32(8, dataAt, true);
  bytes.set(text, 12);
  for (const [name, array] of Object.entries(arrays))
    bytes.set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
      dataAt + header[name]!.offset,
    );
  return bytes;
}

/** Views of the bytes of such a file; throws where they are none. A bundle's hashes have been checked before. */
export function unpackArrays(file: Uint8Array): Arrays {
  // Typed arrays need aligned places: bytes that begin elsewhere are copied.
  const bytes = file.byteOffset % 8 === 0 ? file : new Uint8Array(file);
  if (new TextDecoder().decode(bytes.subarray(0, 4)) !== magic) throw new Error('not a file of arrays');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const header = JSON.parse(
    new TextDecoder().decode(bytes.subarray(12, 12 + view.getUint32(4, true))),
  ) as Record<string, Entry>;
  const dataAt = view.getUint32(8, true);
  return Object.fromEntries(
    Object.entries(header).map(([name, { type, offset, length }]) => [
      name,
      new types[type](bytes.buffer as ArrayBuffer, bytes.byteOffset + dataAt + offset, length),
    ]),
  );
}

function align(n: number): number {
  return Math.ceil(n / 8) * 8;
}
