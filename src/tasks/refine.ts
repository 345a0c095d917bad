import { constantText } from './align.ts';
import { answerText } from './answers.ts';
import type { Digest } from './digest.ts';
import {
  applyTemplate,
  type Family,
  type FamilyTemplate,
  induceTemplate,
  SMALLEST_FAMILY,
  slotNames,
  spread,
} from './family.ts';
import { isGenericSystem } from './instructions.ts';
import { slotLabel, textBefore } from './names.ts';
import { containment, type Outputs, outputsOf } from './outputs.ts';
import { isDate } from './slotNames.ts';
import { HISTORY_SLOT, MAIN_SLOT } from './template.ts';
import { comesBack, isSequential } from './timeline.ts';
import { wordCount } from './tokens.ts';

/** Second thoughts about an induced template: too narrow for some of its calls, or too wide for what it holds. */

/** Calls of an edit that changes a value only must be this many before it counts: a session may do the same by chance. */
const SETTLED = 20;
/** Calls with a rare value, for each call with the usual one, at most. */
const RARE = 0.25;
const MOST_VALUES = 8;
/** Words of a rare value ("en-US") that may leave the constant text. */
const VALUE_WORDS = 3;
/** Share of the constant words that a wider template must keep. */
const KEPT_WORDS = 0.8;

/**
 * A template that takes a rare value for constant ("en-US" in 98 % of the calls) misses the other calls. Where those turn
 * up among the matching ones and differ in a short piece only, that piece becomes a slot.
 */
export function widenTemplate(template: FamilyTemplate, digests: readonly Digest[]): FamilyTemplate {
  const { matched, rest } = applyTemplate(template, digests);
  if (rest.length < 3 || matched.length === 0) return template;
  const near = rest.filter((digest) => digest.roles === matched[0]!.roles || template.turns === 'open');
  if (near.length < 3) return template;
  const balanced = [...spread(matched, 25), ...spread(near, 25)];
  const wider = induceTemplate(balanced);
  if (!keepsWords(template, wider)) return template;
  const now = applyTemplate(wider, digests);
  if (now.matched.length < matched.length + 3) return template;
  const gained = applyTemplate(wider, near);
  // As many calls with another value as with this one are no exception: they may well be another task.
  if (gained.matched.length > RARE * matched.length && !sharesSystem(matched, gained.matched))
    return template;
  if (differInDatesOnly(applyTemplate(wider, spread(matched, 50)).slots, gained.slots)) return wider;
  const timeline = [
    ...spread(matched, 2000).map((digest) => [digest.call.trace.startMs, 0] as const),
    ...gained.matched.map((digest) => [digest.call.trace.startMs, 1] as const),
  ];
  return isSequential(timeline) ? template : wider;
}

/** Do all these calls have instructions of their own, and the same? */
function sharesSystem(a: readonly Digest[], b: readonly Digest[]): boolean {
  const { system, systemKey } = a[0]!;
  return !isGenericSystem(system) && b.every((digest) => digest.systemKey === systemKey);
}

type Values = Readonly<Record<string, string>>;

/** Is every slot that never varied in the usual calls a date? The first calls of a new day are no edit. */
function differInDatesOnly(usual: readonly Values[], fresh: readonly Values[]): boolean {
  const first = usual[0];
  if (first === undefined) return false;
  const still = Object.keys(first).filter((name) => usual.every((slots) => slots[name] === first[name]));
  return (
    still.length > 0 && still.every((name) => [...usual, ...fresh].every((slots) => isDate(slots[name]!)))
  );
}

/** Does every message of the wider template keep most of its words? */
function keepsWords(narrow: FamilyTemplate, wide: FamilyTemplate): boolean {
  if (narrow.turns !== wide.turns || narrow.messages.length !== wide.messages.length) return false;
  return narrow.messages.every((message, i) => {
    const [before, after] = [message, wide.messages[i]!].map(({ segments }) =>
      wordCount(constantText(segments)),
    );
    return after! >= KEPT_WORDS * before! || (after! >= 1 && before! - after! <= VALUE_WORDS);
  });
}

/**
 * Splits a family where one of its slots is none: values that follow each other in time are edits, and values that get
 * answers of different sets ("Tell the priority", "Tell the product") are tasks.
 */
export function refineFamily(family: Family, depth = 0): readonly Family[] {
  if (depth >= 3 || family.digests.length < 2 * SMALLEST_FAMILY) return [family];
  for (const name of slotNames(family)) {
    if (name === MAIN_SLOT || name === HISTORY_SLOT) continue;
    const groups = groupsByValue(family, name);
    if (groups === null) continue;
    const parts = [...groups.values()].map((indices) => indices.map((i) => family.digests[i]!));
    const edited =
      !isCounter(family, name, [...groups.keys()]) &&
      parts.every((part) => part.length >= SETTLED) &&
      followEachOther(parts);
    if (!edited && (!answersDiffer(parts) || isRepeated([...groups.keys()], parts))) continue;
    const split = parts.map((part) => familyOf(part, family));
    if (split.some((part) => part === null)) continue;
    return split.flatMap((part) => refineFamily(part!, depth + 1));
  }
  return [family];
}

