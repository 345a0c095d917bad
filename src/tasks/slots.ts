import { canonicalJson, isObject, type JsonObject } from '../base/json.ts';
import { excerpt, normaliseText, shorten } from '../base/text.ts';
import type { ChatResponse } from '../wire/chat.ts';
import { jsonAnswer, labelOf } from './answers.ts';
import { spread } from './family.ts';
import { informationBetween } from './information.ts';
import { shuffledSlots } from './shuffled.ts';
import { isBackground, isDate, looksLikeList } from './slotNames.ts';
import type { SlotProfile, SlotType } from './task.ts';
import { HISTORY_SLOT, MAIN_SLOT } from './template.ts';
import { median } from './timeline.ts';
import { datePattern, mask, wordCount } from './tokens.ts';

/** A normal call of a task as slot typing sees it, in order of time. */
export interface SlotSample {
  readonly slots: Readonly<Record<string, string>>;
  readonly response: ChatResponse;
}

/** Fewer calls than this show nothing about a slot. */
const ENOUGH = 100;
/** Pairs of calls with the same main text that are compared before twins count as evidence. */
const TWINS = 20;
const EXAMPLES = 5;
const SAMPLE = 4000;

/** Types the slots of a task and decides, with the figure behind it, which ones a student needs to see. */
export function profileSlots(
  names: readonly string[],
  samples: readonly SlotSample[],
): readonly SlotProfile[] {
  const shuffled = shuffledSlots(names, spread(samples, 500));
  return names.map((name) => {
    const values = samples.flatMap(({ slots }) => slots[name] ?? []);
    const counts = new Map<string, number>();
    for (const value of values) if (counts.size < 100_000) counts.set(value, (counts.get(value) ?? 0) + 1);
    const frequent = [...counts].sort((a, b) => b[1] - a[1]).slice(0, EXAMPLES);
    const facts = { distinct: counts.size, examples: frequent.map(([value]) => shorten(value, 120)) };
    const verdict = shuffled.has(name) ? sameItems : judgeSlot(name, values, counts.size, samples);
    return { name, ...verdict, ...facts };
  });
}

const sameItems = {
  type: 'list',
  kept: false,
  reason: 'the same items in every call, in changing order',
} as const;

function judgeSlot(
  name: string,
  values: readonly string[],
  distinct: number,
  samples: readonly SlotSample[],
): { type: SlotType; kept: boolean; reason: string } {
  if (name === MAIN_SLOT) return { type: 'main', kept: true, reason: 'the text the task works on' };
  const sample = spread(values, 500);
  const words = median(sample.map(wordCount));
  if (name === HISTORY_SLOT) return { type: 'context', kept: true, reason: 'the turns before the last one' };
  if (sample.length === 0) return { type: 'context', kept: true, reason: 'no value seen yet' };
  if (looksLikeList(sample))
    return { type: 'list', kept: true, reason: `a list, typically of ${words} words` };
  if (words >= 12 || isBackground(name)) {
    const reason = `material to work with, typically of ${words} words`;
    // Only equal inputs beside other material show that it does not matter: what is asked about it differs as well.
    const repeats = distinct <= samples.length / TWINS;
    const twins = repeats ? twinVerdict(name, samples, reason) : null;
    return twins?.nothing
      ? { type: 'context', kept: false, reason: twins.reason }
      : { type: 'context', kept: true, reason };
  }
  const kind = shortKind(sample, distinct, values.length);
  const verdict = carriesNothing(name, kind, distinct, samples);
  if (verdict.nothing)
    return { type: kind === 'plain' ? 'nuisance' : kind, kept: false, reason: verdict.reason };
  return { type: kind === 'plain' ? 'context' : kind, kept: true, reason: verdict.reason };
}

function shortKind(sample: readonly string[], distinct: number, n: number): 'date' | 'id' | 'plain' {
  if (sample.filter(isDate).length >= 0.95 * sample.length) return 'date';
  const masked = sample.filter(
    (value) => /\d/u.test(value) && wordCount(mask(value)) <= 2 && wordCount(value) <= 8,
  );
  return distinct > 0.5 * n && masked.length >= 0.9 * sample.length ? 'id' : 'plain';
}

interface Verdict {
  readonly nothing: boolean;
  readonly reason: string;
}

