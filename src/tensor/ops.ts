import type { Attributes, DType, Shape, Value } from './graph.ts';
import { constant, sizeOf } from './graph.ts';
import {
  broadcast,
  checkAxis,
  concatShape,
  expectType,
  gemmShape,
  matmulShape,
  mismatch,
  reducedShape,
  reshapedShape,
  transposedShape,
} from './shapes.ts';

/**
 * The op table: one row per op with its attributes and its shape inference, and below it one function per op. Names are
 * ONNX's where the op is ONNX's. The gradient rule of each row is in rules.ts; the compiler asks for both.
 */
export interface OpAttributes {
  Add: None;
  Sub: None;
  Mul: None;
  Div: None;
  Max: None;
  Min: None;
  Neg: None;
  Exp: None;
  Log: None;
  Sqrt: None;
  Relu: None;
  /** min(1, max(0, slope x + offset)); steep enough it is a step from 0 to 1. */
  HardSigmoid: { readonly slope: number; readonly offset: number };
  Where: None;
  Equal: None;
  Less: None;
  Greater: None;
  Cast: { readonly to: DType };
  ReduceSum: { readonly axes: readonly number[]; readonly keep: boolean };
  ReduceMean: { readonly axes: readonly number[]; readonly keep: boolean };
  ReduceMax: { readonly axes: readonly number[]; readonly keep: boolean };
  MatMul: None;
  /** alpha * op(a) op(b) + c for matrices; faster than MatMul and transposes for free. */
  Gemm: { readonly transA: boolean; readonly transB: boolean };
  Transpose: { readonly perm: readonly number[] };
  Reshape: { readonly shape: Shape };
  Expand: { readonly shape: Shape };
  Concat: { readonly axis: number };
  /**
   * On a symbolic axis an end of 0 or less counts back from the end and the axis keeps its symbol: unfold pads an axis
   * and slices it back to its length.
   */
  Slice: { readonly axis: number; readonly start: number; readonly end: number };
  /** Zeros before and after one axis. */
  Pad: { readonly axis: number; readonly before: number; readonly after: number };
  /** Rows of a table by i32 ids of any shape. */
  Gather: None;
  /** A table with the rows at i64 ids [R, 1] replaced; where an id is repeated its rows must be equal. */
  ScatterRows: None;
  /** `size` consecutive elements of a vector from a start that is fed, with start and end as i64 vectors of one. */
  Window: { readonly size: number };
  /** Over the last axis. */
  Softmax: None;
  /** Normalised over the last axis to mean 0 and variance 1, epsilon 1e-5. */
  Standardise: None;
  StopGradient: None;
}

export type OpName = keyof OpAttributes;
type None = Readonly<Record<string, never>>;
interface Type {
  readonly dtype: DType;
  readonly shape: Shape;
}
type Infer<A> = (inputs: readonly Value[], attributes: A) => Type;

const elementwise: Infer<None> = ([a, b]) => {
  if (a!.dtype !== b!.dtype) throw mismatch(`mixed types ${a!.dtype} and ${b!.dtype}`);
  return { dtype: a!.dtype, shape: broadcast(a!.shape, b!.shape) };
};
const comparison: Infer<None> = (inputs) => ({ ...elementwise(inputs, {}), dtype: 'bool' });
const unary: Infer<unknown> = ([a]) => {
  expectType(a!, 'f32');
  return { dtype: a!.dtype, shape: a!.shape };
};
const reduction: Infer<{ readonly axes: readonly number[]; readonly keep: boolean }> = (
  [a],
  { axes, keep },
) => {
  expectType(a!, 'f32');
  return { dtype: a!.dtype, shape: reducedShape(a!.shape, axes, keep) };
};

