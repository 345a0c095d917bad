import type { Node, Value } from './graph.ts';
import type { OpAttributes, OpName } from './ops.ts';
import {
  add,
  cast,
  div,
  equal,
  expand,
  full,
  gemm,
  greater,
  hardSigmoid,
  less,
  matmul,
  mul,
  neg,
  number,
  pad,
  range,
  reduceMean,
  reduceSum,
  reshape,
  scatterRows,
  slice,
  sqrt,
  sub,
  transpose,
  where,
} from './ops.ts';
import { mismatch } from './shapes.ts';

/**
 * One line of calculus per op: from the gradient `g` of the output to the gradients of the inputs, null where none
 * flows. A rule may answer in the broadcast shape; the walk in gradient.ts sums it back. A row without a rule says why.
 */
export type GradientRule<A> = (context: {
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly g: Value;
  readonly attributes: A;
}) => readonly (Value | null)[];

export type Rule<A> = GradientRule<A> | { readonly none: string };

const discrete = { none: 'its output is discrete: the derivative is zero wherever it exists' };
const zero = number(0);
const one = number(1);
const two = number(2);

export const rules: { readonly [K in OpName]: Rule<OpAttributes[K]> } = {
  Add: ({ g }) => [g, g],
  Sub: ({ g }) => [g, neg(g)],
  Mul: ({ inputs: [a, b], g }) => [mul(g, b!), mul(g, a!)],
  Div: ({ inputs: [, b], output, g }) => [div(g, b!), neg(div(mul(g, output), b!))],
  // At a tie both sides are maximal; the first takes the gradient.
  Max: ({ inputs: [a, b], g }) => [where(less(a!, b!), zero, g), where(less(a!, b!), g, zero)],
  Min: ({ inputs: [a, b], g }) => [where(greater(a!, b!), zero, g), where(greater(a!, b!), g, zero)],
  Neg: ({ g }) => [neg(g)],
  Exp: ({ output, g }) => [mul(g, output)],
  Log: ({ inputs: [a], g }) => [div(g, a!)],
  Sqrt: ({ output, g }) => [div(g, mul(two, output))],
  Relu: ({ output, g }) => [mul(g, isPositive(output))],
  HardSigmoid: ({ output, g, attributes: { slope } }) => [
    mul(mul(g, number(slope)), mul(isPositive(output), isPositive(sub(one, output)))),
  ],
  Where: ({ inputs: [c], g }) => [null, where(c!, g, zero), where(c!, zero, g)],
  Equal: discrete,
  Less: discrete,
  Greater: discrete,
  Cast: { none: 'it changes the number type; gradients flow through f32 alone' },
  ReduceSum: ({ inputs: [a], g, attributes }) => [spread(g, a!, attributes.axes)],
  ReduceMean: ({ inputs: [a], g, attributes: { axes } }) => {
    const count = axes.reduce((n, axis) => n * a!.shape[axis]!, 1);
    if (axes.some((axis) => a!.shape[axis]! < 0))
      throw mismatch('the mean over a symbolic axis has no gradient');
    return [spread(mul(g, number(1 / count)), a!, axes)];
  },
  // Equal maxima share the gradient.
  ReduceMax: ({ inputs: [a], output, g, attributes: { axes } }) => {
    const kept = keptShape(a!, axes);
    const hit = isZero(sub(a!, reshape(output, kept)));
    return [mul(hit, div(reshape(g, kept), reduceSum(hit, axes, true)))];
  },
  MatMul: ({ inputs: [a, b], g }) => [matmul(g, swapLast(b!)), productOverRows(a!, b!, g)],
  Gemm: ({ inputs: [a, b], g, attributes: { transA, transB } }) => [
    transA ? gemm(b!, g, { transA: transB, transB: true }) : gemm(g, b!, { transB: !transB }),
    transB ? gemm(g, a!, { transA: true, transB: transA }) : gemm(a!, g, { transA: !transA }),
    g,
  ],
  Transpose: ({ g, attributes: { perm } }) => [
    transpose(
      g,
      perm.map((_, i) => perm.indexOf(i)),
    ),
  ],
  Reshape: ({ inputs: [a], g }) => [reshape(g, a!.shape)],
  Expand: ({ g }) => [g],
  Concat: ({ inputs, g, attributes: { axis } }) => {
    let start = 0;
    return inputs.map((v) => slice(g, axis, start, (start += v.shape[axis]!)));
  },
  Slice: ({ inputs: [a], g, attributes: { axis, start, end } }) => [
    pad(g, axis, start, a!.shape[axis]! - end),
  ],
  Pad: ({ inputs: [a], g, attributes: { axis, before } }) => [
    slice(g, axis, before, before + a!.shape[axis]!),
  ],
  // A one-hot product adds up repeated ids in a fixed order and stays on every device; its cost is ids x rows x width.
  Gather: ({ inputs: [table, ids], g }) => {
    const [rows = 0, ...rest] = table!.shape;
    const n = ids!.shape.reduce((a, d) => a * d, 1);
    const width = rest.reduce((a, d) => a * d, 1);
    const hot = cast(equal(reshape(ids!, [n, 1]), reshape(range(rows), [1, rows])), 'f32');
    return [reshape(gemm(hot, reshape(g, [n, width]), { transA: true }), table!.shape), null];
  },
  // Repeated ids carry equal rows, so only the kept part of the table is differentiated.
  ScatterRows: ({ inputs: [, ids, rows], g }) => [scatterRows(g, ids!, full(rows!.shape, 0)), null, null],
  Window: { none: 'it reads random numbers and constants, which are not learnt' },
  Softmax: ({ output, g }) => {
    const last = [output.shape.length - 1];
    return [mul(output, sub(g, reduceSum(mul(g, output), last, true)))];
  },
  Standardise: ({ inputs: [a], output, g }) => {
    const last = [a!.shape.length - 1];
    const centred = sub(a!, reduceMean(a!, last, true));
    const deviation = sqrt(add(reduceMean(mul(centred, centred), last, true), number(1e-5)));
    const inner = sub(sub(g, reduceMean(g, last, true)), mul(output, reduceMean(mul(g, output), last, true)));
    return [div(inner, deviation)];
  },
  StopGradient: { none: 'blocking the gradient is what it is for' },
};

