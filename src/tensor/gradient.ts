import { AppError } from '../base/error.ts';
import type { Value } from './graph.ts';
import { sameShape, topological } from './graph.ts';
import { add, concat, full, reduceSum, reshape } from './ops.ts';
import { ruleOf } from './rules.ts';

/**
 * Reverse mode (the whole of it): order the values, seed the loss with one, walk backwards, and hand each node's gradient
 * to its rule. Returns d loss / d w for each w of `wrt`, a value of w's shape; zeros where the loss does not depend on it.
 * Throws an AppError naming the op where a path to a `wrt` leads through an op without a rule.
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  const order = topological([loss]);
  const wanted = dependants(order, wrt);
  /** What flowed back to each value from its uses so far; all of it when the walk comes to the value. */
  const parts = new Map<Value, Value[]>([[loss, [full(loss.shape, 1)]]]);
  const gradient = new Map<Value, Value>();
  for (const value of order.reverse()) {
    const own = parts.get(value);
    if (own === undefined || !wanted.has(value)) continue;
    const g = sideBySide(own) ?? own.reduce((a, b) => add(a, b));
    gradient.set(value, g);
    if (value.source.kind !== 'node' || wrt.includes(value)) continue;
    const { op, inputs, attributes } = value.source;
    const rule = ruleOf(value.source);
    if (typeof rule !== 'function') {
      if (op === 'StopGradient' || op === 'Cast') continue;
      throw new AppError('internal', `No gradient through ${op}: ${rule.none}.`);
    }
    rule({ inputs, output: value, g, attributes }).forEach((part, i) => {
      const to = inputs[i];
      if (part === null || to === undefined || !wanted.has(to)) return;
      const before = parts.get(to) ?? [];
      parts.set(to, [...before, unbroadcast(part, to)]);
    });
  }
  return wrt.map((w) => gradient.get(w) ?? full(w.shape, 0));
}

/** Gradients of slices that cover a value side by side, joined: padding each and adding them up would cost far more. */
function sideBySide(parts: readonly Value[]): Value | null {
  const pieces = parts.flatMap(({ source }) => {
    if (source.kind !== 'node' || source.op !== 'Pad') return [];
    const { axis, before } = source.attributes;
    return [{ axis: Number(axis), before: Number(before), piece: source.inputs[0]! }];
  });
  if (parts.length < 2 || pieces.length < parts.length) return null;
  const sorted = pieces.sort((a, b) => a.before - b.before);
  const { axis } = sorted[0]!;
  let end = 0;
  for (const one of sorted) {
    if (one.axis !== axis || one.before !== end) return null;
    end += one.piece.shape[axis]!;
  }
  if (end !== parts[0]!.shape[axis]) return null;
  return concat(
    sorted.map(({ piece }) => piece),
    axis,
  );
}

/** The values through which the loss depends on any of `wrt`. */
function dependants(order: readonly Value[], wrt: readonly Value[]): Set<Value> {
  const found = new Set<Value>(wrt);
  for (const value of order) {
    if (value.source.kind === 'node' && value.source.inputs.some((v) => found.has(v))) found.add(value);
  }
  return found;
}

/** Sums a gradient over the axes along which its input was repeated by broadcasting. */
function unbroadcast(g: Value, to: Value): Value {
  if (sameShape(g.shape, to.shape)) return g;
  const lead = g.shape.length - to.shape.length;
  const axes = g.shape.flatMap((d, i) => (i < lead || (to.shape[i - lead] === 1 && d !== 1) ? [i] : []));
  return reshape(reduceSum(g, axes, true), to.shape);
}
