import { lowerBound, upperBound } from '../../../src/base/binomial.ts';
import { createRandom } from '../../../src/base/random.ts';
import { worthOf } from '../../../src/capabilities/effective.ts';

/** Do the bounds cover the truth? Windows of real traffic against the rate in all of it. */

export interface WindowInput {
  readonly times: Float64Array;
  readonly near: Int32Array;
  readonly signatures: Int32Array;
  /** Calls that could use the capabilities, ascending. */
  readonly calls: readonly number[];
  /** Per capability the calls that used it, ascending. */
  readonly hits: readonly (readonly number[])[];
}

export interface Coverage {
  readonly windows: number;
  readonly capabilities: number;
  /** Share of (window, capability) pairs in which the one-sided 95 % upper bound is not below the truth. */
  readonly upper: number;
  /** The same for the one-sided lower bound, and for the two-sided interval. */
  readonly lower: number;
  readonly interval: number;
  /** The capability covered worst, upper bound. */
  readonly worst: number;
}

export type Resampling = 'calls' | 'hours';

/**
 * @param how `calls`: each window draws calls one by one (independent calls: what the bound assumes); `hours`: each draws
 * whole hours with their bursts and repeats, as real windows have them.
 */
export function coverage(input: WindowInput, how: Resampling, windows = 1000, seed = 1): Coverage {
  const random = createRandom(seed);
  const n = input.calls.length;
  const used = new Map<number, number[]>();
  input.hits.forEach((calls, k) => {
    for (const i of calls) used.set(i, [...(used.get(i) ?? []), k]);
  });
  const truth = input.hits.map((calls) => calls.length / n);
  const hours = hoursOf(input);
  const miss = input.hits.map(() => 0);
  let [lowerOk, bothOk] = [0, 0];
  for (let w = 0; w < windows; w++) {
    const size = Math.round(n * (0.02 + 0.18 * random.next()));
    const drawn =
      how === 'calls'
        ? draw(size, () => [input.calls[random.int(n)]!])
        : draw(size, () => hours[random.int(hours.length)]!);
    const counts = new Int32Array(input.hits.length);
    for (const i of drawn.flat()) for (const k of used.get(i) ?? []) counts[k]!++;
    const total = drawn.reduce((sum, part) => sum + part.length, 0);
    const ratio = how === 'calls' ? 1 : worth(drawn, input) / total;
    for (let k = 0; k < counts.length; k++) {
      const [hits, trials] = [counts[k]! * ratio, total * ratio];
      const upper = upperBound(hits, trials, 0.05);
      if (upper < truth[k]!) miss[k]!++;
      if (lowerBound(hits, trials, 0.05) <= truth[k]!) lowerOk++;
      if (upperBound(hits, trials, 0.025) >= truth[k]! && lowerBound(hits, trials, 0.025) <= truth[k]!)
        bothOk++;
    }
  }
  const pairs = windows * input.hits.length;
  const missed = miss.reduce((a, b) => a + b, 0);
  return {
    windows,
    capabilities: input.hits.length,
    upper: 1 - missed / pairs,
    lower: lowerOk / pairs,
    interval: bothOk / pairs,
    worst: 1 - Math.max(...miss) / windows,
  };
}

function draw(size: number, next: () => readonly number[]): (readonly number[])[] {
  const parts: (readonly number[])[] = [];
  for (let total = 0; total < size; ) {
    const part = next();
    parts.push(part);
    total += part.length;
  }
  return parts;
}

/** The product's own worth of a window: drawn hours are laid one after another, so that none falls into another's burst. */
function worth(drawn: readonly (readonly number[])[], input: WindowInput): number {
  const near: number[] = [];
  const times: number[] = [];
  const signatures: number[] = [];
  drawn.forEach((part, hour) => {
    const place = new Map<number, number>();
    for (const i of part) {
      const first = place.get(input.near[i]!) ?? times.length;
      place.set(input.near[i]!, first);
      near.push(first);
      times.push(hour * 3_600_000 + (input.times[i]! % 3_600_000));
      signatures.push(input.signatures[i]!);
    }
  });
  const calls = times.map((_, i) => i);
  return worthOf(calls, Int32Array.from(near), Float64Array.from(times), Int32Array.from(signatures))
    .effective;
}

function hoursOf(input: WindowInput): number[][] {
  const hours = new Map<number, number[]>();
  for (const i of input.calls) {
    const hour = Math.floor(input.times[i]! / 3_600_000);
    const known = hours.get(hour);
    if (known === undefined) hours.set(hour, [i]);
    else known.push(i);
  }
  return [...hours.values()];
}
