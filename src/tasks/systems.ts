import { alignTexts, constantText } from './align.ts';
import { clusterTexts } from './cluster.ts';
import { type Digest, maskedSystem } from './digest.ts';
import { byTime, push, SMALLEST_FAMILY, spread } from './family.ts';
import { isGenericSystem } from './instructions.ts';
import { differInMaterial } from './material.ts';
import { answersAlike, answersDiffer } from './refine.ts';
import type { Segment } from './task.ts';
import { compileSegments } from './template.ts';
import { changesDaily, isSequential, median } from './timeline.ts';
import { wordCount } from './tokens.ts';

/** Calls whose system prompts are equal up to masked parts, or differ in slots. */
export function groupBySystem(digests: readonly Digest[]): readonly (readonly Digest[])[] {
  const byMask = new Map<string, Digest[]>();
  for (const digest of digests) push(byMask, digest.systemKey, digest);
  const groups = [...byMask.values()];
  const specific = groups.filter((group) => !isGenericSystem(group[0]!.system));
  const generic = groups.filter((group) => isGenericSystem(group[0]!.system));
  if (specific.length < 2) return groups;
  const merged = mergeSystems(specific);
  const inMerged = new Set(merged.flat());
  return [
    ...generic,
    ...specific.filter((_, i) => !inMerged.has(i)),
    ...merged.map((indices) => byTime(indices.flatMap((i) => specific[i]!))),
  ];
}

/** Distinct system prompts that are compared with each other; more are matched against what these gave. */
const COMPARED = 4000;

/** One system prompt, masked, and its calls. */
interface Variant {
  readonly calls: readonly Digest[];
  readonly text: string;
}

/** Groups of indices whose system prompts are one prompt with slots. */
function mergeSystems(groups: readonly (readonly Digest[])[]): readonly (readonly number[])[] {
  const all = groups.map((_, i) => i);
  const chosen = spread(all, COMPARED);
  const variants = chosen.map((i) => ({ calls: groups[i]!, text: maskedSystem(groups[i]![0]!.system) }));
  const found = clusterTexts(
    variants.map(({ text }) => text),
    2,
    (indices) => judgeSystems(indices, variants),
  );
  const clusters = found.map((cluster) => cluster.map((i) => chosen[i]!));
  if (chosen.length === all.length) return clusters;
  const taken = new Set(clusters.flat());
  const open = all.filter((i) => !taken.has(i));
  const matches = found.map((cluster) =>
    compileSegments(alignTexts(spread(cluster, 200).map((i) => variants[i]!.text))),
  );
  const grown = clusters.map((cluster) => [...cluster]);
  for (const i of open) {
    const text = maskedSystem(groups[i]![0]!.system);
    const home = matches.findIndex((match) => match(text, {}));
    if (home >= 0) grown[home]!.push(i);
  }
  return grown;
}

/**
 * Are these system prompts one prompt with slots (a name, retrieved text), not several prompts or edits of one? A shorter
 * one among them, an earlier wording without the sentence that holds the slot, does not hide it.
 */
function judgeSystems(indices: readonly number[], variants: readonly Variant[]): readonly number[] | null {
  const whole = judgeVariants(indices, variants);
  if (whole !== null || indices.length < 3) return whole;
  const words = indices.map((i) => wordCount(variants[i]!.text));
  const usual = median(words);
  const alike = indices.filter((_, k) => words[k]! >= 0.9 * usual);
  return alike.length === indices.length || alike.length < 2 ? null : judgeVariants(alike, variants);
}

function judgeVariants(indices: readonly number[], variants: readonly Variant[]): readonly number[] | null {
  const texts = spread(indices, 200).map((i) => variants[i]!.text);
  const segments = alignTexts(texts);
  const constant = wordCount(constantText(segments));
  const share = constant / Math.max(1, median(texts.map(wordCount)));
  const match = compileSegments(segments);
  const fitting = indices.filter((i) => match(variants[i]!.text, {}));
  if (fitting.length < 2 || constant < 8) return null;
  const perVariant = median(fitting.map((i) => variants[i]!.calls.length));
  if (perVariant >= SMALLEST_FAMILY && answersDiffer(largest(fitting.map((i) => variants[i]!.calls))))
    return null;
  const timeline = fitting.flatMap((i) => variants[i]!.calls.map((d) => [d.call.trace.startMs, i] as const));
  if (share >= 0.5 && changesDaily(timeline)) return fitting;
  const widest = widestSlot(segments, texts);
  const all = fitting.flatMap((i) => variants[i]!.calls.slice(0, 3).map(() => variants[i]!.text));
  if (!isSequential(timeline) && differInMaterial(segments, all)) return fitting;
  if (!isSequential(timeline) && areDocuments(fitting, variants, segments, texts)) return fitting;
  // The same few phrases again and again, each a clause of its own ("find the deadline"): instructions, not values.
  if (perVariant >= SMALLEST_FAMILY && narrowestSlot(segments, texts) >= CLAUSE_WORDS) return null;
  if (share >= 0.8 && !isSequential(timeline)) return widest <= OPTIONAL_WORDS ? fitting : null;
  if (share >= 0.8 && widest <= NAME_WORDS && fitting.length >= 4) return fitting;
  return fitting.length >= SMALLEST_FAMILY && perVariant <= 5 ? fitting : null;
}

/** More prompts than this, each with a text of so many words in one place, hold documents rather than instructions. */
const MANY_TEXTS = 8;
const DOCUMENT_WORDS = 25;

/** Do these prompts differ in long texts, and get answers of one closed set all the same? */
function areDocuments(
  fitting: readonly number[],
  variants: readonly Variant[],
  segments: readonly Segment[],
  texts: readonly string[],
): boolean {
  if (fitting.length < MANY_TEXTS || widestSlot(segments, texts) < DOCUMENT_WORDS) return false;
  return answersAlike(largest(fitting.map((i) => variants[i]!.calls)));
}

/** Words that make a slot's value a clause. */
const CLAUSE_WORDS = 3;
/** Words that a name, a plan or a place in a system prompt has at most. */
const NAME_WORDS = 8;
/** Words that a paragraph that is sometimes there and sometimes not has at most. */
const OPTIONAL_WORDS = 60;

function largest(groups: readonly (readonly Digest[])[]): readonly (readonly Digest[])[] {
  return [...groups].sort((a, b) => b.length - a.length).slice(0, 8);
}

/** Words in the widest slot of a template, the median over the texts. */
function widestSlot(segments: readonly Segment[], texts: readonly string[]): number {
  return median(widths(segments, texts));
}

/** The same, the least over the texts: 0 for a paragraph that is missing in some. */
function narrowestSlot(segments: readonly Segment[], texts: readonly string[]): number {
  return Math.min(...widths(segments, texts));
}

function widths(segments: readonly Segment[], texts: readonly string[]): readonly number[] {
  const match = compileSegments(segments);
  return texts.flatMap((text) => {
    const slots: Record<string, string> = {};
    return match(text, slots) ? [Math.max(0, ...Object.values(slots).map(wordCount))] : [];
  });
}
