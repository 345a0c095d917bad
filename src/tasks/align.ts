import { type Constant, candidateConstants, isSteady, isTelling, splitUntilShared } from './constants.ts';
import { buildSegments } from './segments.ts';
import type { Segment } from './task.ts';
import { tokenise } from './tokens.ts';

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
  return buildSegments(chain, samples);
}

/** The constant text of segments, a blank for each slot. */
export function constantText(segments: readonly Segment[]): string {
  return segments.map((segment) => (segment.kind === 'text' ? segment.text : ' ')).join('');
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

/** The candidates that stand in the samples in this order; one that does not is split at its lines, then given up. */
function inOrder(
  candidates: readonly Constant[],
  samples: readonly string[],
  needed: number,
): readonly Constant[] {
  const whole = candidates.flatMap((candidate) => splitUntilShared(candidate, samples, needed));
  let chain = whole.filter((constant) => isTelling(constant) && isSteady(constant, samples));
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
