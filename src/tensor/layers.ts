import type { Value } from './graph.ts';
import {
  add,
  cast,
  concat,
  div,
  equal,
  exp,
  gemm,
  log,
  matmul,
  max,
  mul,
  neg,
  number,
  pad,
  range,
  reduceMax,
  reduceSum,
  reshape,
  slice,
  softmax,
  standardise,
  stopGradient,
  sub,
  transpose,
} from './ops.ts';

/** Layers as functions of values. Shapes: B batch, L length, D width, H heads. */

/**
 * x [..., D] w [D, E] + b, where b is [E], or [..., 1] with one number per row. Known leading dimensions are flattened into
 * one matrix product.
 */
export function linear(x: Value, w: Value, b?: Value): Value {
  const lead = x.shape.slice(0, -1);
  const outputs = w.shape[1]!;
  if (lead.some((d) => d < 0)) {
    const y = matmul(x, w);
    return b === undefined ? y : add(y, b);
  }
  const rows = lead.reduce((a, d) => a * d, 1);
  const bias = b === undefined || b.shape.length === 1 ? b : reshape(b, [rows, 1]);
  const y = gemm(reshape(x, [rows, x.shape.at(-1)!]), w, bias === undefined ? {} : { bias });
  return reshape(y, [...lead, outputs]);
}

/** 1 where ids [...] equals the class, as f32 [..., classes]; a negative id gives zeros. */
export function oneHot(ids: Value, classes: number): Value {
  return cast(equal(reshape(ids, [...ids.shape, 1]), range(classes)), 'f32');
}

/** Layer normalisation over the last axis (Ba et al. 2016). */
export function layerNorm(x: Value, scale: Value, shift: Value): Value {
  return add(mul(standardise(x), scale), shift);
}

/** 1-D convolution over L with zero padding that keeps the length: x [B, L, D], w [width D, E] -> [B, L, E]. */
export function conv1d(x: Value, w: Value, b: Value, width: number): Value {
  return linear(unfold(x, width), w, b);
}

/** The `width` neighbours of each position side by side: [B, L, D] -> [B, L, width D], zeros beyond the ends. */
export function unfold(x: Value, width: number): Value {
  return neighbours(x, [width])[0]!;
}

/** unfold for several widths, which share what each position sees at one distance. */
export function neighbours(x: Value, widths: readonly number[]): Value[] {
  const widest = Math.max(...widths);
  const before = stepsBack(widest);
  const length = x.shape[1]!;
  const padded = widest === 1 ? x : pad(x, 1, before, widest - 1 - before);
  const end = (i: number): number => (length < 0 ? i + 1 - widest : i + length);
  const seen = Array.from({ length: widest }, (_, i) => (i === before ? x : slice(padded, 1, i, end(i))));
  return widths.map((width) => {
    const first = before - stepsBack(width);
    return concat(seen.slice(first, first + width), 2);
  });
}

function stepsBack(width: number): number {
  return Math.floor((width - 1) / 2);
}

/**
 * Multi-head attention (Vaswani et al. 2017). q [B, T, D]; k, v [B, L, D]; mask f32 [B, L], 1 where a key may be looked at.
 * `bias` [H, T, L] or broadcastable is added to the scores (relative positions).
 */
export function attention(
  q: Value,
  k: Value,
  v: Value,
  options: { readonly heads: number; readonly mask: Value; readonly bias?: Value },
): Value {
  const { heads, mask } = options;
  const [batch = 0, queries = 0, width = 0] = q.shape;
  const keys = k.shape[1]!;
  const size = width / heads;
  const split = (x: Value, perm: readonly number[]): Value =>
    transpose(reshape(x, [batch, x.shape[1]!, heads, size]), perm);
  const scores = mul(matmul(split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1])), number(1 / Math.sqrt(size)));
  const closed = mul(sub(reshape(mask, [batch, 1, 1, keys]), number(1)), number(1e9));
  const biased = options.bias === undefined ? scores : add(scores, options.bias);
  const weights = softmax(add(biased, closed));
  const mixed = transpose(matmul(weights, split(v, [0, 2, 1, 3])), [0, 2, 1, 3]);
  return reshape(mixed, [batch, queries, width]);
}

/** Mean over the positions where mask [B, L] is 1: [B, L, D] -> [B, D]. */
export function meanPool(x: Value, mask: Value): Value {
  const [batch = 0, length = 0] = x.shape;
  const total = reduceSum(mul(x, reshape(mask, [batch, length, 1])), [1]);
  return div(total, max(reduceSum(mask, [1], true), number(1)));
}

/** Maximum over the positions where mask [B, L] is 1: [B, L, D] -> [B, D]. At least one position must be open. */
export function maxPool(x: Value, mask: Value): Value {
  const [batch = 0, length = 0] = x.shape;
  const closed = mul(sub(reshape(mask, [batch, length, 1]), number(1)), number(1e9));
  return reduceMax(add(x, closed), [1]);
}

/** Inverted dropout with a mask of zeros and 1 / keep that is fed or read from a pool. */
export function dropout(x: Value, mask: Value): Value {
  return mul(x, mask);
}

/** log softmax over the last axis, of ops that stay on every device. */
export function logSoftmax(x: Value): Value {
  const last = [x.shape.length - 1];
  const shifted = sub(x, stopGradient(reduceMax(x, last, true)));
  return sub(shifted, log(reduceSum(exp(shifted), last, true)));
}

/**
 * Weighted mean cross entropy against target distributions: -sum_i w_i sum_c t_ic log p_ic / max(1, sum w).
 * logits and targets [N, C], weights [N].
 */
export function crossEntropy(logits: Value, targets: Value, weights: Value): Value {
  const each = neg(reduceSum(mul(targets, logSoftmax(logits)), [1]));
  return div(reduceSum(mul(each, weights), [0]), max(reduceSum(weights, [0]), number(1)));
}
