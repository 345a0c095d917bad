import { AppError } from '../base/error.ts';
import type { Value } from './graph.ts';
import { sameShape, topological } from './graph.ts';
import { add, full, reduceSum, reshape } from './ops.ts';
import { ruleOf } from './rules.ts';

/**
 * Reverse mode (the whole of it): order the values, seed the loss with one, walk backwards, and hand each node's gradient
 * to its rule. Returns d loss / d w for each w of `wrt`, a value of w's shape; zeros where the loss does not depend on it.
 * Throws an AppError naming the op where a path to a `wrt` leads through an op without a rule.
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  const order = topological([loss]);
  const wanted = dependants(order, wrt);
  const gradient = new Map<Value, Value>([[loss, full(loss.shape, 1)]]);
  for (const value of order.reverse()) {
    const g = gradient.get(value);
    if (g === undefined || !wanted.has(value) || value.source.kind !== 'node' || wrt.includes(value))
      continue;
    const { op, inputs, attributes } = value.source;
    const rule = ruleOf(value.source);
    if (typeof rule !== 'function') {
      if (op === 'StopGradient' || op === 'Cast') continue;
      throw new AppError('internal', `No gradient through ${op}: ${rule.none}.`);
    }
    rule({ inputs, output: value, g, attributes }).forEach((part, i) => {
      const to = inputs[i];
      if (part === null || to === undefined || !wanted.has(to)) return;
      const summed = unbroadcast(part, to);
      const before = gradient.get(to);
      gradient.set(to, before === undefined ? summed : add(before, summed));
    });
  }
  return wrt.map((w) => gradient.get(w) ?? full(w.shape, 0));
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
