/**
 * How often each hash was added, in the order in which they came first: a hash table in flat arrays, used for one input
 * after the other. A map would make objects for every input and look every hash up twice.
 */
export class HashTally {
  /** Hashes as signed integers, each followed by how often it was added. */
  private entries = new Int32Array(256);
  private size = 0;
  /** By hash: `before` and the number of its entry from 1 on. What is not above `before` is left from earlier inputs. */
  private places = new Int32Array(256);
  private before = 0;

  /** Entries since the last `clear`. */
  get length(): number {
    return this.size;
  }

  add(hash: number): void {
    const key = hash | 0;
    const { places, entries, before } = this;
    const last = places.length - 1;
    let at = key & last;
    for (let place = places[at]! - before; place > 0; place = places[at]! - before) {
      if (entries[2 * place - 2] === key) {
        entries[2 * place - 1]!++;
        return;
      }
      at = (at + 1) & last;
    }
    entries[2 * this.size] = key;
    entries[2 * this.size + 1] = 1;
    places[at] = before + ++this.size;
    if (2 * this.size === places.length) this.grow();
  }

  /** Writes the entries to a place of an array. @returns where they end. */
  copyTo(target: Int32Array, at: number): number {
    for (let i = 0; i < 2 * this.size; i++) target[at + i] = this.entries[i]!;
    return at + 2 * this.size;
  }

  clear(): void {
    this.before += this.size;
    this.size = 0;
    if (this.before < 2 ** 30) return;
    this.places.fill(0);
    this.before = 0;
  }

  /** Half of the places are taken, and all of the room for entries: twice as much of both. */
  private grow(): void {
    const places = new Int32Array(2 * this.places.length);
    const entries = new Int32Array(2 * this.entries.length);
    entries.set(this.entries);
    for (let n = 0; n < this.size; n++) {
      let at = entries[2 * n]! & (places.length - 1);
      while (places[at]! > 0) at = (at + 1) & (places.length - 1);
      places[at] = n + 1;
    }
    this.before = 0;
    this.places = places;
    this.entries = entries;
  }
}
