import { type Gazetteer, phraseKey, wordKey } from './features.ts';
import type { KindTable } from './model.ts';
import { kindOfTag, type PlacedToken } from './scheme.ts';

/** An input with its tags, and the family of inputs that it is told apart with; null for none. */
interface Tagged {
  readonly tokens: readonly PlacedToken[];
  readonly tags: Int32Array;
  readonly family: number | null;
}

/** Phrases that training values are made of, and the words of the inputs, by kind with the number of inputs that have each. */
export function buildGazetteer<R extends Tagged>(rows: readonly R[]) {
  const phrases = new Counts();
  const words = new Counts();
  const own = new Map(rows.map((row) => [row, { values: flat(valuesOf(row)), words: flat(rolesOf(row)) }]));
  const families = new Families();
  for (const [{ family }, { values, words: roles }] of own) {
    eachOf(values, (phrase, kind) => phrases.add(phrase, kind));
    eachOf(roles, (word, kind) => words.add(word, kind));
    if (family === null) continue;
    eachOf(values, (key, kind) => families.add(family, key, kind));
    eachOf(roles, (key, kind) => families.add(family, key, kind));
  }
  return {
    /** What rows of other families say. */
    withoutFamily: (family: number): Gazetteer => ({
      phrase: (key) => families.kinds(key, family),
      word: (key) => families.kinds(key, family),
    }),
    /** What the other rows say: an example's own values would teach the tagger to trust the list blindly. */
    without: (mine: readonly R[]): Gazetteer => {
      const found = mine.flatMap((row) => own.get(row) ?? []);
      const [ownValues, ownWords] = [found.map(({ values }) => values), found.map((row) => row.words)];
      return {
        phrase: (key) => phrases.kinds(key, ownValues),
        word: (key) => words.kinds(key, ownWords),
      };
    },
    tables: () => ({ phrases: phrases.table(), words: words.table() }),
  };
}

/** Which families have a phrase or a word, by kind; the two have keys of their own. */
class Families {
  private readonly known = new Map<number, Map<number, readonly number[]>>();

  add(family: number, key: number, kind: number): void {
    const kinds = this.known.get(key) ?? new Map<number, readonly number[]>();
    this.known.set(key, kinds);
    const own = kinds.get(kind) ?? [];
    // Two are enough: one of them is not the family that asks.
    if (own.length < 2 && !own.includes(family)) kinds.set(kind, [...own, family]);
  }

  kinds(key: number, without: number): number[] {
    return [...(this.known.get(key) ?? [])]
      .filter(([, families]) => families.some((family) => family !== without))
      .map(([kind]) => kind)
      .sort((a, b) => a - b);
  }
}

/** Keys, each followed by a kind: as pairs they took ten times the memory. */
type KeyKinds = Uint32Array;

function flat(pairs: readonly (readonly [key: number, kind: number])[]): KeyKinds {
  const list = new Uint32Array(2 * pairs.length);
  pairs.forEach((pair, i) => {
    list.set(pair, 2 * i);
  });
  return list;
}

function eachOf(list: KeyKinds, use: (key: number, kind: number) => void): void {
  for (let i = 0; i < list.length; i += 2) use(list[i]!, list[i + 1]!);
}

class Counts {
  private readonly counts = new Map<number, Map<number, number>>();

  add(key: number, kind: number): void {
    const kinds = this.counts.get(key) ?? new Map<number, number>();
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    this.counts.set(key, kinds);
  }

  /** @param without lists of keys with their kinds that do not count. */
  kinds(key: number, without: readonly KeyKinds[]): number[] {
    const left: number[] = [];
    for (const [kind, n] of this.counts.get(key) ?? []) {
      let others = n;
      for (const list of without)
        for (let i = 0; i < list.length; i += 2) if (list[i] === key && list[i + 1] === kind) others--;
      if (others > 0) left.push(kind);
    }
    return left.length > 1 ? left.sort((a, b) => a - b) : left;
  }

  table(): KindTable {
    const kinds = [...this.counts].map(([key, own]) => [key, [...own.keys()].sort((a, b) => a - b)] as const);
    return tableOf(new Map(kinds));
  }
}

function tableOf(kinds: ReadonlyMap<number, readonly number[]>): KindTable {
  const keys = Uint32Array.from(kinds.keys()).sort();
  const start = new Int32Array(keys.length + 1);
  keys.forEach((key, i) => {
    start[i + 1] = start[i]! + kinds.get(key)!.length;
  });
  return { keys, start, kinds: Int32Array.from([...keys].flatMap((key) => kinds.get(key)!)) };
}

/** The words of a row with the kinds of what they are part of plus one; 0 outside. */
function rolesOf({ tokens, tags }: Tagged): [word: number, kind: number][] {
  const seen = new Set<string>();
  return tokens.flatMap((token, i): [number, number][] => {
    const word = token.text.toLowerCase();
    const kind = 1 + kindOfTag(tags[i]!);
    if (seen.has(`${kind} ${word}`) || word.trim() === '') return [];
    seen.add(`${kind} ${word}`);
    return [[wordKey(word), kind]];
  });
}

function valuesOf({ tokens, tags }: Tagged): [phrase: number, kind: number][] {
  const values: [number, number][] = [];
  let words: string[] = [];
  let kind = -1;
  const close = (): void => {
    if (kind >= 0) values.push([phraseKey(words), kind]);
    words = [];
    kind = -1;
  };
  tokens.forEach((token, i) => {
    const tag = tags[i]!;
    if (tag === 0 || tag % 2 === 1) close();
    if (tag === 0) return;
    kind = kindOfTag(tag);
    words.push(token.text.toLowerCase());
  });
  close();
  return values;
}
