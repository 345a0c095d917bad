import type { Example, ModelInput } from '../dataset/example.ts';
import { choiceSlots, type OutputPlan } from '../dataset/plan.ts';
import { fitTemperature, softmax } from '../evaluation/calibrate.ts';
import type { Evidence } from './decode.ts';
import type { DeepData, DeepPrediction, DeepRow } from './deep/data.ts';
import type { DeepModel } from './deep/model.ts';
import { placedTokens } from './tagger/features.ts';
import { type Tagger, tagInput } from './tagger/model.ts';
import { schemeOf, tagsOf } from './tagger/scheme.ts';

/**
 * How the wide and the deep rung speak with one voice: class probabilities are averaged after each was tempered on
 * held-out rows; for spans the deep rung's tag scores are added to the random field's. Plain data beside the networks.
 */
export interface Mixture {
  /** Per choice slot, in the order of the network's heads. */
  readonly heads: readonly MixedHead[];
  /** Weight of the deep rung's tag scores in the random field. */
  readonly tagWeight: number;
}

export interface MixedHead {
  readonly slot: string;
  readonly temperature: number;
  /** Share of the deep rung in the average. */
  readonly weight: number;
}

/** The deep rung in use: networks, and how they are mixed in. */
export interface DeepPart {
  readonly model: DeepModel;
  readonly mixture: Mixture;
}

/** Rows and heads for the deep rung: the same slots and tags as the wide one. */
export function deepDataOf(
  plan: OutputPlan,
  slots: readonly string[],
  train: readonly Example[],
  validation: readonly Example[],
): DeepData {
  const heads = choiceSlots(plan);
  const scheme = schemeOf(plan);
  const rowOf = (example: Example): DeepRow => {
    const tokens = placedTokens(example.input, slots, scheme?.spaces);
    const group = Object.values(scheme?.groups ?? {}).find((g) =>
      g.slots.some(({ slot }) => example.targets?.[slot]?.kind === 'spans'),
    );
    const tags = group === undefined ? null : tagsOf(group, tokens, example.targets ?? {});
    return {
      tokens: tokens.map((token) => token.text),
      classes: heads.map(({ name }) => {
        const target = example.targets?.[name];
        return target?.kind === 'class' ? target.index : -1;
      }),
      ...(heads.some(({ name }) => softOf(example, name) !== null)
        ? {
            soft: heads.map(({ name, values }) => softTarget(softOf(example, name), values.length)),
          }
        : {}),
      tags: scheme === null ? [] : [tags === null ? null : [...tags]],
      weight: example.weight,
    };
  };
  const usable = (examples: readonly Example[]): DeepRow[] =>
    examples.filter((example) => example.targets !== null).map(rowOf);
  return {
    choices: heads.map((slot) => ({ name: slot.name, classes: slot.values.length })),
    tags: scheme === null ? [] : [{ name: 'tags', tags: 1 + 2 * scheme.kinds.length }],
    train: usable(train),
    validation: usable(validation),
  };
}

/** What the networks say of each input. */
export function askDeep(
  model: DeepModel,
  inputs: readonly ModelInput[],
  slots: readonly string[],
  plan: OutputPlan,
): Promise<DeepPrediction[]> {
  const spaces = schemeOf(plan)?.spaces ?? false;
  return model.predict(inputs.map((input) => placedTokens(input, slots, spaces).map((token) => token.text)));
}

/** Temperatures and weights with the least negative log likelihood on held-out rows. */
export function fitMixture(
  plan: OutputPlan,
  rows: readonly { readonly example: Example; readonly wide: Evidence; readonly deep: DeepPrediction }[],
): Mixture {
  const heads = choiceSlots(plan).map((slot, h): MixedHead => {
    const own = rows.filter(({ example }) => example.targets?.[slot.name]?.kind === 'class');
    const labels = own.map(({ example }) => indexOf(example, slot.name));
    const logits = own.map(({ deep }) => logsOf(deep.probabilities[h]!));
    const temperature = own.length === 0 ? 1 : fitTemperature(logits, labels);
    const tempered = logits.map((row) => softmax(row, temperature));
    const losses = weights.map((weight) => ({
      weight,
      loss: own.reduce((sum, { wide }, i) => {
        const a = wide.choices.get(slot.name)?.[labels[i]!] ?? 0;
        return sum - Math.log(Math.max(1e-9, (1 - weight) * a + weight * tempered[i]![labels[i]!]!));
      }, 0),
    }));
    const best = losses.reduce((a, b) => (b.loss < a.loss ? b : a));
    return { slot: slot.name, temperature, weight: best.weight };
  });
  return { heads, tagWeight: 0 };
}

const weights = [0.2, 0.35, 0.5, 0.65, 0.8];

/** Averages the rungs; their least probability for a class becomes the sign of doubt. */
export function mix(
  mixture: Mixture,
  wide: Evidence,
  deep: DeepPrediction,
  retag: ((values: Float32Array, weight: number) => Evidence['tag']) | null,
): Evidence {
  const choices = new Map(wide.choices);
  const members = new Map<string, readonly Float64Array[]>();
  mixture.heads.forEach(({ slot, temperature, weight }, h) => {
    const own = wide.choices.get(slot);
    if (own === undefined) return;
    const tempered = softmax(logsOf(deep.probabilities[h]!), temperature);
    choices.set(
      slot,
      own.map((p, k) => (1 - weight) * p + weight * tempered[k]!),
    );
    members.set(slot, [own, ...deep.members.map((member) => softmax(logsOf(member[h]!), temperature))]);
  });
  const tags = deep.tags[0];
  const tag =
    retag === null || tags === undefined || mixture.tagWeight === 0
      ? wide.tag
      : retag(tags, mixture.tagWeight);
  return { ...wide, choices, tag, members };
}

/** A tagger that listens to the deep rung. */
export function retagger(tagger: Tagger | null, input: ModelInput, slots: readonly string[]) {
  if (tagger === null) return null;
  return (values: Float32Array, weight: number) => tagInput(tagger, input, slots, { values, weight });
}

function softOf(example: Example, slot: string): Readonly<Record<number, number>> | null {
  const target = example.targets?.[slot];
  return target?.kind === 'class' ? (target.soft ?? null) : null;
}

/** The teacher's distribution over the classes; null where it gave none. */
function softTarget(soft: Readonly<Record<number, number>> | null, classes: number): Float32Array | null {
  if (soft === null) return null;
  const target = new Float32Array(classes);
  for (const [index, p] of Object.entries(soft)) target[Number(index)] = p;
  return target;
}

function logsOf(probabilities: Float32Array): Float64Array {
  return Float64Array.from(probabilities, (p) => Math.log(Math.max(1e-9, p)));
}

function indexOf(example: Example, slot: string): number {
  const target = example.targets?.[slot];
  return target?.kind === 'class' ? target.index : 0;
}
