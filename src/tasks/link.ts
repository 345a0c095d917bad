import { canonicalJson } from '../base/json.ts';
import type { Family } from './family.ts';
import { spread } from './family.ts';
import { isGenericSystem } from './instructions.ts';
import { containment, type Outputs, outputsOf } from './outputs.ts';
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
  return tasks.flatMap(({ families: linked }) => (isCrowd(linked) ? linked.map((own) => [own]) : [linked]));
}

/** More wordings than this side by side are no trial of two or three but tasks that share a long opening. */
const MOST_TRIALS = 6;

function isCrowd(families: readonly Family[]): boolean {
  if (families.length <= MOST_TRIALS) return false;
  return !isSequential(
    families.flatMap((family, k) =>
      spread(family.digests, 200).map((digest) => [digest.call.trace.startMs, k] as const),
    ),
  );
}

export function firstMs(family: Family): number {
  return family.digests[0]!.call.trace.startMs;
}

interface Traits {
  readonly family: Family;
  /** Words of the constants -> how often. */
  readonly words: ReadonlyMap<string, number>;
  readonly wordTotal: number;
  readonly outputs: Outputs;
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
    outputs: outputsOf(family.digests),
    client: JSON.stringify([
      request.model,
      request.sampling.temperature,
      request.sampling.maxTokens,
      request.toolChoice,
    ]),
  };
}

/** 0: two tasks. Above: how well `b` fits as a version of the same task as `a`, which began earlier. */
function likeness(a: Traits, b: Traits): number {
  const [oldForm, newForm] = [a.outputs.form, b.outputs.form];
  if (a.family.varying !== b.family.varying || toolOverlap(a.family, b.family) < 0.5) return 0;
  const answers = containment(b.outputs.values, a.outputs.values);
  const sameForm = oldForm === newForm || oldForm === 'none' || newForm === 'none';
  // Nothing below takes two such for one: no need to compare all their words.
  if (sameForm && newForm !== 'text' && answers < 0.3) return 0;
  const wording = dice(a, b);
  const sequential = isSequential([
    ...spread(a.family.digests, 2000).map((digest) => [digest.call.trace.startMs, 0] as const),
    ...spread(b.family.digests, 2000).map((digest) => [digest.call.trace.startMs, 1] as const),
  ]);
  if (!sequential) return sameForm && answers >= 0.5 && sideBySide(a, b, wording) ? wording : 0;
  // An edit may change the form of the answers (from a bare label to JSON), if it leaves the wording alone.
  if (!sameForm) return wording >= 0.8 ? wording : 0;
  if (wording >= 0.6 && (answers >= 0.3 || newForm === 'text')) return wording;
  // Rewritten from scratch: same client, same answers, one ends where the other begins.
  const known = Math.min(a.outputs.values.size, b.outputs.values.size);
  if (a.client !== b.client || known === 0) return 0;
  if (wording >= 0.3 && answers >= 0.7) return wording;
  // Keys of JSON answers ("label", "reason") are too common to say that much.
  const telling = known >= (newForm === 'json' ? 6 : 3) && answers >= 0.9;
  return telling && takesOver(a.family, b.family) ? Math.max(wording, 0.01) : 0;
}

/** Does `b` begin where `a` ends: no later than ten of the usual pauses after it, and with hardly a call of it to come? */
function takesOver(a: Family, b: Family): boolean {
  const start = firstMs(b);
  const times = a.digests.map((digest) => digest.call.trace.startMs);
  const late = times.filter((at) => at > start).length;
  const end = times.findLast((at) => at <= start) ?? times[0]!;
  const pause = (times.at(-1)! - times[0]!) / times.length;
  return late <= 0.05 * times.length && start - end <= 10 * pause;
}

/** Two prompts in use at the same time are one task if they are all but equal, and sent the same way or by two providers. */
function sideBySide(a: Traits, b: Traits, wording: number): boolean {
  const providers = new Set(a.family.digests.slice(0, 50).map((digest) => digest.call.trace.provider));
  const elsewhere = b.family.digests
    .slice(0, 50)
    .every((digest) => !providers.has(digest.call.trace.provider));
  const sameFormat = formatText(a.family.digests[0]!.format) === formatText(b.family.digests[0]!.format);
  // Free text does not confirm that two prompts ask for the same.
  const enough = b.outputs.values.size > 0 ? 0.9 : 0.96;
  return wording >= enough && (sameFormat || (elsewhere && wording >= 0.98));
}

/** Dice coefficient of the two bags of words. */
function dice(a: Traits, b: Traits): number {
  let common = 0;
  for (const [word, count] of a.words) common += Math.min(count, b.words.get(word) ?? 0);
  const total = a.wordTotal + b.wordTotal;
  return total === 0 ? 1 : (2 * common) / total;
}

function toolOverlap(a: Family, b: Family): number {
  if (a.varying && b.varying) return 1;
  return containment(
    new Set(a.tools.tools.map((tool) => tool.name)),
    new Set(b.tools.tools.map((tool) => tool.name)),
  );
}

/**
 * What a task's id is derived from: the instructions of its first call, masked, which no later traffic changes. Only
 * where the system prompt says nothing, tools and the first words of the user's template have to help.
 */
export function identityText(family: Family): string {
  const { system, systemKey } = family.digests[0]!;
  if (!isGenericSystem(system)) return canonicalJson([systemKey]);
  const first = family.messages.find((message) => message.role === 'user')?.segments[0];
  const opening = first?.kind === 'text' ? mask(first.text.trim()).split(/\s+/u).slice(0, 5).join(' ') : '';
  const tools = family.varying ? [] : family.tools.tools.map((tool) => tool.name).sort();
  return canonicalJson([opening, tools]);
}
