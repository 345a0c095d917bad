import { AppError } from '../base/error.ts';
import type { Shape, Value } from './graph.ts';

/** Shape inference shared by the rows of the op table. Every function throws an AppError that names what did not fit. */

/** Numpy's broadcast of two shapes. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw mismatch(`[${a}] and [${b}] do not broadcast`);
  });
}

/** Batched matrix product with broadcast leading dimensions. */
export function matmulShape(a: Shape, b: Shape): Shape {
  if (a.length < 2 || b.length < 2) throw mismatch(`a matrix product needs matrices, got [${a}] x [${b}]`);
  if (a.at(-1) !== b.at(-2)) throw mismatch(`inner dimensions differ: [${a}] x [${b}]`);
  return [...broadcast(a.slice(0, -2), b.slice(0, -2)), a.at(-2)!, b.at(-1)!];
}

export function gemmShape(a: Shape, b: Shape, transA: boolean, transB: boolean): Shape {
  if (a.length !== 2 || b.length !== 2) throw mismatch(`Gemm needs two matrices, got [${a}] x [${b}]`);
  const [m, k] = transA ? [a[1]!, a[0]!] : [a[0]!, a[1]!];
  const [k2, n] = transB ? [b[1]!, b[0]!] : [b[0]!, b[1]!];
  if (k !== k2) throw mismatch(`inner dimensions differ: [${a}] x [${b}] (transposed: ${transA}, ${transB})`);
  return [m, n];
}

export function reducedShape(shape: Shape, axes: readonly number[], keep: boolean): Shape {
  const set = new Set(axes.map((axis) => checkAxis(shape, axis)));
  return shape.flatMap((d, i) => (set.has(i) ? (keep ? [1] : []) : [d]));
}

export function transposedShape(shape: Shape, perm: readonly number[]): Shape {
  if (perm.length !== shape.length || new Set(perm).size !== perm.length)
    throw mismatch(`[${perm}] is no permutation of [${shape}]`);
  return perm.map((p) => shape[checkAxis(shape, p)]!);
}

/** The target shape of a Reshape, checked: same element count and the same symbols. */
export function reshapedShape(from: Shape, to: Shape): Shape {
  const count = (shape: Shape): string => {
    const symbols = shape.filter((d) => d < 0).sort();
    return `${shape.filter((d) => d >= 0).reduce((a, d) => a * d, 1)}/${symbols}`;
  };
  if (count(from) !== count(to)) throw mismatch(`[${from}] cannot be reshaped to [${to}]`);
  return to;
}

export function concatShape(shapes: readonly Shape[], axis: number): Shape {
  const [first] = shapes;
  if (first === undefined) throw mismatch('Concat needs inputs');
  checkAxis(first, axis);
  const fits = shapes.every(
    (s) => s.length === first.length && s.every((d, i) => i === axis || d === first[i]),
  );
  if (!fits) throw mismatch(`cannot concatenate ${shapes.map((s) => `[${s}]`).join(' ')} on axis ${axis}`);
  return first.map((d, i) => (i === axis ? shapes.reduce((sum, s) => sum + s[axis]!, 0) : d));
}

export function checkAxis(shape: Shape, axis: number): number {
  if (axis < 0 || axis >= shape.length) throw mismatch(`[${shape}] has no axis ${axis}`);
  return axis;
}

export function expectType(value: Value, ...types: readonly Value['dtype'][]): void {
  if (!types.includes(value.dtype))
    throw mismatch(`expected ${types.join(' or ')}, got ${value.dtype} [${value.shape}]`);
}

export function mismatch(what: string): AppError {
  return new AppError('internal', `Tensor program: ${what}.`);
}
