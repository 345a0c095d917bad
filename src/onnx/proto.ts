/**
 * A protobuf writer for the part of ONNX's ModelProto that a tensor program needs (onnx.proto3, field numbers as there).
 * Opset 20, IR version 9.
 */

export type ElementType = 1 | 3 | 6 | 7 | 9 | 10;

export interface TensorProto {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly raw: Uint8Array;
}

export interface NodeProto {
  readonly op: string;
  readonly name: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;
}

/** A graph input or output; a string is a dimension known only when the model runs. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface GraphProto {
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

/** A whole ModelProto, ready for a runtime or a file. */
export function encodeModel(graph: GraphProto): Uint8Array {
  const opset = (domain: string, version: number): Writer => {
    const w = new Writer();
    if (domain !== '') w.text(1, domain);
    return w.int(2, version);
  };
  const model = new Writer()
    .int(1, 9)
    .text(2, 'understudy')
    .message(7, encodeGraph(graph))
    .message(8, opset('', 20));
  return model.message(8, opset('com.microsoft', 1)).finish();
}

function encodeGraph(graph: GraphProto): Writer {
  const w = new Writer();
  for (const node of graph.nodes) w.message(1, encodeNode(node));
  w.text(2, 'g');
  for (const tensor of graph.initializers) {
    w.message(
      5,
      new Writer().packed(1, tensor.shape).int(2, tensor.type).text(8, tensor.name).bytes(9, tensor.raw),
    );
  }
  for (const info of graph.inputs) w.message(11, encodeValueInfo(info));
  for (const info of graph.outputs) w.message(12, encodeValueInfo(info));
  return w;
}

function encodeNode(node: NodeProto): Writer {
  const w = new Writer();
  for (const name of node.inputs) w.text(1, name);
  for (const name of node.outputs) w.text(2, name);
  w.text(3, node.name).text(4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) {
    const a = new Writer().text(1, name);
    if (typeof value === 'number') a.int(3, value).int(20, 2);
    else if ('float' in value) a.float(2, value.float).int(20, 1);
    else a.packed(8, value).int(20, 7);
    w.message(5, a);
  }
  if (node.domain !== undefined) w.text(7, node.domain);
  return w;
}

function encodeValueInfo({ name, type, shape }: ValueInfo): Writer {
  const dims = new Writer();
  for (const d of shape) {
    dims.message(1, typeof d === 'string' ? new Writer().text(2, d) : new Writer().int(1, d));
  }
  const tensor = new Writer().int(1, type).message(2, dims);
  return new Writer().text(1, name).message(2, new Writer().message(1, tensor));
}

/** Protobuf wire format: varints, 32-bit floats and length-delimited fields. */
class Writer {
  readonly #parts: Uint8Array[] = [];

  int(field: number, value: number): this {
    return this.#varint(BigInt(field * 8)).#varint(BigInt.asUintN(64, BigInt(value)));
  }

  float(field: number, value: number): this {
    this.#varint(BigInt(field * 8 + 5));
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#parts.push(bytes);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint(BigInt(field * 8 + 2)).#varint(BigInt(value.length));
    this.#parts.push(value);
    return this;
  }

  message(field: number, writer: Writer): this {
    return this.bytes(field, writer.finish());
  }

  packed(field: number, values: readonly number[]): this {
    const inner = new Writer();
    for (const value of values) inner.#varint(BigInt.asUintN(64, BigInt(value)));
    return this.message(field, inner);
  }

  finish(): Uint8Array {
    const length = this.#parts.reduce((sum, part) => sum + part.length, 0);
    const result = new Uint8Array(length);
    let at = 0;
    for (const part of this.#parts) {
      result.set(part, at);
      at += part.length;
    }
    return result;
  }

  #varint(value: bigint): this {
    const bytes: number[] = [];
    let rest = value;
    do {
      const low = Number(rest & 127n);
      rest >>= 7n;
      bytes.push(rest === 0n ? low : low | 128);
    } while (rest !== 0n);
    this.#parts.push(Uint8Array.from(bytes));
    return this;
  }
}
