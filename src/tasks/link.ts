import { canonicalJson, isObject } from '../base/json.ts';
import { answerText, jsonAnswer, labelOf } from './answers.ts';
import type { Family } from './family.ts';
import { spread } from './family.ts';
import { isSequential } from './timeline.ts';
import { mask, tokenise } from './tokens.ts';
import { formatText } from './toolset.ts';

/**
 * Which families are versions of one task? An edited prompt follows its predecessor in time, keeps most of its words and
 * gets the same kind of answers. Two tasks that run side by side stay two, however similar their prompts are, unless
 * their answers are of one set as well.
 */
export function linkFamilies(families: readonly Family[]): readonly (readonly Family[])[] {
  const sorted = [...families].sort((a, b) => firstMs(a) - firstMs(b));
  const tasks: { families: Family[]; traits: Traits[] }[] = [];
  for (const family of sorted) {
    const traits = traitsOf(family);
    let best: (typeof tasks)[number] | undefined;
    let bestScore = 0;
    for (const task of tasks) {
      // Only the few latest versions can be the predecessor.
      const recent = task.traits.slice(-3);
      const score = Math.max(...recent.map((other) => likeness(other, traits)));
      if (score > bestScore) [best, bestScore] = [task, score];
    }
    if (best === undefined) tasks.push({ families: [family], traits: [traits] });
    else {
      best.families.push(family);
      best.traits.push(traits);
    }
  }
  return tasks.map((task) => task.families);
}

export function firstMs(family: Family): number {
  return family.digests[0]!.call.trace.startMs;
}

interface Traits {
  readonly family: Family;
  /** Words of the constants -> how often. */
  readonly words: ReadonlyMap<string, number>;
  readonly wordTotal: number;
  readonly outputs: ReadonlySet<string>;
  readonly form: string;
  readonly client: string;
}

function traitsOf(family: Family): Traits {
  const words = new Map<string, number>();
  let wordTotal = 0;
  const text = family.messages
    .flatMap((message) => message.segments.map((segment) => (segment.kind === 'text' ? segment.text : ' ')))
    .join('\n');
  const { starts, ends } = tokenise(text.slice(0, 100_000).toLowerCase());
  starts.forEach((start, i) => {
    const word = text.slice(start, ends[i]).toLowerCase();
    if (!/[\p{L}\p{N}]/u.test(word)) return;
    words.set(word, (words.get(word) ?? 0) + 1);
    wordTotal++;
  });
  const request = family.digests.at(-1)!.call.request;
  return {
    family,
    words,
    wordTotal,
    ...outputsOf(family),
    client: JSON.stringify([
      request.model,
      request.sampling.temperature,
      request.sampling.maxTokens,
      request.toolChoice,
    ]),
  };
}

/** The form of the answers, and what they are made of: labels, keys, tools. */
function outputsOf(family: Family): { form: string; outputs: ReadonlySet<string> } {
  const outputs = new Set<string>();
  const forms = new Map<string, number>();
  for (const { call } of spread(family.digests, 400)) {
    if (call.response === null) continue;
    const text = answerText(call.response);
    const json = jsonAnswer(text);
    let form = 'text';
    if (call.response.toolCalls.length > 0) {
      form = 'tools';
      for (const { name } of call.response.toolCalls) outputs.add(name);
    } else if (json !== undefined) {
      form = 'json';
      if (isObject(json)) for (const key of Object.keys(json)) outputs.add(key);
    } else if (text.length <= 60) outputs.add(labelOf(text));
    forms.set(form, (forms.get(form) ?? 0) + 1);
  }
  const [form] = [...forms].reduce((a, b) => (b[1] > a[1] ? b : a), ['none', 0] as const);
  return { form, outputs };
}

/** 0: two tasks. Above: how well `b` fits as a version of the same task as `a`, which began earlier. */
function likeness(a: Traits, b: Traits): number {
  if (a.form !== b.form && a.form !== 'none' && b.form !== 'none') return 0;
  const wording = dice(a, b);
  const answers = containment(b.outputs, a.outputs);
  if (wording < 0.3) return 0;
  if (a.family.varying !== b.family.varying) return 0;
  const sequential = isSequential([
    ...spread(a.family.digests, 2000).map((digest) => [digest.call.trace.startMs, 0] as const),
    ...spread(b.family.digests, 2000).map((digest) => [digest.call.trace.startMs, 1] as const),
  ]);
  const sameTools = toolOverlap(a.family, b.family) >= 0.5;
  const sameFormat = formatText(a.family.digests[0]!.format) === formatText(b.family.digests[0]!.format);
  if (!sameTools) return 0;
  if (!sequential) return wording >= 0.9 && sameFormat && answers >= 0.5 ? wording : 0;
  if (wording >= 0.6 && (answers >= 0.3 || a.form === 'text')) return wording;
  // Rewritten from scratch: same client, same answers, one ends where the other begins.
  const sameClient = a.client === b.client;
  return wording >= 0.3 && sameClient && answers >= 0.7 && b.outputs.size > 0 ? wording : 0;
}

/** Dice coefficient of the two bags of words. */
function dice(a: Traits, b: Traits): number {
  let common = 0;
  for (const [word, count] of a.words) common += Math.min(count, b.words.get(word) ?? 0);
  const total = a.wordTotal + b.wordTotal;
  return total === 0 ? 1 : (2 * common) / total;
}

/** Share of the smaller set that is in the other; 1 where either is empty. */
function containment(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 1;
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  let common = 0;
  for (const value of small) if (large.has(value)) common++;
  return common / small.size;
}

function toolOverlap(a: Family, b: Family): number {
  if (a.varying && b.varying) return 1;
  return containment(
    new Set(a.tools.tools.map((tool) => tool.name)),
    new Set(b.tools.tools.map((tool) => tool.name)),
  );
}

/** What a task's id is derived from: the masked instructions of its first call, which no later traffic changes. */
export function identityText(family: Family): string {
  const { system, format } = family.digests[0]!;
  const first = family.messages.find((message) => message.role === 'user')?.segments[0];
  const opening = first?.kind === 'text' ? first.text.trim().split(/\s+/u).slice(0, 5).join(' ') : '';
  const tools = family.varying ? 'varying' : family.tools.tools.map((tool) => tool.name).sort();
  return canonicalJson([mask(system.slice(0, 20_000)), mask(opening), tools, formatText(format)]);
}
