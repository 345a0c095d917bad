import { AppError } from '../base/error.ts';
import type { Random } from '../base/random.ts';
import type { Shape, Value } from './graph.ts';
import { sizeOf } from './graph.ts';
import { concat, reshape, slice } from './ops.ts';

/**
 * All dense parameters of a network lie one after the other in one vector. The optimiser is then a dozen ops whatever the
 * number of layers, which is what keeps a step of a small network from drowning in op overhead.
 */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Init;
}

export type Init =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  /** Normal with this standard deviation. */
  | { readonly kind: 'normal'; readonly deviation: number };

/** Weights of a linear layer, He et al. 2015: deviation sqrt(gain / inputs). */
export function weights(name: string, inputs: number, outputs: number, gain = 1): ParameterSpec {
  const init = { kind: 'normal', deviation: Math.sqrt(gain / inputs) } as const;
  return { name, shape: [inputs, outputs], init };
}

export function zeros(name: string, shape: Shape): ParameterSpec {
  return { name, shape, init: { kind: 'zeros' } };
}

export function ones(name: string, shape: Shape): ParameterSpec {
  return { name, shape, init: { kind: 'ones' } };
}

/** Total number of parameters. */
export function countOf(specs: readonly ParameterSpec[]): number {
  return specs.reduce((sum, spec) => sum + sizeOf(spec.shape), 0);
}

/** Views of the packed vector by parameter name. */
export function unpack(specs: readonly ParameterSpec[], packed: Value): ReadonlyMap<string, Value> {
  let start = 0;
  return new Map(
    specs.map((spec) => {
      const size = sizeOf(spec.shape);
      const view = reshape(slice(packed, 0, start, start + size), spec.shape);
      start += size;
      return [spec.name, view];
    }),
  );
}

/** The inverse of unpack, for gradients: values in the order of `specs` as one vector. */
export function pack(specs: readonly ParameterSpec[], values: readonly Value[]): Value {
  if (specs.length !== values.length) throw new AppError('internal', 'One value per parameter is needed.');
  return concat(
    values.map((value) => reshape(value, [sizeOf(value.shape)])),
    0,
  );
}

/** First values, drawn per parameter name, so that adding a layer leaves the others' values alone. */
export function initialise(specs: readonly ParameterSpec[], random: Random): Float32Array {
  const packed = new Float32Array(countOf(specs));
  let start = 0;
  for (const { name, shape, init } of specs) {
    const size = sizeOf(shape);
    if (init.kind === 'ones') packed.fill(1, start, start + size);
    if (init.kind === 'normal') {
      const stream = random.derive(name);
      for (let i = start; i < start + size; i++) packed[i] = stream.normal() * init.deviation;
    }
    start += size;
  }
  return packed;
}
