import type { Places } from '../wide/linear.ts';

/**
 * Linear-chain conditional random field (Lafferty et al. 2001) with sparse features. The score of a tagging is the sum of
 * emission weights `emissions[feature * tags + tag]` and transition weights, common ones and those of the group.
 */
export interface Crf extends Emissions {
  readonly tags: number;
  /** One matrix [from * tags + to] per group, common weights included. */
  readonly transitions: ReadonlyMap<string, Float32Array>;
  /** Score of a tag at the first token, per group. */
  readonly starts: ReadonlyMap<string, Float32Array>;
}

/** What features say of tags. */
export interface Emissions {
  readonly emissions: Float32Array | Int8Array;
  /** Present where `emissions` holds only weights that are not zero, feature by feature. */
  readonly places?: Places;
  /** Scale of 8-bit emissions per tag; null for 32-bit weights. */
  readonly scale: Float32Array | null;
}

/** Tags that a group admits and which may follow which. */
export interface Lattice {
  readonly allowed: Int32Array;
  /** follows[a * allowed.length + b]: may allowed[b] follow allowed[a]? */
  readonly follows: Uint8Array;
  /** May the sequence begin with it? */
  readonly begins: Uint8Array;
  /** The tag by which another rung knows each one allowed; the same where left out. */
  readonly told?: Int32Array;
}

/** Further scores of the tags, from another rung: `weight * values[token * tags + tag]` is added where there is a row. */
export interface ExtraScores {
  readonly values: Float32Array;
  readonly weight: number;
}

export interface Sequence {
  readonly group: string;
  /** Feature numbers of token i: `features[start[i] .. start[i+1])`. */
  readonly start: Int32Array;
  readonly features: Int32Array;
  readonly tags: Int32Array;
  readonly weight: number;
}

export interface CrfOptions {
  readonly epochs: number;
  readonly rate: number;
  /** Weight of the squared norm per sequence. */
  readonly ridge: number;
  /** Share of a token's features that is left out of each step. */
  readonly dropout: number;
  readonly seed: number;
}

/** Weights between tags while they are learned, with the sums of their squared gradients. */
export interface Chain {
  readonly weights: Float32Array;
  readonly squares: Float32Array;
  readonly starts: Float32Array;
  readonly startSquares: Float32Array;
}

/** What one step of the training changes. */
export interface Step {
  readonly emissions: Float32Array;
  readonly squares: Float32Array;
  readonly chain: Chain;
  readonly options: CrfOptions;
}

/** Buffers for one sequence: emission potentials, forward and backward vectors, each row scaled to sum to one. */
export class Work {
  private readonly tags: number;
  private readonly sums: Float64Array;
  private length = 0;
  private width = 0;
  private raw = new Float64Array(0);
  private potentials = new Float64Array(0);
  private forward = new Float64Array(0);
  private backward = new Float64Array(0);
  private scales = new Float64Array(0);
  private links = new Float64Array(0);
  private logLinks = new Float64Array(0);

  constructor(tags: number) {
    this.tags = tags;
    this.sums = new Float64Array(tags);
  }

  /** Computes potentials and runs forward and backward. */
  score(
    sequence: Omit<Sequence, 'tags' | 'weight'>,
    lattice: Lattice,
    weights: Emissions,
    transitions: Float32Array,
    starts: Float32Array,
    extra: ExtraScores | null = null,
  ): void {
    const { allowed, follows, begins, told = allowed } = lattice;
    const width = allowed.length;
    const length = sequence.start.length - 1;
    this.reserve(length, width);
    const { raw, potentials, links, logLinks, tags } = this;
    const { scale } = weights;
    for (let i = 0; i < length; i++) {
      const at = i * width;
      this.emit(sequence, i, allowed, weights);
      let highest = Number.NEGATIVE_INFINITY;
      for (let a = 0; a < width; a++) {
        if (scale !== null) raw[at + a]! *= scale[allowed[a]!]!;
        const place = i * tags + told[a]!;
        if (extra !== null && place < extra.values.length)
          raw[at + a]! += extra.weight * extra.values[place]!;
        if (i === 0)
          raw[at + a] = begins[a] === 1 ? raw[at + a]! + starts[allowed[a]!]! : Number.NEGATIVE_INFINITY;
        if (raw[at + a]! > highest) highest = raw[at + a]!;
      }
      for (let a = 0; a < width; a++) {
        raw[at + a]! -= highest;
        potentials[at + a] = Math.exp(raw[at + a]!);
      }
    }
    for (let a = 0; a < width; a++)
      for (let b = 0; b < width; b++) {
        const open = follows[a * width + b] === 1;
        const weight = transitions[allowed[a]! * tags + allowed[b]!]!;
        logLinks[a * width + b] = open ? weight : Number.NEGATIVE_INFINITY;
        links[a * width + b] = open ? Math.exp(weight) : 0;
      }
    this.runForward();
    this.runBackward();
  }

