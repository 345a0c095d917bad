/**
 * Memory for copies of bodies while their calls pass: blocks that are lent and come back. A chunk as Node gives it costs
 * several times its bytes and is the garbage collector's business for as long as it is kept; a copy in a block is not.
 */
export interface Blocks {
  /** null: as much is lent as may be. */
  take(): Buffer | null;
  give(block: Buffer): void;
  /** Bytes that are lent. */
  lent(): number;
}

export const BLOCK_BYTES = 4096;
/** Blocks kept for the next call; what a burst took beyond that is left to the garbage collector. */
const MAX_SPARE = 2048;

/** @param isFree says whether that many bytes may be lent beside those that are. */
export function createBlocks(isFree: (lentBytes: number) => boolean): Blocks {
  const spare: Buffer[] = [];
  let lent = 0;
  return {
    take: () => {
      if (!isFree(lent + BLOCK_BYTES)) return null;
      lent += BLOCK_BYTES;
      return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    },
    give: (block) => {
      lent -= BLOCK_BYTES;
      if (spare.length < MAX_SPARE) spare.push(block);
    },
    lent: () => lent,
  };
}

/** A copy of one body, chunk by chunk. */
export class Copy {
  readonly #blocks: Blocks;
  #held: Buffer[] = [];
  #length = 0;

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  get length(): number {
    return this.#length;
  }

  /** @returns false where there was no memory left: then the copy is not whole. */
  add(chunk: Buffer): boolean {
    let from = 0;
    while (from < chunk.length) {
      const used = this.#length % BLOCK_BYTES;
      let block = used === 0 ? null : this.#held.at(-1);
      if (block == null) {
        block = this.#blocks.take();
        if (block === null) return false;
        this.#held.push(block);
      }
      const copied = chunk.copy(block, used, from);
      from += copied;
      this.#length += copied;
    }
    return true;
  }

  /** Writes the body into a buffer that has room for it and gives its memory back. @returns where it ends. */
  moveTo(target: Buffer, at: number): number {
    const end = at + this.#length;
    for (const [i, block] of this.#held.entries())
      block.copy(target, at + i * BLOCK_BYTES, 0, Math.min(BLOCK_BYTES, this.#length - i * BLOCK_BYTES));
    this.free();
    return end;
  }

  free(): void {
    for (const block of this.#held) this.#blocks.give(block);
    this.#held = [];
    this.#length = 0;
  }
}
