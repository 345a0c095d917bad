import type { Value } from './graph.ts';
import { state } from './graph.ts';
import { add, less, min, mul, number, where } from './ops.ts';

/**
 * Dynamic loss scaling (Micikevicius et al. 2018): the loss is multiplied by a scale so that its small gradients can be
 * told from zero in half precision. A step whose gradients overflow changes nothing but the scale, which it halves; after
 * GROW_AFTER steps that did not overflow the scale doubles. All of it lies on the device. State: `loss.scale` and
 * `loss.steady`, the number of steps since the scale last changed.
 */
export interface LossScale {
  readonly scale: Value;
  readonly steady: Value;
}

/** Low enough that the first steps of a network are not lost. */
export const FIRST_SCALE = 2 ** 12;
export const GROW_AFTER = 200;
const LARGEST_SCALE = 2 ** 24;

export function lossScale(): LossScale {
  return { scale: state('loss.scale', 'f32', [1]), steady: state('loss.steady', 'f32', [1]) };
}

/** What a state needs before the first step in half precision, by name: one number each. */
export const firstLossScale: Readonly<Record<string, number>> = {
  'loss.scale': FIRST_SCALE,
  'loss.steady': 0,
};

/** Whether a number that is never negative is finite: false for infinity and for what is not a number. */
export function finite(value: Value): Value {
  return less(value, number(3e38));
}

/** The scale after a step; `taken` tells whether nothing overflowed. */
export function nextLossScale(
  { scale, steady }: LossScale,
  taken: Value,
): { readonly 'loss.scale': Value; readonly 'loss.steady': Value } {
  const young = less(steady, number(GROW_AFTER - 1));
  const grown = min(where(young, scale, mul(scale, number(2))), number(LARGEST_SCALE));
  return {
    'loss.scale': where(taken, grown, mul(scale, number(0.5))),
    'loss.steady': where(taken, where(young, add(steady, number(1)), number(0)), number(0)),
  };
}
