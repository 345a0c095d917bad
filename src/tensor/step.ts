import { gradients } from './gradient.ts';
import type { Value } from './graph.ts';
import { input, state } from './graph.ts';
import { halveProducts } from './half.ts';
import { finite, lossScale, nextLossScale } from './lossScale.ts';
import { add, mul, number, reshape, where } from './ops.ts';
import type { AdamWOptions, Schedule } from './optimiser.ts';
import { adamW, clipScale } from './optimiser.ts';
import type { ParameterSpec } from './parameters.ts';
import { countOf, pack, unpack } from './parameters.ts';

/**
 * What every training step has: dense parameters in one vector, gradients of a loss, clipping, AdamW, and the sum of the
 * losses. State: `packed`, its moments `packed.m` and `packed.v`, `loss`, and in half precision the loss scale.
 */
export interface StepOptions {
  readonly clip: number;
  readonly decay: number;
  /** Matrix products in half precision, with a loss scale; parameters, moments and all else stay f32. */
  readonly half: boolean;
}

/** The scalars that are fed on every step. */
const schedule: Schedule = {
  rate: input('rate', 'f32', []),
  correction1: input('correction1', 'f32', []),
  correction2: input('correction2', 'f32', []),
};

/** The dense parameters by name, as parts of the state `packed`. */
export function packedParameters(specs: readonly ParameterSpec[]): ReadonlyMap<string, Value> {
  return unpack(specs, state('packed', 'f32', [countOf(specs)]));
}

export interface Step {
  /** The state after the step, as far as it is what every step has. */
  readonly updates: Readonly<Record<string, Value>>;
  /** The gradients of the other values, to be used with `options` and `schedule` alone. */
  readonly others: readonly Value[];
  readonly schedule: Schedule;
  readonly options: AdamWOptions;
}

/**
 * One step down the gradient of `loss` [] by the parameters of packedParameters; `others` are values that learn as well,
 * whose gradients `join` may bring into another form before their norm is taken.
 */
export function trainingUpdate(
  specs: readonly ParameterSpec[],
  parameters: ReadonlyMap<string, Value>,
  loss: Value,
  options: StepOptions,
  others: readonly Value[] = [],
  join: (gradients: readonly Value[]) => readonly Value[] = (all) => all,
): Step {
  const scaling = options.half ? lossScale() : null;
  const dense = specs.map(({ name }) => parameters.get(name)!);
  const scale = scaling === null ? undefined : reshape(scaling.scale, []);
  const exact = [loss, ...gradients(scale === undefined ? loss : mul(loss, scale), [...dense, ...others])];
  const [told, ...all] = options.half ? halveProducts(exact) : exact;
  const flat = pack(specs, all.slice(0, dense.length));
  const joined = join(all.slice(dense.length));
  const clip = clipScale([flat, ...joined], options.clip, scale);
  // A loss that overflowed has gradients that did, or none.
  const taken = scaling === null ? undefined : finite(add(clip.norm, told!));
  const adam: AdamWOptions = { scale: clip.scale, ...(taken === undefined ? {} : { taken }) };
  const packed = state('packed', 'f32', flat.shape);
  const moments = {
    first: state('packed.m', 'f32', flat.shape),
    second: state('packed.v', 'f32', flat.shape),
  };
  const next = adamW(packed, flat, moments, schedule, { ...adam, decay: number(options.decay) });
  const counted = reshape(options.half ? where(finite(told!), told!, number(0)) : told!, [1]);
  return {
    updates: {
      // Losses add up on the device: fetching one would make the host wait for every step.
      loss: add(state('loss', 'f32', [1]), counted),
      packed: next.parameter,
      'packed.m': next.moments.first,
      'packed.v': next.moments.second,
      ...(scaling === null || taken === undefined ? {} : nextLossScale(scaling, taken)),
    },
    others: joined,
    schedule,
    options: adam,
  };
}
