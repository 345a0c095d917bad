import { AppError } from '../base/error.ts';
import type { Attributes, DType, Graph, Numbers, Shape, Value } from '../tensor/graph.ts';
import { BATCH, LENGTH, rootsOf, topological } from '../tensor/graph.ts';
import type { OpAttributes, OpName } from '../tensor/ops.ts';
import { type OnHost, onHost, type RowsUpdate, type Stretch } from './hostState.ts';
import type { ElementType, NodeProto, TensorProto, ValueInfo } from './proto.ts';
import { encodeModel } from './proto.ts';

/** A tensor program as an ONNX model, with the names under which its tensors are fed and fetched. */
export interface LoweredModel {
  readonly bytes: Uint8Array;
  readonly inputs: readonly string[];
  readonly states: readonly string[];
  readonly outputs: readonly string[];
  /** State name -> model output that replaces it. */
  readonly updates: Readonly<Record<string, string>>;
  /** States of which a run gives the new rows alone. */
  readonly rows: readonly RowsUpdate[];
  /** Inputs that are part of a state. */
  readonly stretches: readonly Stretch[];
  /** States that an update may be written over. */
  readonly inPlace: ReadonlySet<string>;
}

export interface LowerOptions {
  /** State tensors to write into the model as constants (an exported model has no other input than its feeds). */
  readonly embed?: Readonly<Record<string, Numbers>>;
  /** The state lies in host memory: what need not pass through a run is left to the host. */
  readonly stateOnHost?: boolean;
}

/** Writes a graph as ONNX. Outputs keep their names; updates are called `<state>.next`. */
export function lower(whole: Graph, options: LowerOptions = {}): LoweredModel {
  const { graph, rows, stretches, inPlace } = options.stateOnHost === true ? onHost(whole) : onDevice(whole);
  const sink = createSink();
  const lowerings = options.stateOnHost === true ? { ...everywhere, ...onCpu } : everywhere;
  const names = new Map<Value, string>();
  const inputs = new Map<string, ValueInfo>();
  const states = new Map<string, ValueInfo>();
  const wanted = outputNames(graph);
  for (const value of topological(rootsOf(graph))) {
    const { source } = value;
    const own = source.kind === 'node' ? wanted.get(value) : undefined;
    const name = source.kind === 'input' || source.kind === 'state' ? source.name : (own ?? sink.fresh('v'));
    names.set(value, name);
    if (source.kind === 'constant') sink.constant(value.dtype, value.shape, source.data, name);
    else if (source.kind === 'node') {
      const args = source.inputs.map((v) => names.get(v)!);
      const { op, attributes, inputs } = source;
      const lowering = lowerings[op as OpName] as Lowering<Attributes> | undefined;
      if (lowering === undefined) sink.node(op, args, name);
      else lowering({ sink, args, output: name, attributes, inputs, value });
    } else {
      const data = source.kind === 'state' ? options.embed?.[name] : undefined;
      if (data !== undefined) {
        if (!sink.has(name)) sink.constant(value.dtype, value.shape, data, name);
      } else (source.kind === 'input' ? inputs : states).set(name, describe(name, value));
    }
  }
  const outputs: ValueInfo[] = [];
  const updates: Record<string, string> = {};
  const expose = (name: string, value: Value): void => {
    // A copy gives an output a name of its own where the value has another already.
    if (names.get(value) !== name) sink.node('Identity', [names.get(value)!], name);
    outputs.push(describe(name, value));
  };
  for (const [name, value] of Object.entries(graph.outputs)) expose(name, value);
  for (const [name, value] of Object.entries(graph.updates)) {
    updates[name] = nextName(name);
    expose(nextName(name), value);
  }
  const { nodes, initializers } = sink;
  const all = [...inputs.values(), ...states.values()];
  return {
    bytes: encodeModel({ nodes, initializers, inputs: all, outputs }),
    inputs: [...inputs.keys()].filter((name) => !stretches.some(({ input }) => input === name)),
    states: [...states.keys()],
    outputs: Object.keys(whole.outputs),
    updates,
    rows,
    stretches,
    inPlace,
  };
}

const onDevice = (graph: Graph): OnHost => ({ graph, rows: [], stretches: [], inPlace: new Set() });

const nextName = (state: string): string => `${state}.next`;

function outputNames(graph: Graph): Map<Value, string> {
  const names = new Map<Value, string>();
  for (const [name, value] of Object.entries(graph.updates)) names.set(value, nextName(name));
  for (const [name, value] of Object.entries(graph.outputs)) names.set(value, name);
  return names;
}

const elementTypes: Record<DType, ElementType> = { f32: 1, i8: 3, i32: 6, i64: 7, bool: 9, f16: 10 };

function describe(name: string, value: Value): ValueInfo {
  return { name, type: elementTypes[value.dtype], shape: value.shape.map(dimension) };
}

function dimension(d: number): number | string {
  if (d >= 0) return d;
  return d === BATCH ? 'batch' : d === LENGTH ? 'length' : `symbol${-d}`;
}

interface Sink {
  readonly nodes: NodeProto[];
  readonly initializers: TensorProto[];
  fresh(prefix: string): string;
  has(name: string): boolean;
  constant(dtype: DType, shape: Shape, data: Numbers, name?: string): string;
  /** Small integer vectors (axes, shapes) are shared. */
  integers(values: readonly number[]): string;
  node(op: string, inputs: readonly string[], output: string, attributes?: NodeProto['attributes']): void;
}