/** Indices by value, where the values are few, each of them common, and no dates. */
function groupsByValue(family: Family, name: string): ReadonlyMap<string, readonly number[]> | null {
  const groups = new Map<string, number[]>();
  for (let i = 0; i < family.slots.length; i++) {
    const value = family.slots[i]![name] ?? '';
    const group = groups.get(value);
    if (group !== undefined) group.push(i);
    else if (groups.size === MOST_VALUES || isDate(value)) return null;
    else groups.set(value, [i]);
  }
  if (groups.size < 2) return null;
  return [...groups.values()].every((group) => group.length >= SMALLEST_FAMILY) ? groups : null;
}

/** Share of the answers that name the slot's value where it is content and no instruction. */
const NAMED = 0.8;

/** Do the answers name the values? Then they differ because the values do, not because something else was asked. */
function isRepeated(values: readonly string[], parts: readonly (readonly Digest[])[]): boolean {
  return parts.every((part, k) => {
    const value = values[k]!.toLowerCase().trim();
    const answers = spread(part, 200).flatMap(({ call }) =>
      call.response === null ? [] : [answerText(call.response, call.request).toLowerCase()],
    );
    const naming = answers.filter((answer) => value.length >= 2 && answer.includes(value));
    return naming.length >= NAMED * Math.max(1, answers.length);
  });
}

/** Weeks, builds and other numbers that count up by themselves are no edits. */
function isCounter(family: Family, name: string, values: readonly string[]): boolean {
  const numbers = values.map(Number);
  if (numbers.some((value) => Number.isNaN(value))) return false;
  if (numbers.length >= 3 && numbers.every((value, i) => i === 0 || value > numbers[i - 1]!)) return true;
  const label = family.messages
    .flatMap((message) =>
      message.segments.map((segment, i) =>
        segment.kind === 'slot' && segment.name === name ? slotLabel(textBefore(message.segments, i)) : '',
      ),
    )
    .join('');
  return /(?:week|day|month|year|date|quarter|build|count|number|id|session|turn|step)/u.test(label);
}

function followEachOther(parts: readonly (readonly Digest[])[]): boolean {
  const timeline = parts.flatMap((part, k) => part.map((digest) => [digest.call.trace.startMs, k] as const));
  return isSequential(timeline) && !comesBack(timeline);
}

/** So few parts that each pair counts. */
const FEW = 8;
/** Others that each of many parts is compared with. */
const COMPARED = 50;

/**
 * Do calls side by side get answers of different kinds, or of sets that hardly overlap? True where all pairs do; of many
 * parts nearly all, as two of them may well ask for the same.
 */
export function answersDiffer(parts: readonly (readonly Digest[])[]): boolean {
  const outputs = parts.map(outputsOf);
  if (outputs.length <= FEW) return outputs.every((a, i) => outputs.every((b, j) => i === j || differ(a, b)));
  let pairs = 0;
  let apart = 0;
  outputs.forEach((a, i) => {
    for (const b of outputs.slice(i + 1, i + 1 + COMPARED)) {
      pairs++;
      if (differ(a, b)) apart++;
    }
  });
  return apart >= 0.9 * pairs;
}

function differ(a: Outputs, b: Outputs): boolean {
  if (a.form === 'none' || b.form === 'none') return false;
  if (a.form !== b.form) return true;
  if (a.values.size < 2 || b.values.size < 2 || Math.min(a.repeats, b.repeats) < 3) return false;
  return containment(a.values, b.values) < 0.34;
}

/** Do all parts get answers of one form and, mostly, one set of values? False for free text, which does not tell. */
export function answersAlike(parts: readonly (readonly Digest[])[]): boolean {
  const [first, ...others] = parts.map(outputsOf);
  if (first === undefined || first.form === 'none' || first.form === 'text') return false;
  return others.every((other) => other.form === first.form && containment(first.values, other.values) >= 0.5);
}

/** Are the answers of all parts free text? */
export function writesText(parts: readonly (readonly Digest[])[]): boolean {
  return parts.every((part) => outputsOf(part).form === 'text');
}

function familyOf(digests: readonly Digest[], like: Family): Family | null {
  const template = induceTemplate(digests);
  const { matched, slots } = applyTemplate(template, digests);
  if (matched.length < digests.length) return null;
  return { ...template, tools: like.tools, varying: like.varying, digests: matched, slots };
}