/** The rule of a node, or the reason why it has none. */
export function ruleOf(node: Node): Rule<Node['attributes']> {
  return rules[node.op as OpName] as Rule<Node['attributes']>;
}

/**
 * 1 where a number that is never negative is positive, else 0; and 1 where one that is never positive is zero. Comparisons
 * give booleans, which another pass would have to make numbers of.
 */
const isPositive = (v: Value): Value => hardSigmoid(v, STEEP, 0);
const isZero = (v: Value): Value => hardSigmoid(v, STEEP, 1);
const STEEP = 1e38;

function keptShape(a: Value, axes: readonly number[]): readonly number[] {
  return a.shape.map((d, i) => (axes.includes(i) ? 1 : d));
}

function spread(g: Value, a: Value, axes: readonly number[]): Value {
  return expand(reshape(g, keptShape(a, axes)), a.shape);
}

function swapLast(a: Value): Value {
  const rank = a.shape.length;
  const perm = a.shape.map((_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
  return transpose(a, perm);
}

/** The gradient of b in a b: where b is one matrix for the whole batch, one product over all rows instead of a batch of them. */
function productOverRows(a: Value, b: Value, g: Value): Value {
  if (b.shape.length > 2 || a.shape.length === 2) return matmul(swapLast(a), g);
  const rows = (v: Value): Value => {
    const n = v.shape.slice(0, -1).reduce((x, d) => x * d, 1);
    return reshape(v, [n, v.shape.at(-1)!]);
  };
  return gemm(rows(a), rows(g), { transA: true });
}
