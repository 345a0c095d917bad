import { alignAnswer } from '../dataset/align.ts';
import type { ModelInput } from '../dataset/example.ts';
import { narrowed } from '../dataset/input.ts';
import type { OutputPlan } from '../dataset/plan.ts';
import type { Prediction } from '../evaluation/prediction.ts';
import type { Answer } from '../wire/chat.ts';
import { type Acceptor, confidenceOf, type Judged, whyWithheld } from './acceptor.ts';
import { type Cache, cacheKey } from './cache.ts';
import { bucketOf, decode, type Evidence, leaningOf } from './decode.ts';
import { doubtOf } from './doubts.ts';
import type { Generator } from './generator/model.ts';
import { askDeep, type DeepPart, mix, retagger } from './mixture.ts';
import type { Rung } from './student.ts';
import { type Tagger, tagInput } from './tagger/model.ts';
import { blockedIds, blockedUse } from './uses.ts';
import { scoreWide, type WideModel } from './wide/model.ts';

/** Everything a student answers with; in the trainer and in a loaded bundle alike. */
export interface Parts {
  readonly plan: OutputPlan;
  readonly inputSlots: readonly string[];
  readonly rung: Rung;
  readonly cache: Cache;
  readonly wide: WideModel | null;
  readonly tagger: Tagger | null;
  readonly deep: DeepPart | null;
  readonly generator: Generator | null;
  readonly acceptor: Acceptor | null;
  /** Capability ids that the user routes to the teacher or dropped. */
  readonly blocked: readonly string[];
}

/** The one path from inputs to predictions: evaluation and serving both take it. */
export async function predictWith(parts: Parts, given: readonly ModelInput[]): Promise<Prediction[]> {
  const inputs = given.map((input) => narrowed(input, parts.inputSlots));
  const evidence = await withTexts(parts, inputs, await gather(parts, inputs));
  const blocked = blockedIds(parts.blocked);
  return inputs.map((input, i) => {
    const own = evidence[i];
    if (own === undefined) return nothing('this task has no student that answers');
    const decoded = decode(parts.plan, own, input);
    return predictionOf(parts, blocked, input, { decoded, leaning: leaningOf(own) });
  });
}

/** Evidence per input from all rungs; empty where no rung was trained. */
export async function gather(parts: Parts, inputs: readonly ModelInput[]): Promise<Evidence[]> {
  if (parts.wide === null) return [];
  const wide = scoreWide(
    parts.wide,
    inputs.map((input) => textsOf(input, parts.inputSlots)),
  );
  const { tagger, deep, inputSlots } = parts;
  const alone = wide.map(
    (scores, i): Evidence => ({
      ...scores,
      tag: tagger === null ? null : tagInput(tagger, inputs[i]!, inputSlots),
      members: new Map(),
    }),
  );
  if (deep === null) return alone;
  const said = await askDeep(deep.model, inputs, inputSlots, parts.plan);
  return alone.map((own, i) => mix(deep.mixture, own, said[i]!, retagger(tagger, inputs[i]!, inputSlots)));
}

/** The evidence with the short texts that the generator writes. */
async function withTexts(
  { generator, inputSlots }: Parts,
  inputs: readonly ModelInput[],
  evidence: readonly Evidence[],
): Promise<readonly Evidence[]> {
  if (generator === null) return evidence;
  const texts = await generator.write(inputs.map((input) => textsOf(input, inputSlots)));
  return evidence.map((own, i) => ({ ...own, texts: texts[i]! }));
}

export function textsOf(input: ModelInput, slots: readonly string[]): string[] {
  return slots.map((slot) => input.slots[slot] ?? '');
}

export function lengthOf(input: ModelInput, slots: readonly string[]): number {
  return slots.reduce((sum, slot) => sum + (input.slots[slot] ?? '').length, 0);
}

function predictionOf(
  parts: Parts,
  blocked: ReadonlyMap<string, string>,
  input: ModelInput,
  { decoded, leaning }: Pick<Judged, 'decoded' | 'leaning'>,
): Prediction {
  const { plan, inputSlots, acceptor, cache } = parts;
  const repeated = cache[cacheKey(input, inputSlots)];
  const doubts = acceptor?.doubts ?? null;
  const doubt = doubts === null ? 0 : doubtOf(doubts, decoded.signs);
  const judged = { decoded, length: lengthOf(input, inputSlots), leaning, doubt };
  const confidence = acceptor === null ? decoded.signals.joint : confidenceOf(acceptor, judged);
  const answer = repeated ?? decoded.answer;
  const bucket = repeated === undefined ? decoded.bucket : bucketOfAnswer(plan, repeated, input);
  if (answer === null) return { ...nothing(decoded.reason ?? 'no answer'), bucket, confidence };
  const routed = blockedUse(plan, answer, blocked);
  const cached = repeated !== undefined;
  const withheld = acceptor === null || cached ? null : whyWithheld(acceptor, judged);
  const reason = routed === null ? withheld : `${routed} stays with the teacher`;
  return { answer, confidence: cached ? 1 : confidence, bucket, reason, cached };
}

function bucketOfAnswer(plan: OutputPlan, answer: Answer, input: ModelInput): string {
  const aligned = alignAnswer(plan, answer, input);
  return bucketOf(plan, aligned.ok ? aligned.value : {});
}

function nothing(reason: string): Prediction {
  return { answer: null, confidence: 0, bucket: 'all', reason, cached: false };
}
