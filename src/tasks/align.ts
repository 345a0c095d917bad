import type { Segment } from './task.ts';
import { compileSegments, MAIN_SLOT } from './template.ts';
import { type Tokens, tokenise, wordCount } from './tokens.ts';

/**
 * Template induction: the text that many prompts share, and the holes between it. Token trigrams that (nearly) every
 * sample contains mark candidate constants in the shortest sample; those that appear in one order in the samples, whole
 * and byte for byte, become the template's constants. Linear in the total length.
 */

/** Share of the samples that must contain a constant. A few strays in a sample must not hide the template. */
const SUPPORT = 0.95;
const SAMPLES = 50;
/** Characters of all samples together; long prompts are aligned on fewer of them. */
const BUDGET = 4_000_000;

/**
 * Aligns texts to segments with provisional slot names `0`, `1`, ...; the widest slot is called `input`.
 * A single slot and no text means that the texts share nothing.
 */
export function alignTexts(texts: readonly string[]): readonly Segment[] {
  const samples = sampleTexts(texts);
  const first = samples[0] ?? '';
  if (samples.every((text) => text === first)) return [{ kind: 'text', text: first }];
  const tokens = samples.map(tokenise);
  const needed = samples.length < 20 ? samples.length : Math.ceil(samples.length * SUPPORT);
  const chain = inOrder(candidateConstants(tokens, needed), samples, needed);
  return nameSlots(buildSegments(chain, samples), samples);
}

/** At most 50 texts, spread over the whole list and within the character budget; short texts come along too. */
function sampleTexts(texts: readonly string[]): readonly string[] {
  const samples: string[] = [];
  let characters = 0;
  const step = Math.max(1, texts.length / SAMPLES);
  for (let at = 0; at < texts.length && samples.length < SAMPLES; at += step) {
    const text = texts[Math.floor(at)]!;
    characters += text.length;
    if (characters > BUDGET && samples.length >= 3) break;
    samples.push(text);
  }
  return samples;
}

/** A candidate: its text, and whether it stands at the very start or end of the samples. */
interface Constant {
  readonly text: string;
  readonly lead: boolean;
  readonly trail: boolean;
}

