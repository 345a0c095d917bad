/** Sorted hashes without repetition, and where one of them stands. */

/** Hashes that share a place of the directory of `placesIn`, on average. */
const neighbours = 4;
const directories = new WeakMap<Uint32Array, Uint32Array>();

/**
 * A function from a hash to its place, -1 where it is none of them. A directory by leading bits leaves a few neighbours to
 * look through. It is made once per array and takes a quarter of its bytes.
 */
export function placesIn(hashes: Uint32Array): (hash: number) => number {
  const shift = 32 - Math.max(1, Math.ceil(Math.log2(Math.max(1, hashes.length) / neighbours)));
  const known = directories.get(hashes);
  const first = known ?? directoryOf(hashes, shift);
  if (known === undefined) directories.set(hashes, first);
  return (hash) => {
    const head = hash >>> shift;
    const end = first[head + 1]!;
    // A walk: halving so few would be a branch guessed wrong each time.
    for (let i = first[head]!; i < end; i++) if (hashes[i]! >= hash) return hashes[i] === hash ? i : -1;
    return -1;
  };
}

/** The place of one hash, -1 where it is none of them. */
export function indexOf(hashes: ArrayLike<number>, hash: number): number {
  let low = 0;
  let high = hashes.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = hashes[middle]!;
    if (found === hash) return middle;
    if (found < hash) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Where the hashes with each head begin, and their number at the end. */
function directoryOf(hashes: Uint32Array, shift: number): Uint32Array {
  const first = new Uint32Array(2 ** (32 - shift) + 1);
  for (const hash of hashes) first[(hash >>> shift) + 1]!++;
  for (let head = 1; head < first.length; head++) first[head]! += first[head - 1]!;
  return first;
}

/** How often each hash was added: in two flat tables, as a set of millions of numbers takes ten times their memory. */
export class HashCounts {
  private bits = 12;
  private hashes = new Uint32Array(1 << this.bits);
  private counts = new Uint32Array(1 << this.bits);
  private size = 0;

  add(hash: number): void {
    const at = this.placeOf(hash);
    if (this.counts[at]!++ > 0) return;
    this.hashes[at] = hash;
    if (++this.size * 2 > this.hashes.length) this.grow();
  }

  /** Those added at least so often, sorted, each with its count. */
  atLeast(least: number): { readonly hashes: Uint32Array; readonly counts: Uint32Array } {
    const hashes = this.hashes.filter((_, i) => this.counts[i]! >= least).sort();
    return { hashes, counts: hashes.map((hash) => this.counts[this.placeOf(hash)]!) };
  }

  /** Where a hash stands, or the empty place where it would. */
  private placeOf(hash: number): number {
    const last = this.hashes.length - 1;
    let at = Math.imul(hash, 0x9e3779b1) >>> (32 - this.bits);
    while (this.counts[at]! > 0 && this.hashes[at] !== hash) at = (at + 1) & last;
    return at;
  }

  private grow(): void {
    const { hashes, counts } = this;
    this.bits++;
    this.hashes = new Uint32Array(1 << this.bits);
    this.counts = new Uint32Array(1 << this.bits);
    hashes.forEach((hash, i) => {
      if (counts[i] === 0) return;
      const at = this.placeOf(hash);
      this.hashes[at] = hash;
      this.counts[at] = counts[i]!;
    });
  }
}