function createSink(): Sink {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const known = new Set<string>();
  const shared = new Map<string, string>();
  let counter = 0;
  const fresh = (prefix: string): string => `%${prefix}${counter++}`;
  const constant: Sink['constant'] = (dtype, shape, data, name = fresh('c')) => {
    known.add(name);
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    initializers.push({ name, type: elementTypes[dtype], shape, raw });
    return name;
  };
  return {
    nodes,
    initializers,
    fresh,
    constant,
    has: (name) => known.has(name),
    integers: (values) => {
      const key = values.join(',');
      const name = shared.get(key) ?? constant('i64', [values.length], BigInt64Array.from(values, BigInt));
      shared.set(key, name);
      return name;
    },
    node: (op, inputs, output, attributes = {}) => {
      nodes.push({ op, name: `${op}:${output}`, inputs, outputs: [output], attributes });
    },
  };
}

type Lowering<A> = (context: {
  readonly sink: Sink;
  readonly args: readonly string[];
  readonly output: string;
  readonly attributes: A;
  readonly inputs: readonly Value[];
  readonly value: Value;
}) => void;

type Lowerings = { readonly [K in OpName]?: Lowering<OpAttributes[K]> };

/** Ops whose ONNX form differs from (name, inputs); all others are written as they are. */
const everywhere: Lowerings = {
  Cast: ({ sink, args, output, attributes }) =>
    sink.node('Cast', args, output, { to: elementTypes[attributes.to] }),
  HardSigmoid: ({ sink, args, output, attributes: { slope, offset } }) =>
    sink.node('HardSigmoid', args, output, { alpha: { float: slope }, beta: { float: offset } }),
  ReduceSum: reduction('ReduceSum'),
  ReduceMean: reduction('ReduceMean'),
  ReduceMax: reduction('ReduceMax'),
  Gemm: product,
  Transpose: ({ sink, args, output, attributes }) =>
    sink.node('Transpose', args, output, { perm: attributes.perm }),
  Reshape: ({ sink, args, output, attributes, inputs }) =>
    sink.node('Reshape', [...args, sink.integers(reshapeTarget(inputs[0]!.shape, attributes.shape))], output),
  Expand: ({ sink, args, output, attributes }) =>
    sink.node('Expand', [...args, sink.integers(attributes.shape)], output),
  Concat: ({ sink, args, output, attributes }) =>
    sink.node('Concat', args, output, { axis: attributes.axis }),
  Slice: ({ sink, args, output, attributes: { axis, start, end } }) =>
    sink.node(
      'Slice',
      [...args, sink.integers([start]), sink.integers([end === 0 ? 2 ** 31 : end]), sink.integers([axis])],
      output,
    ),
  Pad: ({ sink, args, output, attributes: { axis, before, after } }) =>
    sink.node('Pad', [...args, sink.integers([before, after]), '', sink.integers([axis])], output),
  Gather: ({ sink, args, output }) => sink.node('Gather', args, output, { axis: 0 }),
  ScatterRows: ({ sink, args, output }) => sink.node('ScatterND', args, output),
  Window: ({ sink, args, output, attributes: { size } }) => {
    const piece = sink.fresh('t');
    sink.node('Slice', [args[0]!, args[1]!, args[2]!, sink.integers([0])], piece);
    // The length of the slice is known only when it runs; naming it here keeps every later shape static.
    sink.node('Reshape', [piece, sink.integers([size])], output);
  },
  Softmax: ({ sink, args, output }) => sink.node('Softmax', args, output, { axis: -1 }),
  Standardise: ({ sink, args, output, value }) => {
    const width = value.shape.at(-1)!;
    const scale = sink.constant('f32', [width], new Float32Array(width).fill(1));
    sink.node('LayerNormalization', [...args, scale], output, { axis: -1, epsilon: { float: 1e-5 } });
  },
  StopGradient: ({ sink, args, output }) => sink.node('Identity', args, output),
};

/** Columns of a product that the cpu's kernel does at a time. */
const STRIP = 128;

/**
 * What is faster otherwise on the cpu: its kernel turns a transposed first factor around again for each strip of columns,
 * which done once before saves a tenth of the product.
 */
const onCpu: Lowerings = {
  Gemm: (context) => {
    const { sink, args, inputs, attributes, value } = context;
    const [rows = 0, columns = 0] = inputs[0]!.shape;
    const isTurnedOften = attributes.transA && value.shape[1]! > STRIP;
    if (!isTurnedOften || rows < 0 || columns < 0) return product(context);
    const turned = sink.fresh('t');
    const matrices = sink.fresh('t');
    const first = sink.fresh('t');
    // As a list of one matrix: a plain transposition would be taken for a part of the product again.
    sink.node('Reshape', [args[0]!, sink.integers([1, rows, columns])], matrices);
    sink.node('Transpose', [matrices], turned, { perm: [0, 2, 1] });
    sink.node('Reshape', [turned, sink.integers([columns, rows])], first);
    product({ ...context, args: [first, ...args.slice(1)], attributes: { ...attributes, transA: false } });
  },
};

function product({
  sink,
  args,
  output,
  attributes: { transA, transB },
}: Parameters<Lowering<OpAttributes['Gemm']>>[0]): void {
  sink.node('Gemm', args, output, { transA: Number(transA), transB: Number(transB) });
}

function reduction(op: string): Lowering<OpAttributes['ReduceSum']> {
  return ({ sink, args, output, attributes: { axes, keep } }) =>
    sink.node(op, [...args, sink.integers(axes)], output, { keepdims: Number(keep) });
}

/** ONNX's Reshape copies a dimension for 0 and infers one for -1: enough for symbols that stay in place, and one more. */
function reshapeTarget(from: Shape, to: Shape): readonly number[] {
  const target = to.map((d, i) => (d < 0 ? (from[i] === d ? 0 : -1) : d));
  if (target.filter((d) => d === -1).length > 1)
    throw new AppError('internal', `Reshape of [${from}] to [${to}] has two symbols that move.`);
  return target;
}