/** Runs of the reference sample whose trigrams are in at least `needed` samples. */
function candidateConstants(samples: readonly Tokens[], needed: number): readonly Constant[] {
  const vocabulary = new Map<string, number>();
  const ids = samples.map((sample) => tokenIds(sample, vocabulary));
  const support = new Map<number, number>();
  for (const list of ids) {
    const seen = new Set<number>();
    for (let i = 0; i + 2 < list.length; i++) seen.add(trigram(list, i));
    for (const gram of seen) support.set(gram, (support.get(gram) ?? 0) + 1);
  }
  const shared = ids.map((list) => {
    let count = 0;
    for (let i = 0; i + 2 < list.length; i++) if (support.get(trigram(list, i))! >= needed) count++;
    return count;
  });
  // The shortest sample that has (about) all of the shared grams: least slot text to be misled by.
  const most = Math.max(...shared);
  let reference = -1;
  ids.forEach((list, i) => {
    if (shared[i]! < 0.9 * most) return;
    if (reference < 0 || list.length < ids[reference]!.length) reference = i;
  });
  return runs(samples[reference]!, ids[reference]!, support, needed);
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

function runs(
  sample: Tokens,
  ids: Int32Array,
  support: ReadonlyMap<number, number>,
  needed: number,
): readonly Constant[] {
  const covered = new Uint8Array(ids.length);
  /** joined[i]: token i and the next one lie in one shared trigram. */
  const joined = new Uint8Array(ids.length);
  for (let i = 0; i + 2 < ids.length; i++) {
    if (support.get(trigram(ids, i))! < needed) continue;
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

/** The candidates that stand in the samples in this order; one that does not is split at its lines, then given up. */
function inOrder(
  candidates: readonly Constant[],
  samples: readonly string[],
  needed: number,
): readonly Constant[] {
  const whole = candidates.flatMap((candidate) => splitUntilShared(candidate, samples, needed));
  let chain = whole.filter((constant) => isTelling(constant));
  // Each round gives up the lightest constant that breaks the order in too many samples.
  for (let round = 0; round < whole.length; round++) {
    const broken = new Array<number>(chain.length).fill(0);
    let misfits = 0;
    for (const text of samples) {
      const at = firstBreak(chain, text);
      if (at < 0) continue;
      misfits++;
      broken[at]!++;
      if (at > 0) broken[at - 1]!++;
    }
    if (misfits <= samples.length - needed) return chain;
    const worst = Math.max(...broken);
    const blamed = chain.filter((_, i) => broken[i]! > worst / 2);
    const lightest = blamed.reduce((a, b) => (b.text.length < a.text.length ? b : a));
    chain = chain.filter((constant) => constant !== lightest);
  }
  return [];
}

/** Index of the first constant that cannot be placed after the ones before it; -1 where all can. */
function firstBreak(chain: readonly Constant[], text: string): number {
  let from = 0;
  for (let i = 0; i < chain.length; i++) {
    const { text: constant, lead, trail } = chain[i]!;
    let at = text.indexOf(constant, from);
    if (lead && i === 0) at = text.startsWith(constant) ? 0 : -1;
    if (trail && i === chain.length - 1) at = text.endsWith(constant) ? text.length - constant.length : -1;
    if (at < from) return i;
    from = at + constant.length;
  }
  return -1;
}

/** The candidate itself where enough samples contain it, else its longest parts that they do contain. */
function splitUntilShared(
  candidate: Constant,
  samples: readonly string[],
  needed: number,
): readonly Constant[] {
  if (isShared(candidate, samples, needed)) return [candidate];
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
    count > LONG ? [0, count >> 1] : longestWindow(count, (a, b) => isShared(part(a, b), samples, needed));
  if (to === from) return [];
  return [
    ...(from > 0 ? splitUntilShared(part(0, from), samples, needed) : []),
    ...splitUntilShared(part(from, to), samples, needed),
    ...(to < count ? splitUntilShared(part(to, count), samples, needed) : []),
  ];
}

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

function isShared({ text, lead, trail }: Constant, samples: readonly string[], needed: number): boolean {
  let hits = 0;
  for (const sample of samples) {
    if (lead ? sample.startsWith(text) : trail ? sample.endsWith(text) : sample.includes(text)) hits++;
  }
  return hits >= needed;
}

/** Is the text long or marked enough to be somebody's template, not a turn of phrase that happens to recur? */
function isTelling({ text, lead, trail }: Constant): boolean {
  if (/["'`<>[\]{}()]/u.test(text) && (lead || trail)) return true;
  const words = wordCount(text);
  if (lead || trail) return words >= 1;
  return words >= 3 || (words >= 1 && /[\n:=>|\]]/u.test(text)) || /<\/?\w|```|"""|---/u.test(text);
}

/** Constants and the slots between them; blanks and quotes that all values share move into the constants. */
function buildSegments(chain: readonly Constant[], samples: readonly string[]): readonly Segment[] {
  if (chain.length === 0) return [{ kind: 'slot', name: '0' }];
  const segments: Segment[] = [];
  let slot = 0;
  chain.forEach((constant, i) => {
    if (i > 0 || !constant.lead) segments.push({ kind: 'slot', name: `${slot++}` });
    segments.push({ kind: 'text', text: constant.text });
  });
  if (!chain.at(-1)!.trail) segments.push({ kind: 'slot', name: `${slot++}` });
  return widen(segments, samples);
}

function widen(segments: readonly Segment[], samples: readonly string[]): readonly Segment[] {
  const match = compileSegments(segments);
  const values: Record<string, string>[] = [];
  for (const text of samples) {
    const slots: Record<string, string> = {};
    if (match(text, slots)) values.push(slots);
  }
  const out: Segment[] = [];
  let pending = '';
  for (const segment of segments) {
    if (segment.kind === 'text') {
      out.push({ kind: 'text', text: pending + segment.text });
      pending = '';
      continue;
    }
    const texts = values.map((slots) => slots[segment.name]!);
    if (texts.length > 0 && texts.every((text) => text === texts[0])) {
      pending += texts[0]!;
      const before = out.pop();
      pending = (before?.kind === 'text' ? before.text : '') + pending;
      continue;
    }
    const [head, tail] = sharedEdges(texts);
    if (head !== '') {
      const before = out.pop();
      out.push({ kind: 'text', text: (before?.kind === 'text' ? before.text : '') + head });
    }
    out.push(segment);
    pending = tail;
  }
  if (pending !== '') out.push({ kind: 'text', text: pending });
  return out;
}

/** Blanks, quotes and brackets that every value begins and ends with. */
function sharedEdges(texts: readonly string[]): readonly [string, string] {
  const first = texts[0];
  if (first === undefined) return ['', ''];
  const room = Math.min(...texts.map((text) => text.length));
  let head = 0;
  while (head < room && isEdge(first[head]!) && texts.every((text) => text[head] === first[head])) head++;
  let tail = 0;
  while (
    head + tail < room &&
    isEdge(first.at(-1 - tail)!) &&
    texts.every((text) => text.at(-1 - tail) === first.at(-1 - tail))
  )
    tail++;
  return [first.slice(0, head), first.slice(first.length - tail)];
}

function isEdge(character: string): boolean {
  return /[\s"'`<>[\](){}|*#]/u.test(character);
}

/** The slot with the most text is the main one: it is matched last, with what the others leave. */
function nameSlots(segments: readonly Segment[], samples: readonly string[]): readonly Segment[] {
  const match = compileSegments(segments);
  const lengths = new Map<string, number>();
  for (const text of samples) {
    const slots: Record<string, string> = {};
    if (!match(text, slots)) continue;
    for (const name in slots) lengths.set(name, (lengths.get(name) ?? 0) + slots[name]!.length);
  }
  let widest = '';
  for (const segment of segments) {
    if (segment.kind !== 'slot') continue;
    if (widest === '' || (lengths.get(segment.name) ?? 0) > (lengths.get(widest) ?? 0)) widest = segment.name;
  }
  return segments.map((segment) =>
    segment.kind === 'slot' && segment.name === widest ? { kind: 'slot', name: MAIN_SLOT } : segment,
  );
}
