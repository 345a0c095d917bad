import { hashEnd, hashText, hashUnit, mixedUnit } from '../../base/hash.ts';
import type { HashTally } from './hashTally.ts';

/**
 * The words of a text side by side, " how are you ", each character as hashes add it: words, phrases and parts of words
 * are stretches of it, so that nothing is written to be hashed. Used for one text after the other.
 */
export class WordRun {
  private units = new Int32Array(512);
  private starts = new Int32Array(64);
  private words: readonly string[] = [];

  read(words: readonly string[]): void {
    this.words = words;
    if (words.length >= this.starts.length) this.starts = new Int32Array(2 * words.length);
    let next = 0;
    let room = this.units.length;
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      for (; next + word.length + 2 > room; room = this.units.length) this.grow();
      const { units } = this;
      units[next++] = space;
      this.starts[i] = next;
      for (let k = 0; k < word.length; k++) units[next++] = mixedUnit(word.charCodeAt(k));
    }
    this.units[next] = space;
  }

  /** The hash of the words from `first` to `last`, a space between each. */
  phrase(seed: number, first: number, last: number): number {
    return this.stretch(seed, this.starts[first]!, this.end(last));
  }

  /** Adds every part of a word between spaces that has `shortest` to `longest` characters, and all of it where it has fewer. */
  parts(seed: number, word: number, [shortest, longest]: readonly [number, number], to: HashTally): void {
    const start = this.starts[word]! - 1;
    const end = this.end(word) + 1;
    for (let n = shortest; n <= longest; n++) {
      if (end - start < n) {
        to.add(this.stretch(seed + n, start, end));
        return;
      }
      for (let i = start; i + n <= end; i++) to.add(this.stretch(seed + n, i, i + n));
    }
  }

  /** The hash of a word after what was hashed before it. @param length characters of that. */
  after(begun: number, length: number, word: number): number {
    const from = this.starts[word]!;
    const to = this.end(word);
    return hashEnd(this.added(begun, from, to), length + to - from);
  }

  private end(word: number): number {
    return this.starts[word]! + this.words[word]!.length;
  }

  private stretch(seed: number, from: number, to: number): number {
    return hashEnd(this.added(seed | 0, from, to), to - from);
  }

  private added(begun: number, from: number, to: number): number {
    const { units } = this;
    let h = begun;
    for (let i = from; i < to; i++) h = hashUnit(h, units[i]!);
    return h;
  }

  private grow(): void {
    const units = new Int32Array(2 * this.units.length);
    units.set(this.units);
    this.units = units;
  }
}

const space = mixedUnit(' '.charCodeAt(0));

/** The hash of texts one after the other, as if they were one. */
export function hashJoined(seed: number, ...texts: readonly string[]): number {
  let h = seed | 0;
  let length = 0;
  for (const text of texts) {
    h = hashText(h, text);
    length += text.length;
  }
  return hashEnd(h, length);
}
