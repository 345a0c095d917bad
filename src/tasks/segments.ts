import type { Constant } from './constants.ts';
import { growJoined, growMasked, joined, type Values } from './pieces.ts';
import type { Segment } from './task.ts';
import { compileSegments, MAIN_SLOT } from './template.ts';
import { mask, wordCount } from './tokens.ts';

/** From a chain of constants to a template's segments: what lies between becomes slots with sensible edges. */

/** Constants and the slots between them, provisionally named `0`, `1`, ...; the one with the most text is `input`. */
export function buildSegments(chain: readonly Constant[], samples: readonly string[]): readonly Segment[] {
  if (chain.length === 0) return [{ kind: 'slot', name: MAIN_SLOT }];
  const segments: Segment[] = [];
  let slot = 0;
  chain.forEach((constant, i) => {
    if (i > 0 || !constant.lead) segments.push({ kind: 'slot', name: `${slot++}` });
    segments.push({ kind: 'text', text: constant.text });
  });
  if (!chain.at(-1)!.trail) segments.push({ kind: 'slot', name: `${slot++}` });
  let shaped: readonly Segment[] = segments;
  for (const step of [foldEqual, shrinkEdges, growMasked, growJoined, mergeRepeats, splitLeading])
    shaped = step(shaped, valuesOf(shaped, samples));
  return nameMain(shaped, valuesOf(shaped, samples));
}

function valuesOf(segments: readonly Segment[], samples: readonly string[]): readonly Values[] {
  const match = compileSegments(segments);
  return samples.flatMap((text) => {
    const slots: Record<string, string> = {};
    return match(text, slots) ? [slots] : [];
  });
}

/** A slot that never varies is text. */
function foldEqual(segments: readonly Segment[], values: readonly Values[]): readonly Segment[] {
  if (values.length === 0) return segments;
  return joined(
    segments.map((segment) => {
      if (segment.kind === 'text') return segment;
      const first = values[0]![segment.name]!;
      return values.every((slots) => slots[segment.name] === first) ? { kind: 'text', text: first } : segment;
    }),
  );
}

/** Blanks, quotes and brackets that every value begins or ends with belong to the text around the slot. */
function shrinkEdges(segments: readonly Segment[], values: readonly Values[]): readonly Segment[] {
  return joined(
    segments.flatMap((segment): readonly Segment[] => {
      if (segment.kind === 'text') return [segment];
      const [head, tail] = sharedEdges(values.map((slots) => slots[segment.name]!));
      return [{ kind: 'text', text: head }, segment, { kind: 'text', text: tail }];
    }),
  );
}

function sharedEdges(texts: readonly string[]): readonly [string, string] {
  const first = texts[0];
  if (first === undefined) return ['', ''];
  const room = texts.reduce((least, text) => Math.min(least, text.length), first.length);
  let head = 0;
  while (head < room && isHead(first[head]!) && texts.every((text) => text[head] === first[head])) head++;
  let tail = 0;
  while (
    head + tail < room &&
    isEdge(first.at(-1 - tail)!) &&
    texts.every((text) => text.at(-1 - tail) === first.at(-1 - tail))
  )
    tail++;
  return [first.slice(0, head), first.slice(first.length - tail)];
}

/** What stands between a label and a value belongs to the label. */
function isHead(character: string): boolean {
  return isEdge(character) || character === ':' || character === '=';
}

function isEdge(character: string): boolean {
  return /[\s"'`<>[\](){}|*#]/u.test(character);
}

/**
 * `[1] {{}} [2] {{}} [3] {{}}` or `Q: {{}} A: {{}} Q: {{}} A: {{}}` is one list in one slot, however many items this
 * traffic's calls happen to have.
 */
function mergeRepeats(segments: readonly Segment[]): readonly Segment[] {
  for (let period = 1; period <= 3; period++) {
    const span = repeatedSpan(segments, period);
    if (span === null) continue;
    const [from, to] = span;
    return mergeRepeats([...segments.slice(0, from + 1), ...segments.slice(to + 1)]);
  }
  return segments;
}

/** Indices of the first and last slot of a stretch whose constants repeat with the period; null for none. */
function repeatedSpan(segments: readonly Segment[], period: number): readonly [number, number] | null {
  const inner: { at: number; key: string }[] = [];
  segments.forEach((segment, at) => {
    if (segment.kind === 'text' && at > 0 && at < segments.length - 1)
      inner.push({ at, key: mask(segment.text).trim() });
  });
  for (let i = 0; i + period < inner.length; i++) {
    let end = i;
    while (end + period < inner.length && inner[end]!.key === inner[end + period]!.key) end++;
    if (end - i < period) continue;
    return [inner[i]!.at - 1, inner[end - 1 + period]!.at + 1];
  }
  return null;
}

/** Delimiters behind a short value that opens a longer one: `French:\\n...`. */
const delimiters = [':\n', '\n', ': ', ' | '];
const LEADING_WORDS = 4;

/** A slot that always opens with one of a few short values and a delimiter is two slots. */
function splitLeading(segments: readonly Segment[], values: readonly Values[]): readonly Segment[] {
  if (values.length < 12) return segments;
  return segments.flatMap((segment): readonly Segment[] => {
    if (segment.kind === 'text') return [segment];
    const texts = values.map((slots) => slots[segment.name]!);
    for (const delimiter of delimiters) {
      const ends = texts.map((text) => text.indexOf(delimiter));
      if (ends.some((end) => end <= 0 || end > 40)) continue;
      const heads = new Set(texts.map((text, i) => text.slice(0, ends[i])));
      const short = [...heads].every((head) => wordCount(head) <= LEADING_WORDS);
      if (heads.size < 2 || heads.size > values.length / 4 || !short) continue;
      return [{ kind: 'slot', name: `${segment.name}-head` }, { kind: 'text', text: delimiter }, segment];
    }
    return [segment];
  });
}

function nameMain(segments: readonly Segment[], values: readonly Values[]): readonly Segment[] {
  const lengths = new Map<string, number>();
  for (const slots of values) {
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
