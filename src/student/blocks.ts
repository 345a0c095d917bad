/** Numbers in a block: four megabytes, which go back to the system when they are freed. */
const blockLength = 1 << 20;

/** Hands out pieces of large blocks: thousands of small arrays of their own leave memory in shreds when they go. */
export class Blocks {
  private readonly blocks: Uint32Array[];
  private at = 0;
  private used = 0;

  constructor(blocks: Uint32Array[] = []) {
    this.blocks = blocks;
  }

  /** A piece that nobody else has; zeros, where the blocks are new. */
  take(length: number): Uint32Array {
    while (this.at < this.blocks.length && this.used + length > this.blocks[this.at]!.length) {
      this.at++;
      this.used = 0;
    }
    if (this.at === this.blocks.length) this.blocks.push(new Uint32Array(Math.max(blockLength, length)));
    const piece = this.blocks[this.at]!.subarray(this.used, this.used + length);
    this.used += length;
    return piece;
  }

  /**
   * Hands out the same memory from its beginning. Where each piece is as long as its counterpart of the first round or
   * shorter, it lies where that did or before, so it can be filled from it; blocks that are left over are freed.
   */
  rewound(): Blocks {
    return new Blocks([...this.blocks]);
  }
}