  /** The sums of the weights of a token's features, by tag allowed. */
  private emit(
    { start, features }: Pick<Sequence, 'start' | 'features'>,
    token: number,
    allowed: Int32Array,
    { emissions, places }: Emissions,
  ): void {
    const { raw, tags, sums } = this;
    const width = allowed.length;
    const at = token * width;
    if (places === undefined) {
      const [from, to] = [start[token]!, start[token + 1]!];
      // Four tags at a time: their sums stay in registers, and none of them waits for another's addition.
      for (let a = 0; a < width; a += 4) {
        const [tag0, tag1, tag2, tag3] = [
          allowed[a]!,
          allowed[a + 1] ?? 0,
          allowed[a + 2] ?? 0,
          allowed[a + 3] ?? 0,
        ];
        let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
        for (let j = from; j < to; j++) {
          const base = features[j]! * tags;
          sum0 += emissions[base + tag0]!;
          sum1 += emissions[base + tag1]!;
          sum2 += emissions[base + tag2]!;
          sum3 += emissions[base + tag3]!;
        }
        raw[at + a] = sum0;
        raw[at + a + 1] = sum1;
        raw[at + a + 2] = sum2;
        raw[at + a + 3] = sum3;
      }
      return;
    }
    sums.fill(0);
    for (let j = start[token]!; j < start[token + 1]!; j++) {
      const feature = features[j]!;
      for (let i = places.start[feature]!; i < places.start[feature + 1]!; i++)
        sums[places.columns[i]!]! += emissions[i]!;
    }
    for (let a = 0; a < width; a++) raw[at + a] = sums[allowed[a]!]!;
  }

  private runForward(): void {
    const { length, width, forward, potentials, links, scales } = this;
    for (let i = 0; i < length; i++) {
      const at = i * width;
      let sum = 0;
      for (let b = 0; b < width; b++) {
        let mass = 1;
        if (i > 0) {
          mass = 0;
          const from = at - width;
          for (let a = 0; a < width; a++) mass += forward[from + a]! * links[a * width + b]!;
        }
        forward[at + b] = mass * potentials[at + b]!;
        sum += forward[at + b]!;
      }
      scales[i] = sum;
      for (let b = 0; b < width; b++) forward[at + b]! /= sum;
    }
  }

  private runBackward(): void {
    const { length, width, backward, potentials, links, scales } = this;
    for (let a = 0; a < width; a++) backward[(length - 1) * width + a] = 1;
    for (let i = length - 2; i >= 0; i--) {
      const next = (i + 1) * width;
      for (let a = 0; a < width; a++) {
        let mass = 0;
        for (let b = 0; b < width; b++)
          mass += links[a * width + b]! * potentials[next + b]! * backward[next + b]!;
        backward[i * width + a] = mass / scales[i + 1]!;
      }
    }
  }

  /** Log probability of the sequence's tags. */
  logLikelihood(sequence: Sequence, lattice: Lattice): number {
    return this.logProbability(Array.from(sequence.tags, (tag) => lattice.allowed.indexOf(tag)));
  }

  private logProbability(path: readonly number[]): number {
    const { length, width, raw, logLinks, scales } = this;
    let sum = 0;
    for (let i = 0; i < length; i++) {
      sum += raw[i * width + path[i]!]! - Math.log(scales[i]!);
      if (i > 0) sum += logLinks[path[i - 1]! * width + path[i]!]!;
    }
    return sum;
  }

