import { type Tokens, tokenise, wordCount } from './tokens.ts';

/** A candidate: its text, and whether it stands at the very start or end of the samples. */
export interface Constant {
  readonly text: string;
  readonly lead: boolean;
  readonly trail: boolean;
}

/**
 * Runs of the reference sample whose trigrams are in at least `needed` samples, and there as often as in most: a phrase
 * that users happen to write turns up twice here and not at all there.
 */
export function candidateConstants(samples: readonly Tokens[], needed: number): readonly Constant[] {
  const vocabulary = new Map<string, number>();
  const ids = samples.map((sample) => tokenIds(sample, vocabulary));
  const counts = ids.map(countTrigrams);
  const support = new Map<number, number>();
  for (const count of counts)
    for (const gram of count.keys()) support.set(gram, (support.get(gram) ?? 0) + 1);
  const shared = counts.map((count) => {
    let sum = 0;
    for (const [gram, times] of count) if (support.get(gram)! >= needed) sum += times;
    return sum;
  });
  // The shortest sample that has (about) all of the shared grams: least slot text to be misled by.
  const most = Math.max(...shared);
  let reference = -1;
  ids.forEach((list, i) => {
    if (shared[i]! < 0.9 * most && list.length > 0) return;
    if (reference < 0 || list.length < ids[reference]!.length) reference = i;
  });
  const steady = new Set<number>();
  for (const [gram, times] of counts[reference]!) {
    if (support.get(gram)! < needed) continue;
    let agree = 0;
    for (const count of counts) if (count.get(gram) === times) agree++;
    if (agree >= STEADY * samples.length) steady.add(gram);
  }
  return runs(samples[reference]!, ids[reference]!, steady);
}