/** Is the slot shown to carry no information about the answer? Without evidence it is kept. */
function carriesNothing(
  name: string,
  kind: 'date' | 'id' | 'plain',
  distinct: number,
  samples: readonly SlotSample[],
): Verdict {
  const n = samples.length;
  if (n < ENOUGH) return { nothing: false, reason: `${n} calls are too few to tell whether it matters` };
  const copied = copiedShare(name, kind, samples);
  if (copied > 0.001) return { nothing: false, reason: `${percent(copied)} of the answers repeat it` };
  const notCopied = `none of ${n} answers repeats it`;
  const twins = twinVerdict(name, samples, notCopied);
  if (twins !== null) return twins;
  if (kind === 'id' && distinct > 0.5 * n)
    return { nothing: true, reason: `different in nearly every call; ${notCopied}` };
  if (kind === 'date')
    return { nothing: false, reason: `${notCopied}, but too few equal inputs on other dates to compare` };
  return mutual(name, samples, notCopied);
}

/** What calls with the same main text say of a slot; null where they are too few. */
function twinVerdict(name: string, samples: readonly SlotSample[], before: string): Verdict | null {
  const twins = compareTwins(name, samples);
  if (samples.length < ENOUGH || twins.across < TWINS) return null;
  const same = twins.alike === 0 ? 0 : twins.alikeDiffer / twins.alike;
  const other = twins.acrossDiffer / twins.across;
  const figure = `${twins.across} pairs of calls with the same input and another value got different answers in ${percent(other)}, against ${percent(same)} with the same value`;
  const slack = 2 * Math.sqrt(((same + 0.01) * (1 - same)) / twins.across) + 0.005;
  return { nothing: other <= same + slack, reason: `${before}; ${figure}` };
}

function mutual(name: string, samples: readonly SlotSample[], notCopied: string): Verdict {
  const chosen = spread(samples, SAMPLE);
  const keys = answerKeys(chosen);
  if (keys === null)
    return {
      nothing: false,
      reason: `${notCopied}, but answers are too different from each other to compare`,
    };
  const answers = numbered(keys);
  const values = numbered(chosen.map(({ slots }) => slots[name] ?? ''));
  const cardinality = Math.max(...values) + 1;
  if (cardinality > chosen.length / 5)
    return {
      nothing: false,
      reason: `${cardinality} values in ${chosen.length} calls are too many to compare`,
    };
  const { bits, chance, entropy, p } = informationBetween(answers, values);
  const gain = Math.max(0, bits - chance);
  const figure = `knowing it tells ${gain.toFixed(3)} of ${entropy.toFixed(2)} bits about the answer beyond chance (p = ${p.toFixed(3)}, 199 permutations)`;
  return { nothing: p > 0.05 && gain <= 0.02 * Math.max(entropy, 0.5), reason: `${notCopied}; ${figure}` };
}

/** Share of answers that contain the slot's value (for dates: any date) or words of it although no other slot does. */
function copiedShare(name: string, kind: 'date' | 'id' | 'plain', samples: readonly SlotSample[]): number {
  const anyDate = new RegExp(`\\b(?:${datePattern}|20\\d\\d)\\b`, 'iu');
  let copied = 0;
  let numbers = 0;
  let partly = 0;
  const pieces = new Set<string>();
  for (const { slots, response } of samples) {
    const answer = wholeAnswer(response).toLowerCase();
    const others = Object.keys(slots)
      .filter((other) => other !== name)
      .map((other) => slots[other]!.toLowerCase());
    const value = slots[name]?.toLowerCase() ?? '';
    const needle =
      kind === 'date'
        ? anyDate.exec(answer)?.[0]
        : value.length >= 3 && answer.includes(value)
          ? value
          : undefined;
    if (needle !== undefined && !others.some((other) => other.includes(needle))) copied++;
    else if (kind !== 'date' && repeatsNumber(value, answer)) numbers++;
    const piece = kind === 'date' || needle !== undefined ? undefined : pieceIn(answer, value, others);
    if (piece === undefined) continue;
    partly++;
    pieces.add(piece);
  }
  // An optional line that stands behind a category ("low\nLink: https://...") is copied where it is there.
  if (partly >= LIKELY_PIECES * samples.length && pieces.size >= MANY_PIECES)
    return (copied + partly) / samples.length;
  // Written anew ("1,521" as 1521.0): a number or two that agree by chance prove nothing.
  if (numbers >= LIKELY_NUMBERS * samples.length) return (copied + numbers) / samples.length;
  // A short category that answers also use as a word ("chat") is compared by information, not by copying.
  return kind === 'plain' && copied < 0.02 * samples.length ? 0 : copied / samples.length;
}

/** Share of answers that must repeat a slot's number before it counts as copied. */
const LIKELY_NUMBERS = 0.2;

