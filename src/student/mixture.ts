import type { Example, ModelInput } from '../dataset/example.ts';
import type { OutputPlan } from '../dataset/plan.ts';
import { choiceSlots } from '../dataset/planSlots.ts';
import { softmax } from '../evaluation/calibrate.ts';
import type { Evidence } from './decode.ts';
import type { DeepData, DeepPrediction, DeepRow } from './deep/data.ts';
import type { DeepModel } from './deep/model.ts';
import { countsOf, softOf, softTarget } from './softTarget.ts';
import { placedTokens } from './tagger/features.ts';
import { plainTag } from './tagger/lattice.ts';
import { type Tagger, tagInput } from './tagger/model.ts';
import { schemeOf } from './tagger/scheme.ts';
import { tagsOf } from './tagger/tagging.ts';

/**
 * How the wide and the deep rung speak with one voice. Class probabilities are multiplied, each raised to a power that
 * was fitted on held-out rows (a logarithmic opinion pool, Heskes 1998): one power does the work of a weight and of a
 * temperature, and a class has to convince everyone. For spans the deep rung's tag scores are added to the random
 * field's. Plain data beside the networks.
 */
export interface Mixture {
  /** Per choice slot, in the order of the network's heads. */
  readonly heads: readonly MixedHead[];
  /** Weight of the deep rung's tag scores in the random field. */
  readonly tagWeight: number;
}

export interface MixedHead {
  readonly slot: string;
  /** Power of the wide rung's probabilities. */
  readonly wide: number;
  /** Power of the geometric mean of the networks' probabilities. */
  readonly deep: number;
}

/** The deep rung in use: networks, and how they are mixed in. */
export interface DeepPart {
  readonly model: DeepModel;
  readonly mixture: Mixture;
}

/** Has this row anything to learn? */
export function isPlanned({ targets }: Example): boolean {
  return targets !== null;
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
  const shares = countsOf(heads, train);
  const rowOf = (example: Example): DeepRow => {
    const tokens = placedTokens(example.input, slots, scheme?.spaces);
    const groups = Object.values(scheme?.groups ?? {}).filter(
      (g) => !g.again && !g.apart && g.slots.some(({ slot }) => example.targets?.[slot]?.kind === 'spans'),
    );
    const tags = unionOf(
      groups.map((group) => {
        const own = tagsOf(group, tokens, example.targets ?? {});
        return own?.map((tag) => plainTag(group, tag)) ?? null;
      }),
    );
    return {
      tokens: tokens.map((token) => token.text),
      classes: heads.map(({ name }) => {
        const target = example.targets?.[name];
        return target?.kind === 'class' ? target.index : -1;
      }),
      ...(heads.some(({ name }) => softOf(example, name) !== null)
        ? {
            soft: heads.map((slot) => softTarget(example, slot, shares)),
          }
        : {}),
      tags: scheme === null ? [] : [tags],
      weight: example.weight,
    };
  };
  const usable = (examples: readonly Example[]): DeepRow[] => examples.filter(isPlanned).map(rowOf);
  return {
    choices: heads.map((slot) => ({ name: slot.name, classes: slot.values.length })),
    tags: scheme === null ? [] : [{ name: 'tags', tags: 1 + 2 * scheme.kinds.length }],
    train: usable(train),
    validation: usable(validation),
  };
}

/** The tags of all calls of an answer in one row, earlier calls first; null where a call cannot be tagged. */
function unionOf(rows: readonly (Int32Array | null)[]): number[] | null {
  const [first, ...later] = rows;
  if (first === undefined || rows.includes(null)) return null;
  return Array.from(first!, (tag, i) => later.reduce((found, row) => found || row![i]!, tag));
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

/** The powers with the least negative log likelihood on held-out rows. */
export function fitMixture(
  plan: OutputPlan,
  rows: readonly { readonly example: Example; readonly wide: Evidence; readonly deep: DeepPrediction }[],
): Mixture {
  const heads = choiceSlots(plan).map((slot, h): MixedHead => {
    const own = rows.flatMap(({ example, wide, deep }) => {
      const target = example.targets?.[slot.name];
      const said = wide.choices.get(slot.name);
      if (target?.kind !== 'class' || said === undefined) return [];
      return [{ label: target.index, wide: logsOf(said), deep: meanLogs(deep, h) }];
    });
    return { slot: slot.name, ...fitPowers(own) };
  });
  return { heads, tagWeight: 0 };
}

interface Opinions {
  readonly label: number;
  readonly wide: Float64Array;
  readonly deep: Float64Array;
}

/** Steps of the search, each half of the one before; the loss is convex in the powers. */
const searchSteps = [0.32, 0.16, 0.08, 0.04, 0.02] as const;
/** Keeps a power from growing without end where every held-out row is right. */
const highestPower = 3;

function fitPowers(rows: readonly Opinions[]): Pick<MixedHead, 'wide' | 'deep'> {
  let best = { wide: 0.5, deep: 0.5 };
  if (rows.length === 0) return best;
  const loss = ({ wide, deep }: typeof best): number =>
    rows.reduce((sum, row) => sum - Math.log(Math.max(1e-9, pool(row, wide, deep)[row.label]!)), 0);
  let least = loss(best);
  for (const step of searchSteps) {
    for (let moved = true; moved; ) {
      moved = false;
      for (const [a, b] of [
        [step, 0],
        [-step, 0],
        [0, step],
        [0, -step],
      ] as const) {
        const next = { wide: clamp(best.wide + a), deep: clamp(best.deep + b) };
        const its = loss(next);
        if (its >= least - 1e-9) continue;
        [best, least, moved] = [next, its, true];
      }
    }
  }
  return best;
}

function clamp(power: number): number {
  return Math.min(highestPower, Math.max(0, power));
}

function pool(
  { wide, deep }: Pick<Opinions, 'wide' | 'deep'>,
  widePower: number,
  deepPower: number,
): Float64Array {
  const logits = new Float64Array(wide.length);
  for (let k = 0; k < wide.length; k++) logits[k] = widePower * wide[k]! + deepPower * deep[k]!;
  return softmax(logits);
}

function meanLogs({ members }: DeepPrediction, head: number): Float64Array {
  const means = new Float64Array(members[0]![head]!.length);
  for (const member of members) {
    const own = member[head]!;
    for (let k = 0; k < means.length; k++) means[k]! += logOf(own[k]!);
  }
  for (let k = 0; k < means.length; k++) means[k]! /= members.length;
  return means;
}

/** Pools the rungs; each network stays visible alone, as their disagreement is a sign of doubt. */
export function mix(
  mixture: Mixture,
  wide: Evidence,
  deep: DeepPrediction,
  retag: ((values: Float32Array, weight: number) => Evidence['tag']) | null,
): Evidence {
  const choices = new Map(wide.choices);
  const members = new Map<string, readonly Float64Array[]>();
  mixture.heads.forEach((head, h) => {
    const own = wide.choices.get(head.slot);
    if (own === undefined) return;
    choices.set(head.slot, pool({ wide: logsOf(own), deep: meanLogs(deep, h) }, head.wide, head.deep));
    members.set(head.slot, [own, ...deep.members.map((member) => new Float64Array(member[h]!))]);
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

function logsOf(probabilities: ArrayLike<number>): Float64Array {
  const logs = new Float64Array(probabilities.length);
  for (let k = 0; k < logs.length; k++) logs[k] = logOf(probabilities[k]!);
  return logs;
}

function logOf(p: number): number {
  return Math.log(Math.max(1e-7, p));
}