function countTrigrams(ids: Int32Array): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i + 2 < ids.length; i++) {
    const gram = trigram(ids, i);
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** Token numbers between two start and two end marks. */
function tokenIds(sample: Tokens, vocabulary: Map<string, number>): Int32Array {
  const ids = new Int32Array(sample.starts.length + 4);
  ids[0] = ids[1] = 1;
  sample.starts.forEach((start, i) => {
    const token = sample.text.slice(start, sample.ends[i]);
    let id = vocabulary.get(token);
    if (id === undefined) vocabulary.set(token, (id = vocabulary.size + 3));
    ids[i + 2] = id;
  });
  ids[ids.length - 1] = ids[ids.length - 2] = 2;
  return ids;
}

/** One number below 2^53 for three token numbers; collisions are harmless, the texts themselves are compared later. */
function trigram(ids: Int32Array, i: number): number {
  const low = Math.imul(ids[i]!, 0x9e3779b1) ^ Math.imul(ids[i + 1]! + 0x7f4a7c15, 0x85ebca6b);
  const high = Math.imul(ids[i + 2]! ^ (low >>> 15), 0xc2b2ae35);
  return ((low ^ high) >>> 0) * 0x200000 + ((high >>> 11) ^ (ids[i + 1]! & 0x1fffff));
}

function runs(sample: Tokens, ids: Int32Array, common: ReadonlySet<number>): readonly Constant[] {
  const covered = new Uint8Array(ids.length);
  /** joined[i]: token i and the next one lie in one shared trigram. */
  const joined = new Uint8Array(ids.length);
  for (let i = 0; i + 2 < ids.length; i++) {
    if (!common.has(trigram(ids, i))) continue;
    covered[i] = covered[i + 1] = covered[i + 2] = 1;
    joined[i] = joined[i + 1] = 1;
  }
  const found: Constant[] = [];
  const tokens = sample.starts.length;
  for (let i = 0; i < tokens; i++) {
    if (covered[i + 2] !== 1) continue;
    const from = i;
    while (i + 1 < tokens && joined[i + 2] === 1) i++;
    const lead = from === 0 && joined[1] === 1;
    const trail = i === tokens - 1 && joined[i + 2] === 1;
    const start = lead ? 0 : sample.starts[from]!;
    const end = trail ? sample.text.length : sample.ends[i]!;
    found.push({ text: sample.text.slice(start, end), lead, trail });
  }
  return found;
}

/** The candidate itself where enough samples contain it, else its longest parts that they do contain. */
export function splitUntilShared(
  candidate: Constant,
  samples: readonly string[],
  needed: number,
  budget = { characters: SEARCHED },
): readonly Constant[] {
  if (isShared(candidate, samples, needed, budget)) return [candidate];
  if (budget.characters <= 0) return [];
  const { starts, ends } = tokenise(candidate.text);
  const count = starts.length;
  if (count < 2) return [];
  /** Tokens from (included) to (excluded); the outermost parts keep standing at the edge. */
  const part = (from: number, to: number): Constant => ({
    text: candidate.text.slice(
      candidate.lead && from === 0 ? 0 : starts[from],
      candidate.trail && to === count ? candidate.text.length : ends[to - 1],
    ),
    lead: candidate.lead && from === 0,
    trail: candidate.trail && to === count,
  });
  const [from, to] =
    count > LONG
      ? [0, count >> 1]
      : longestWindow(count, (a, b) => isShared(part(a, b), samples, needed, budget));
  if (to === from) return [];
  return [
    ...(from > 0 ? splitUntilShared(part(0, from), samples, needed, budget) : []),
    ...splitUntilShared(part(from, to), samples, needed, budget),
    ...(to < count ? splitUntilShared(part(to, count), samples, needed, budget) : []),
  ];
}

/** Characters that may be searched for the parts of one candidate, all samples together. */
const SEARCHED = 20_000_000;
/** Candidates of more tokens than this are halved before their best part is searched. */
const LONG = 256;

/** The longest [from, to) that holds; what holds for a window holds for every window inside it. */
function longestWindow(
  count: number,
  holds: (from: number, to: number) => boolean,
): readonly [number, number] {
  let best: readonly [number, number] = [0, 0];
  let to = 1;
  for (let from = 0; from < count; from++) {
    to = Math.max(to, from + Math.max(1, best[1] - best[0]));
    while (to <= count && holds(from, to)) {
      if (to - from > best[1] - best[0]) best = [from, to];
      to++;
    }
  }
  return best;
}

function isShared(
  { text, lead, trail }: Constant,
  samples: readonly string[],
  needed: number,
  budget: { characters: number },
): boolean {
  let misses = 0;
  for (const sample of samples) {
    const edge = lead || trail;
    const hit = lead ? sample.startsWith(text) : trail ? sample.endsWith(text) : sample.includes(text);
    if (hit) continue;
    budget.characters -= edge ? text.length : sample.length;
    if (++misses > samples.length - needed) return false;
  }
  return budget.characters > 0;
}

/** Is the text long or marked enough to be somebody's template, not a turn of phrase that happens to recur? */
export function isTelling({ text, lead, trail }: Constant): boolean {
  const words = wordCount(text);
  if (lead || trail) return words >= 1 || /[\n"'`<>[\]{}()]|([-=#*~_])\1\1/u.test(text);
  return (
    words >= 3 || (words >= 1 && /[\n:=>|\]]/u.test(text)) || /<\/?\w|```|"""|([-=#*~_])\1\1/u.test(text)
  );
}

/**
 * Does every sample contain the text equally often? A phrase of the template does; one that users happen to write turns
 * up here twice and there not at all.
 */
export function isSteady({ text, lead, trail }: Constant, samples: readonly string[]): boolean {
  if (lead || trail) return true;
  const times = new Map<number, number>();
  for (const sample of samples) {
    let count = 0;
    for (let at = sample.indexOf(text); at >= 0 && count < 50; at = sample.indexOf(text, at + text.length))
      count++;
    times.set(count, (times.get(count) ?? 0) + 1);
  }
  return Math.max(...times.values()) >= STEADY * samples.length;
}

/** Share of samples that must agree on how often a constant occurs. */
const STEADY = 0.8;
