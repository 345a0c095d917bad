import { hash32 } from '../base/hash.ts';
import { normaliseText } from '../base/text.ts';

/** Calls of one burst lie in one window of this length. */
export const WINDOW_MS = 600_000;
const DAY_MS = 86_400_000;

const SHINGLE = 5;
const BANDS = 10;
const ROWS = 3;
const BINS = BANDS * ROWS;
const SIMILAR = 0.6;
const MAX_CANDIDATES = 4;

/** Which calls say the same thing: `near` within a day, up to typing errors and greetings; `exact` at any time. */
export interface Repeats {
  /** Per call, the index of the first call of its day that it nearly repeats; its own where there is none. */
  readonly near: Int32Array;
  /** Per call, the index of the first call ever with the same normalised input. */
  readonly exact: Int32Array;
}

/**
 * Finds repeats. A day at a time, because traffic that returns on another day is evidence again; one-permutation MinHash
 * (Li, Owen and Zhang 2012) finds candidates, the exact Jaccard similarity of character 5-grams decides.
 * @param times ascending, milliseconds.
 */
export function findRepeats(inputs: readonly string[], times: Float64Array): Repeats {
  const near = Int32Array.from(inputs, (_, i) => i);
  const exact = Int32Array.from(inputs, (_, i) => i);
  const ever = new Map<string, number>();
  let today = Number.NaN;
  let day = new Day();
  inputs.forEach((input, i) => {
    const date = Math.floor(times[i]! / DAY_MS);
    if (date !== today) day = new Day();
    today = date;
    const key = normaliseText(input);
    const first = ever.get(key);
    if (first === undefined) ever.set(key, i);
    else exact[i] = first;
    near[i] = day.leader(key, i);
  });
  return { near, exact };
}

/** The distinct inputs of one day. The first of a group stands for it: no chains from one text to a different one. */
class Day {
  readonly #known = new Map<string, number>();
  readonly #bands = new Map<number, number>();
  readonly #shingles = new Map<number, Uint32Array>();

  leader(key: string, index: number): number {
    const same = this.#known.get(key);
    if (same !== undefined) return same;
    const shingles = shinglesOf(key);
    const bands = bandsOf(shingles);
    const found = this.#similar(shingles, bands);
    const leader = found ?? index;
    this.#known.set(key, leader);
    if (found === undefined) {
      this.#shingles.set(index, shingles);
      for (const band of bands) if (!this.#bands.has(band)) this.#bands.set(band, index);
    }
    return leader;
  }

  #similar(shingles: Uint32Array, bands: readonly number[]): number | undefined {
    const tried = new Set<number>();
    for (const band of bands) {
      const candidate = this.#bands.get(band);
      if (candidate === undefined || tried.has(candidate)) continue;
      if (similarity(shingles, this.#shingles.get(candidate)!) >= SIMILAR) return candidate;
      if (tried.add(candidate).size >= MAX_CANDIDATES) return undefined;
    }
    return undefined;
  }
}

function shinglesOf(text: string): Uint32Array {
  const padded = ` ${text} `;
  const count = Math.max(1, padded.length - SHINGLE + 1);
  const grams = new Uint32Array(count);
  for (let i = 0; i < count; i++) grams[i] = hash32(padded.slice(i, i + SHINGLE));
  return grams.sort();
}

/** One hash per band of the smallest shingle in each bin; an empty bin borrows from the next full one. */
function bandsOf(shingles: Uint32Array): number[] {
  const bins = new Float64Array(BINS).fill(-1);
  for (let i = shingles.length - 1; i >= 0; i--) bins[shingles[i]! % BINS] = shingles[i]!;
  for (let bin = 0; bin < BINS; bin++)
    for (let step = 1; bins[bin]! < 0 && step < BINS; step++) {
      const other = bins[(bin + step) % BINS]!;
      if (other >= 0) bins[bin] = (other + step * 0x9e3779b1) % 4294967296;
    }
  const bands: number[] = [];
  for (let band = 0; band < BANDS; band++) {
    let hash = band;
    for (let row = 0; row < ROWS; row++)
      hash = (Math.imul(hash, 0x01000193) ^ bins[band * ROWS + row]!) >>> 0;
    bands.push(hash * 16 + band);
  }
  return bands;
}

/** Jaccard similarity of two ascending lists, repeats ignored. */
function similarity(a: Uint32Array, b: Uint32Array): number {
  let common = 0;
  let union = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length; union++) {
    const left = i < a.length ? a[i]! : Number.POSITIVE_INFINITY;
    const right = j < b.length ? b[j]! : Number.POSITIVE_INFINITY;
    if (left === right) common++;
    if (left <= right) while (i < a.length && a[i] === left) i++;
    if (right <= left) while (j < b.length && b[j] === right) j++;
  }
  return union === 0 ? 1 : common / union;
}

/**
 * How much a call's neighbours in time tell about it: the intra-window correlation of the answers' signatures (analysis
 * of variance estimator), in [0, 1]. 0 where neighbours are no more alike than calls at large.
 * @param calls indices, ascending in time. @param signatures one number per call; equal numbers, equal answers.
 */
export function burstCorrelation(
  calls: readonly number[],
  times: Float64Array,
  signatures: Int32Array,
): Burst {
  const overall = new Map<number, number>();
  let within = 0;
  let pairs = 0;
  let squares = 0;
  for (let start = 0; start < calls.length; ) {
    const window = Math.floor(times[calls[start]!]! / WINDOW_MS);
    const counts = new Map<number, number>();
    let end = start;
    for (; end < calls.length && Math.floor(times[calls[end]!]! / WINDOW_MS) === window; end++) {
      const signature = signatures[calls[end]!]!;
      counts.set(signature, (counts.get(signature) ?? 0) + 1);
      overall.set(signature, (overall.get(signature) ?? 0) + 1);
    }
    const size = end - start;
    pairs += size * (size - 1);
    squares += size * size;
    for (const count of counts.values()) within += count * (count - 1);
    start = end;
  }
  const n = calls.length;
  let same = 0;
  for (const count of overall.values()) same += count * (count - 1);
  const global = n < 2 ? 0 : same / (n * (n - 1));
  const local = pairs === 0 ? 0 : within / pairs;
  const correlation = global >= 1 ? 0 : Math.max(0, (local - global) / (1 - global));
  return { correlation, size: n === 0 ? 1 : squares / n };
}

/** Correlation inside a window, and the size of the window that a call finds itself in on average. */
export interface Burst {
  readonly correlation: number;
  readonly size: number;
}

/** Kish's effective sample size, n / (1 + (m - 1) rho); at least 1 for any call at all. */
export function effectiveSize(n: number, burst: Burst): number {
  if (n === 0) return 0;
  return Math.max(1, n / (1 + Math.max(0, burst.size - 1) * burst.correlation));
}

/**
 * What a set of calls is worth as evidence, as a share of their number: near repeats count once, and bursts are thinned.
 * @param calls ascending in time. @param near as in `Repeats`; a first call outside the set still counts once.
 */
export function worthOf(
  calls: readonly number[],
  near: Int32Array,
  times: Float64Array,
  signatures: Int32Array,
): { readonly effective: number; readonly thinning: number } {
  const seen = new Set<number>();
  const firsts = calls.filter((i) => !seen.has(near[i]!) && seen.add(near[i]!));
  const effective = effectiveSize(firsts.length, burstCorrelation(firsts, times, signatures));
  return { effective, thinning: effective / Math.max(1, firsts.length) };
}