/** Share of answers that must repeat a word of a slot's value, and different words that they must repeat. */
const LIKELY_PIECES = 0.02;
const MANY_PIECES = 10;

/** A word of a value of several words that stands in the answer and in no other slot. */
function pieceIn(answer: string, value: string, others: readonly string[]): string | undefined {
  const words = value.split(/\s+/u);
  if (words.length < 2) return undefined;
  return words.find(
    (word) => word.length >= 5 && answer.includes(word) && !others.some((other) => other.includes(word)),
  );
}

/** Numbers beside each other agree with an answer by chance the more easily, the more there are. */
const MOST_NUMBERS = 4;

/** Does the answer hold a slot's few numbers, however either writes them? Numbers of one digit are everywhere. */
function repeatsNumber(value: string, answer: string): boolean {
  const numbers = numbersIn(value);
  if (numbers.length === 0 || numbers.length > MOST_NUMBERS) return false;
  const said = numbersIn(answer);
  return numbers.every((number) => Math.abs(number) >= 10 && said.includes(number));
}

function numbersIn(text: string): number[] {
  return (text.replace(/(?<=\d),(?=\d{3})/gu, '').match(/\d+(?:\.\d+)?/gu) ?? []).map(Number);
}

function wholeAnswer(response: ChatResponse): string {
  return `${response.text ?? ''}${response.toolCalls.map((call) => `\n${call.name} ${call.arguments}`).join('')}`;
}

/** Calls with the same main text, in order of time: do answers differ more where the slot's value differs? */
function compareTwins(
  name: string,
  samples: readonly SlotSample[],
): { across: number; acrossDiffer: number; alike: number; alikeDiffer: number } {
  const last = new Map<string, { value: string; answer: string }>();
  const tally = { across: 0, acrossDiffer: 0, alike: 0, alikeDiffer: 0 };
  for (const { slots, response } of samples) {
    const main = slots[MAIN_SLOT];
    if (main === undefined) continue;
    const key = normaliseText(excerpt(main, 2000));
    const now = { value: slots[name] ?? '', answer: wholeAnswer(response) };
    const before = last.get(key);
    last.set(key, now);
    if (before === undefined) continue;
    const differ = before.answer === now.answer ? 0 : 1;
    if (before.value === now.value) {
      tally.alike++;
      tally.alikeDiffer += differ;
    } else {
      tally.across++;
      tally.acrossDiffer += differ;
    }
  }
  return tally;
}

/**
 * One key per answer: its label, or its tools and the fields whose values recur. null where part of the answers is text
 * of its own, so that no comparison could show that the slot does not matter to it.
 */
function answerKeys(samples: readonly SlotSample[]): readonly string[] | null {
  const rows = samples.map(({ response, slots }) => ({
    parts: answerParts(response),
    input: slots[MAIN_SLOT] ?? '',
  }));
  const few = samples.length / 10;
  const distinct = new Map<string, Set<string>>();
  for (const { parts } of rows) {
    for (const [field, value] of parts) distinct.set(field, (distinct.get(field) ?? new Set()).add(value));
  }
  const recurring = new Set([...distinct].filter(([, values]) => values.size <= few).map(([field]) => field));
  let own = 0;
  for (const { parts, input } of rows) {
    const folded = normaliseText(input.slice(0, 5000));
    if (parts.some(([field, value]) => !recurring.has(field) && !folded.includes(normaliseText(value))))
      own++;
  }
  if (own > 0.05 * rows.length) return null;
  return rows.map(({ parts }) =>
    parts
      .filter(([field]) => recurring.has(field))
      .map(([field, value]) => `${field}=${value}`)
      .join('\n'),
  );
}

/** An answer as fields and values: a label is one field, JSON and tool arguments one per key. */
function answerParts(response: ChatResponse): readonly (readonly [string, string])[] {
  if (response.toolCalls.length > 0) {
    return response.toolCalls.flatMap(({ name, parsed }) => [
      ['tool', name] as const,
      ...fieldParts(name, parsed ?? {}),
    ]);
  }
  const text = response.text?.trim() ?? '';
  const json = jsonAnswer(text);
  return isObject(json) ? fieldParts('', json) : [['text', labelOf(text)]];
}

function fieldParts(prefix: string, value: JsonObject): readonly (readonly [string, string])[] {
  return Object.entries(value).map(
    ([key, field]) => [`${prefix}.${key}`, typeof field === 'string' ? field : canonicalJson(field)] as const,
  );
}

function numbered(keys: readonly string[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(keys, (key) => {
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
