import { AppError } from '../base/error.ts';

/**
 * The tensor program. A Value is an immutable expression: an input, a state tensor, a constant, or an op applied to other
 * values; its type is known when it is made. A Graph names the values that a run returns and those that replace state.
 * Nothing here computes a number.
 */

/**
 * i8 and f16 are for stored weights: they can be gathered and cast. f16 is for the factors of a product as well: there it
 * lives between two casts and is never fed, held or fetched.
 */
export type DType = 'f32' | 'f16' | 'i8' | 'i32' | 'i64' | 'bool';

/** Dimensions. A negative number is a symbol (BATCH, LENGTH) whose size is known only when the graph runs. */
export type Shape = readonly number[];

export const BATCH = -1;
export const LENGTH = -2;

export type Numbers = Float32Array | Uint16Array | Int8Array | Int32Array | BigInt64Array | Uint8Array;

export interface Value {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly source: Source;
}

export type Source =
  /** Fed on every run. */
  | { readonly kind: 'input'; readonly name: string }
  /** Lives on the device between runs: parameters, optimiser state, random pools. */
  | { readonly kind: 'state'; readonly name: string }
  | { readonly kind: 'constant'; readonly data: Numbers }
  | Node;

/** One op applied to values. `op` names a row of the table in ops.ts. */
export interface Node {
  readonly kind: 'node';
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
}

export type Attributes = Readonly<Record<string, number | boolean | string | readonly number[]>>;

export interface Graph {
  readonly outputs: Readonly<Record<string, Value>>;
  /** State name -> the value that replaces it after the run. */
  readonly updates: Readonly<Record<string, Value>>;
}

/** A tensor fed on every run. */
export function input(name: string, dtype: DType, shape: Shape): Value {
  return { dtype, shape, source: { kind: 'input', name } };
}

/** A tensor that stays on the device between runs. */
export function state(name: string, dtype: DType, shape: Shape): Value {
  return { dtype, shape, source: { kind: 'state', name } };
}

/** A constant; `data` is row-major and is not copied. */
export function constant(dtype: DType, shape: Shape, data: Numbers): Value {
  if (data.length !== sizeOf(shape))
    throw new AppError('internal', `A constant of shape [${shape}] was given ${data.length} numbers.`);
  return { dtype, shape, source: { kind: 'constant', data } };
}

/** Number of elements; throws where a dimension is a symbol. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const d of shape) {
    if (d < 0) throw new AppError('internal', `The size of [${shape}] is known only when the graph runs.`);
    size *= d;
  }
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/** Every value that `roots` need, each after the values it is made of. Iterative: graphs are thousands of nodes deep. */
export function topological(roots: readonly Value[]): Value[] {
  const order: Value[] = [];
  const seen = new Set<Value>();
  const stack: { value: Value; next: number }[] = [];
  for (const root of roots) {
    if (seen.has(root)) continue;
    seen.add(root);
    stack.push({ value: root, next: 0 });
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const inputs = top.value.source.kind === 'node' ? top.value.source.inputs : [];
      const child = inputs[top.next++];
      if (child === undefined) {
        order.push(top.value);
        stack.pop();
      } else if (!seen.has(child)) {
        seen.add(child);
        stack.push({ value: child, next: 0 });
      }
    }
  }
  return order;
}

/** The roots of a graph: its outputs and its updates. */
export function rootsOf(graph: Graph): Value[] {
  return [...Object.values(graph.outputs), ...Object.values(graph.updates)];
}
