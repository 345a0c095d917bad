import { createRandom } from '../../src/base/random.ts';
import type { DType, Numbers, Shape, Value } from '../../src/tensor/graph.ts';
import type { OpName } from '../../src/tensor/ops.ts';
import * as ops from '../../src/tensor/ops.ts';

/**
 * Points at which each row of the op table is differentiated. The type asks for at least one case per op, so that a new
 * op cannot land without one. Inputs are kept away from kinks, poles and ties.
 */
export interface Case {
  readonly name: string;
  /** Inputs to differentiate by. */
  readonly inputs: readonly { readonly shape: Shape; readonly data: Float32Array }[];
  /** Other inputs. */
  readonly fixed?: readonly { readonly dtype: DType; readonly shape: Shape; readonly data: Numbers }[];
  readonly build: (inputs: readonly Value[], fixed: readonly Value[]) => Value;
}

const random = createRandom('op cases');
const size = (shape: Shape): number => shape.reduce((a, d) => a * d, 1);
const any = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: size(shape) }, () => random.normal()),
});
/** Distinct values at least 0.2 apart and from zero, in random order. */
const apart = (...shape: number[]) => {
  const n = size(shape);
  const values = Array.from({ length: n }, (_, i) => (i - Math.floor(n / 2) + 0.5) * 0.3);
  return { shape, data: Float32Array.from(random.shuffle(values)) };
};
const positive = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: size(shape) }, () => 0.5 + random.next() * 1.5),
});
const ids = (values: number[], shape: Shape = [values.length]) => ({
  dtype: 'i32' as const,
  shape,
  data: Int32Array.from(values),
});
const longs = (...values: number[]) => ({
  dtype: 'i64' as const,
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const flags = (values: number[], shape: Shape = [values.length]) => ({
  dtype: 'bool' as const,
  shape,
  data: Uint8Array.from(values),
});

type Binary = (a: Value, b: Value) => Value;
const binary = (make: Binary, kind = apart): Case[] => [
  { name: 'equal shapes', inputs: [kind(2, 3), kind(2, 3)], build: ([a, b]) => make(a!, b!) },
  { name: 'row broadcast', inputs: [kind(2, 3), kind(3)], build: ([a, b]) => make(a!, b!) },
  { name: 'column broadcast', inputs: [kind(2, 1), kind(2, 3)], build: ([a, b]) => make(a!, b!) },
  { name: 'scalar', inputs: [kind(2, 3), kind()], build: ([a, b]) => make(a!, b!) },
];
// Sides shifted so that neither a tie nor a kink is near.
const ordered = (make: Binary): Case[] => [
  { name: 'no ties', inputs: [apart(2, 5), any(1)], build: ([a, b]) => make(a!, ops.add(b!, a!)) },
  {
    name: 'row broadcast',
    inputs: [apart(4, 2), { shape: [2], data: Float32Array.of(0.05, -0.1) }],
    build: ([a, b]) => make(a!, b!),
  },
];
const unary = (make: (a: Value) => Value, kind = any): Case[] => [
  { name: 'elementwise', inputs: [kind(3, 4)], build: ([a]) => make(a!) },
];
const compare = (make: Binary): Case[] => [
  { name: 'discrete', inputs: [apart(4), apart(4)], build: ([a, b]) => make(a!, b!) },
];

export const cases: { readonly [K in OpName]: readonly [Case, ...Case[]] | Case[] } = {
  Add: binary(ops.add),
  Sub: binary(ops.sub),
  Mul: binary(ops.mul),
  Div: binary(ops.div, positive),
  Max: ordered(ops.max),
  Min: ordered(ops.min),
  Neg: unary(ops.neg),
  Exp: unary(ops.exp),
  Log: unary(ops.log, positive),
  Sqrt: unary(ops.sqrt, positive),
  Relu: unary(ops.relu, apart),
  HardSigmoid: unary((a) => ops.hardSigmoid(a, 0.4, 0.5), apart),
  Where: [
    {
      name: 'both sides',
      inputs: [any(2, 3), any(3)],
      fixed: [flags([1, 0, 1, 0, 0, 1], [2, 3])],
      build: ([a, b], [c]) => ops.where(c!, a!, b!),
    },
  ],
  Equal: compare(ops.equal),
  Less: compare(ops.less),
  Greater: compare(ops.greater),
  Cast: [{ name: 'to i32', inputs: [apart(4)], build: ([a]) => ops.cast(a!, 'i32') }],
  ReduceSum: [
    { name: 'inner axis', inputs: [any(2, 3, 2)], build: ([a]) => ops.reduceSum(a!, [1]) },
    { name: 'two axes kept', inputs: [any(2, 3, 2)], build: ([a]) => ops.reduceSum(a!, [0, 2], true) },
  ],
  ReduceMean: [
    { name: 'last axis kept', inputs: [any(2, 3)], build: ([a]) => ops.reduceMean(a!, [1], true) },
    { name: 'all axes', inputs: [any(2, 3)], build: ([a]) => ops.reduceMean(a!, [0, 1]) },
  ],
  ReduceMax: [
    { name: 'inner axis', inputs: [apart(2, 4, 2)], build: ([a]) => ops.reduceMax(a!, [1]) },
    { name: 'last axis kept', inputs: [apart(3, 4)], build: ([a]) => ops.reduceMax(a!, [1], true) },
  ],
  MatMul: [
    { name: 'matrices', inputs: [any(2, 3), any(3, 4)], build: ([a, b]) => ops.matmul(a!, b!) },
    { name: 'batch', inputs: [any(2, 2, 3), any(2, 3, 2)], build: ([a, b]) => ops.matmul(a!, b!) },
    {
      name: 'one matrix for a batch',
      inputs: [any(2, 2, 3), any(3, 2)],
      build: ([a, b]) => ops.matmul(a!, b!),
    },
    { name: 'heads', inputs: [any(2, 2, 3, 2), any(2, 2, 2, 3)], build: ([a, b]) => ops.matmul(a!, b!) },
    { name: 'broadcast batch', inputs: [any(1, 2, 3), any(2, 3, 2)], build: ([a, b]) => ops.matmul(a!, b!) },
  ],
  Gemm: [
    { name: 'plain', inputs: [any(2, 3), any(3, 4)], build: ([a, b]) => ops.gemm(a!, b!) },
    {
      name: 'bias',
      inputs: [any(2, 3), any(3, 4), any(4)],
      build: ([a, b, c]) => ops.gemm(a!, b!, { bias: c! }),
    },
    {
      name: 'a transposed',
      inputs: [any(3, 2), any(3, 4)],
      build: ([a, b]) => ops.gemm(a!, b!, { transA: true }),
    },
    {
      name: 'b transposed',
      inputs: [any(2, 3), any(4, 3)],
      build: ([a, b]) => ops.gemm(a!, b!, { transB: true }),
    },
    {
      name: 'both transposed',
      inputs: [any(3, 2), any(4, 3)],
      build: ([a, b]) => ops.gemm(a!, b!, { transA: true, transB: true }),
    },
  ],
  Transpose: [{ name: 'rotation', inputs: [any(2, 3, 4)], build: ([a]) => ops.transpose(a!, [2, 0, 1]) }],
  Reshape: [{ name: 'flatten', inputs: [any(2, 3)], build: ([a]) => ops.reshape(a!, [6]) }],
  Expand: [{ name: 'rows', inputs: [any(1, 3)], build: ([a]) => ops.expand(a!, [2, 3]) }],
  Concat: [
    { name: 'inner axis', inputs: [any(2, 2, 3), any(2, 1, 3)], build: (all) => ops.concat(all, 1) },
    { name: 'first axis', inputs: [any(2), any(3), any(1)], build: (all) => ops.concat(all, 0) },
  ],
  Slice: [{ name: 'middle', inputs: [any(2, 5)], build: ([a]) => ops.slice(a!, 1, 1, 4) }],
  Pad: [{ name: 'both ends', inputs: [any(2, 3, 2)], build: ([a]) => ops.pad(a!, 1, 1, 2) }],
  Gather: [
    {
      name: 'repeated ids',
      inputs: [any(4, 3)],
      fixed: [ids([2, 0, 2, 3], [2, 2])],
      build: ([t], [i]) => ops.gather(t!, i!),
    },
  ],
  ScatterRows: [
    {
      name: 'the kept rows of the table',
      inputs: [any(4, 2)],
      fixed: [
        { ...longs(3, 1), shape: [2, 1] },
        { dtype: 'f32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      ],
      build: ([t], [i, rows]) => ops.scatterRows(t!, i!, rows!),
    },
  ],
  Window: [
    {
      name: 'read only',
      inputs: [any(6)],
      fixed: [longs(2), longs(5)],
      build: ([a], [start, end]) => ops.window(a!, start!, end!, 3),
    },
  ],
  Softmax: [{ name: 'last axis', inputs: [any(3, 4)], build: ([a]) => ops.softmax(a!) }],
  Standardise: [{ name: 'last axis', inputs: [any(3, 5)], build: ([a]) => ops.standardise(a!) }],
  StopGradient: [{ name: 'blocks', inputs: [any(3)], build: ([a]) => ops.stopGradient(a!) }],
};