const inference: { readonly [K in OpName]: Infer<OpAttributes[K]> } = {
  Add: elementwise,
  Sub: elementwise,
  Mul: elementwise,
  Div: elementwise,
  Max: elementwise,
  Min: elementwise,
  Neg: unary,
  Exp: unary,
  Log: unary,
  Sqrt: unary,
  Relu: unary,
  HardSigmoid: unary,
  Where: ([condition, a, b]) => {
    expectType(condition!, 'bool');
    const { dtype, shape } = elementwise([a!, b!], {});
    return { dtype, shape: broadcast(condition!.shape, shape) };
  },
  Equal: comparison,
  Less: comparison,
  Greater: comparison,
  Cast: ([a], { to }) => ({ dtype: to, shape: a!.shape }),
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  MatMul: ([a, b]) => ({ dtype: a!.dtype, shape: matmulShape(a!.shape, b!.shape) }),
  Gemm: ([a, b, c], { transA, transB }) => {
    const shape = gemmShape(a!.shape, b!.shape, transA, transB);
    if (c !== undefined) broadcast(shape, c.shape);
    return { dtype: a!.dtype, shape };
  },
  Transpose: ([a], { perm }) => ({ dtype: a!.dtype, shape: transposedShape(a!.shape, perm) }),
  Reshape: ([a], { shape }) => ({ dtype: a!.dtype, shape: reshapedShape(a!.shape, shape) }),
  Expand: ([a], { shape }) => ({ dtype: a!.dtype, shape: broadcast(a!.shape, shape) }),
  Concat: (inputs, { axis }) => ({
    dtype: inputs[0]!.dtype,
    shape: concatShape(
      inputs.map((v) => v.shape),
      axis,
    ),
  }),
  Slice: ([a], { axis, start, end }) => {
    const size = a!.shape[checkAxis(a!.shape, axis)]!;
    if (size < 0 && end <= 0) return { dtype: a!.dtype, shape: a!.shape };
    if (start < 0 || end <= start || (size >= 0 && end > size))
      throw mismatch(`no slice ${start}..${end} of axis ${axis} of [${a!.shape}]`);
    return { dtype: a!.dtype, shape: a!.shape.map((d, i) => (i === axis ? end - start : d)) };
  },
  Pad: ([a], { axis, before, after }) => {
    checkAxis(a!.shape, axis);
    const grow = (d: number): number => (d < 0 ? d : d + before + after);
    return { dtype: a!.dtype, shape: a!.shape.map((d, i) => (i === axis ? grow(d) : d)) };
  },
  Gather: ([table, ids]) => {
    expectType(ids!, 'i32');
    return { dtype: table!.dtype, shape: [...ids!.shape, ...table!.shape.slice(1)] };
  },
  ScatterRows: ([table, ids, rows]) => {
    expectType(ids!, 'i64');
    if (ids!.shape[1] !== 1 || rows!.shape[0] !== ids!.shape[0])
      throw mismatch(`${ids!.shape} ids for [${rows!.shape}] rows`);
    return { dtype: table!.dtype, shape: table!.shape };
  },
  Window: ([vector, start, end], { size }) => {
    expectType(start!, 'i64');
    expectType(end!, 'i64');
    return { dtype: vector!.dtype, shape: [size] };
  },
  Softmax: unary,
  Standardise: unary,
  StopGradient: ([a]) => ({ dtype: a!.dtype, shape: a!.shape }),
};

/** The names of all rows. */
export const opNames = Object.keys(inference) as readonly OpName[];

/** Applies an op; throws an AppError where the inputs do not fit. */
export function apply<K extends OpName>(op: K, inputs: readonly Value[], attributes: OpAttributes[K]): Value {
  const { dtype, shape } = inference[op](inputs, attributes);
  return { dtype, shape, source: { kind: 'node', op, inputs, attributes: attributes as Attributes } };
}

