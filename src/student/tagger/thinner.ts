import type { Sequence } from './field.ts';

/** Leaves out a share of the features of each token, others each time: what remains must do, so no weight relies on one other. */
export class Thinner {
  private readonly share: number;
  private state: number;
  private start = new Int32Array(0);
  private features = new Int32Array(0);

  constructor(share: number, seed: number) {
    this.share = share * 4294967296;
    this.state = (seed ^ 0x9e3779b9) | 1;
  }

  /** The sequence returned is overwritten by the next. */
  thin(sequence: Sequence): Sequence {
    if (this.share === 0) return sequence;
    if (this.start.length < sequence.start.length) this.start = new Int32Array(sequence.start.length * 2);
    if (this.features.length < sequence.features.length)
      this.features = new Int32Array(sequence.features.length * 2);
    let { state } = this;
    let kept = 0;
    for (let i = 0; i + 1 < sequence.start.length; i++) {
      this.start[i] = kept;
      for (let j = sequence.start[i]!; j < sequence.start[i + 1]!; j++) {
        // Xorshift (Marsaglia 2003).
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        if (state >>> 0 >= this.share) this.features[kept++] = sequence.features[j]!;
      }
    }
    this.start[sequence.start.length - 1] = kept;
    this.state = state;
    return {
      ...sequence,
      start: this.start.subarray(0, sequence.start.length),
      features: this.features.subarray(0, kept),
    };
  }
}
