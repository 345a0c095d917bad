import type { Node, Value } from './graph.ts';
import { topological } from './graph.ts';
import type { OpAttributes } from './ops.ts';
import { add, apply, cast } from './ops.ts';

/**
 * The same values with every matrix product computed in half precision: its factors are cast to f16, each of them once,
 * and what comes out is f32 again. Everything else stays as it is: sums over many numbers, exponentials and the addends of
 * products (a mask adds -1e9, which f16 does not have). Numbers beyond 65,504 become infinite in f16, those below 6e-8
 * zero: gradients need a loss scale.
 */
export function halveProducts(roots: readonly Value[]): Value[] {
  const made = new Map<Value, Value>();
  const halves = new Map<Value, Value>();
  const half = (value: Value): Value => {
    const known = halves.get(value) ?? cast(made.get(value)!, 'f16');
    halves.set(value, known);
    return known;
  };
  for (const value of topological(roots)) {
    const { source } = value;
    made.set(value, source.kind === 'node' ? halved(value, source, made, half) : value);
  }
  return roots.map((root) => made.get(root)!);
}

function halved(
  value: Value,
  node: Node,
  made: ReadonlyMap<Value, Value>,
  half: (value: Value) => Value,
): Value {
  const [a, b, addend] = node.inputs;
  if (node.op === 'MatMul') return cast(apply('MatMul', [half(a!), half(b!)], {}), 'f32');
  if (node.op === 'Gemm') {
    const product = apply('Gemm', [half(a!), half(b!)], node.attributes as OpAttributes['Gemm']);
    const whole = cast(product, 'f32');
    return addend === undefined ? whole : add(whole, made.get(addend)!);
  }
  const inputs = node.inputs.map((input) => made.get(input)!);
  const same = inputs.every((input, i) => input === node.inputs[i]);
  return same ? value : { ...value, source: { ...node, inputs } };
}