export const add = (a: Value, b: Value): Value => apply('Add', [a, b], {});
export const sub = (a: Value, b: Value): Value => apply('Sub', [a, b], {});
export const mul = (a: Value, b: Value): Value => apply('Mul', [a, b], {});
export const div = (a: Value, b: Value): Value => apply('Div', [a, b], {});
export const max = (a: Value, b: Value): Value => apply('Max', [a, b], {});
export const min = (a: Value, b: Value): Value => apply('Min', [a, b], {});
export const neg = (a: Value): Value => apply('Neg', [a], {});
export const exp = (a: Value): Value => apply('Exp', [a], {});
export const log = (a: Value): Value => apply('Log', [a], {});
export const sqrt = (a: Value): Value => apply('Sqrt', [a], {});
export const relu = (a: Value): Value => apply('Relu', [a], {});
export const hardSigmoid = (a: Value, slope: number, offset: number): Value =>
  apply('HardSigmoid', [a], { slope, offset });
export const where = (condition: Value, a: Value, b: Value): Value => apply('Where', [condition, a, b], {});
export const equal = (a: Value, b: Value): Value => apply('Equal', [a, b], {});
export const less = (a: Value, b: Value): Value => apply('Less', [a, b], {});
export const greater = (a: Value, b: Value): Value => apply('Greater', [a, b], {});
export const cast = (a: Value, to: DType): Value => (a.dtype === to ? a : apply('Cast', [a], { to }));
export const matmul = (a: Value, b: Value): Value => apply('MatMul', [a, b], {});
export const transpose = (a: Value, perm: readonly number[]): Value => apply('Transpose', [a], { perm });
export const expand = (a: Value, shape: Shape): Value => apply('Expand', [a], { shape });
export const concat = (inputs: readonly Value[], axis: number): Value =>
  inputs.length === 1 ? inputs[0]! : apply('Concat', inputs, { axis });
export const slice = (a: Value, axis: number, start: number, end: number): Value =>
  apply('Slice', [a], { axis, start, end });
export const pad = (a: Value, axis: number, before: number, after: number): Value =>
  apply('Pad', [a], { axis, before, after });
export const gather = (table: Value, ids: Value): Value => apply('Gather', [table, ids], {});
export const scatterRows = (table: Value, ids: Value, rows: Value): Value =>
  apply('ScatterRows', [table, ids, rows], {});
export const window = (vector: Value, start: Value, end: Value, size: number): Value =>
  apply('Window', [vector, start, end], { size });
export const softmax = (a: Value): Value => apply('Softmax', [a], {});
export const standardise = (a: Value): Value => apply('Standardise', [a], {});
export const stopGradient = (a: Value): Value => apply('StopGradient', [a], {});

export function reduceSum(a: Value, axes: readonly number[], keep = false): Value {
  return axes.length === 0 ? a : apply('ReduceSum', [a], { axes, keep });
}

export function reduceMean(a: Value, axes: readonly number[], keep = false): Value {
  return axes.length === 0 ? a : apply('ReduceMean', [a], { axes, keep });
}

export function reduceMax(a: Value, axes: readonly number[], keep = false): Value {
  return axes.length === 0 ? a : apply('ReduceMax', [a], { axes, keep });
}

/** Matrix product of two matrices, either transposed, plus an optional bias row. */
export function gemm(
  a: Value,
  b: Value,
  options: { readonly transA?: boolean; readonly transB?: boolean; readonly bias?: Value } = {},
): Value {
  const inputs = options.bias === undefined ? [a, b] : [a, b, options.bias];
  return apply('Gemm', inputs, { transA: options.transA ?? false, transB: options.transB ?? false });
}

export function reshape(a: Value, shape: Shape): Value {
  return a.shape.length === shape.length && a.shape.every((d, i) => d === shape[i])
    ? a
    : apply('Reshape', [a], { shape });
}

/** A constant filled with one number. */
export function full(shape: Shape, value: number): Value {
  return constant('f32', shape, new Float32Array(sizeOf(shape)).fill(value));
}

/** A vector of i32: 0, 1, ..., n - 1. */
export function range(n: number): Value {
  return constant(
    'i32',
    [n],
    Int32Array.from({ length: n }, (_, i) => i),
  );
}

/** A scalar f32 constant, for arithmetic with it. */
export function number(value: number): Value {
  return constant('f32', [], Float32Array.of(value));
}