  /** One AdaGrad step down the gradient of the negative log likelihood. */
  step(sequence: Sequence, lattice: Lattice, { emissions, squares, chain, options }: Step): void {
    const { length, width, forward, backward, potentials, links, scales, tags } = this;
    const { allowed } = lattice;
    const rate = options.rate * sequence.weight;
    for (let i = 0; i < length; i++) {
      const at = i * width;
      for (let a = 0; a < width; a++) {
        const tag = allowed[a]!;
        const gradient = forward[at + a]! * backward[at + a]! - (sequence.tags[i] === tag ? 1 : 0);
        if (gradient < 1e-4 && gradient > -1e-4) continue;
        const square = gradient * gradient;
        for (let j = sequence.start[i]!; j < sequence.start[i + 1]!; j++) {
          const at2 = sequence.features[j]! * tags + tag;
          const total = squares[at2]! + square;
          squares[at2] = total;
          emissions[at2]! -= (rate * gradient) / Math.sqrt(total + 1e-8);
        }
        if (i === 0) adapt(chain.starts, chain.startSquares, tag, gradient, rate);
      }
    }
    const pair = new Float64Array(width * width);
    for (let i = 1; i < length; i++) {
      const [before, at] = [(i - 1) * width, i * width];
      for (let a = 0; a < width; a++) {
        const left = forward[before + a]! / scales[i]!;
        if (left < 1e-9) continue;
        for (let b = 0; b < width; b++)
          pair[a * width + b]! += left * links[a * width + b]! * potentials[at + b]! * backward[at + b]!;
      }
      pair[allowed.indexOf(sequence.tags[i - 1]!) * width + allowed.indexOf(sequence.tags[i]!)]! -= 1;
    }
    for (let a = 0; a < width; a++)
      for (let b = 0; b < width; b++) {
        const gradient = pair[a * width + b]!;
        if (gradient > 1e-4 || gradient < -1e-4)
          adapt(chain.weights, chain.squares, allowed[a]! * tags + allowed[b]!, gradient, rate);
      }
  }

  /** The most probable tagging with its probability (Viterbi 1967). */
  best(lattice: Lattice): { readonly tags: Int32Array; readonly probability: number } {
    const { length, width, raw, logLinks } = this;
    const score = new Float64Array(length * width);
    const from = new Int32Array(length * width);
    for (let i = 0; i < length; i++) {
      for (let b = 0; b < width; b++) {
        let highest = i === 0 ? 0 : Number.NEGATIVE_INFINITY;
        for (let a = 0; i > 0 && a < width; a++) {
          const value = score[(i - 1) * width + a]! + logLinks[a * width + b]!;
          if (value > highest) {
            highest = value;
            from[i * width + b] = a;
          }
        }
        score[i * width + b] = highest + raw[i * width + b]!;
      }
    }
    const path = new Array<number>(length);
    let last = 0;
    for (let a = 1; a < width; a++)
      if (score[(length - 1) * width + a]! > score[(length - 1) * width + last]!) last = a;
    for (let i = length - 1; i >= 0; i--) {
      path[i] = last;
      last = from[i * width + last]!;
    }
    const tags = Int32Array.from(path, (a) => lattice.allowed[a]!);
    return { tags, probability: Math.exp(Math.min(0, this.logProbability(path))) };
  }

  private reserve(length: number, width: number): void {
    this.length = length;
    this.width = width;
    if (this.raw.length < length * width + 4) {
      // A token's scores are written four at a time, over the end of the last.
      const size = length * width * 2 + 4;
      this.raw = new Float64Array(size);
      this.potentials = new Float64Array(size);
      this.forward = new Float64Array(size);
      this.backward = new Float64Array(size);
    }
    if (this.scales.length < length) this.scales = new Float64Array(length * 2);
    if (this.links.length < width * width) {
      this.links = new Float64Array(width * width);
      this.logLinks = new Float64Array(width * width);
    }
  }
}

function adapt(
  weights: Float32Array,
  squares: Float32Array,
  at: number,
  gradient: number,
  rate: number,
): void {
  squares[at]! += gradient * gradient;
  weights[at]! -= (rate * gradient) / Math.sqrt(squares[at]! + 1e-8);
}
