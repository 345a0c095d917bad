import type { Random } from '../../base/random.ts';
import type { HostTensor } from '../../onnx/runtime.ts';
import type { Corpus, EncodedRow } from './corpus.ts';
import { DROPPED_WORD } from './corpus.ts';
import type { DeepHeads } from './data.ts';
import { headOffsets } from './data.ts';
import type { StepShape } from './program.ts';
import type { TrainingSpec } from './spec.ts';
import { createPlacer, PADDING_SLOT } from './words.ts';

/** Fills the feeds of a training step. Buffers are reused from step to step. */
export interface Batcher {
  fill(members: readonly EncodedRow[], random: Random): Record<string, HostTensor>;
}

export function createBatcher(
  corpus: Corpus,
  heads: DeepHeads,
  shape: StepShape,
  training: TrainingSpec,
): Batcher {
  const { batch, length } = shape;
  const { offsets, total } = headOffsets(heads);
  const placer = createPlacer(corpus, shape.words);
  const tokens = new Int32Array(batch * length);
  const mask = new Float32Array(batch * length);
  const targets = new Float32Array(batch * total);
  const mixedTargets = new Float32Array(batch * total);
  const weights = new Float32Array(heads.choices.length * batch);
  const mix = new Float32Array(batch * batch);
  const tags = heads.tags.map(() => new Int32Array(batch * length));
  const tagWeights = heads.tags.map(() => new Float32Array(batch * length));

  const fillTokens = (members: readonly EncodedRow[], random: Random): void => {
    const slotOf = placer.place(members);
    tokens.fill(PADDING_SLOT);
    mask.fill(0);
    for (const [b, { words }] of members.entries()) {
      for (let i = 0; i < words.length; i++) {
        const dropped = random.next() < training.wordDropout;
        tokens[b * length + i] = slotOf[dropped ? DROPPED_WORD : words[i]!]!;
        mask[b * length + i] = 1;
      }
    }
    // A row without words still needs an open position for pooling; its embedding is zero.
    for (let b = 0; b < batch; b++) if ((members[b]?.words.length ?? 0) === 0) mask[b * length] = 1;
  };

  const fillTargets = (members: readonly EncodedRow[]): void => {
    targets.fill(0);
    weights.fill(0);
    for (const [b, { row }] of members.entries()) {
      for (const [h, { classes }] of heads.choices.entries()) {
        const start = b * total + offsets[h]!;
        const soft = row.soft?.[h];
        const chosen = row.classes[h] ?? -1;
        if (soft !== null && soft !== undefined) targets.set(soft, start);
        else if (chosen < 0) continue;
        else {
          const spread = training.labelSmoothing / classes;
          targets.fill(spread, start, start + classes);
          targets[start + chosen] = 1 - training.labelSmoothing + spread;
        }
        weights[h * batch + b] = row.weight;
      }
    }
  };

  const fillMix = (members: readonly EncodedRow[], random: Random): void => {
    mix.fill(0);
    mixedTargets.fill(0);
    const share = betaSample(training.mixup, random);
    const partners = random.shuffle(members.map((_, i) => i));
    for (let b = 0; b < batch; b++) {
      const other = partners[b] ?? b;
      mix[b * batch + b] = share;
      mix[b * batch + other] = mix[b * batch + other]! + (1 - share);
      for (let c = 0; c < total; c++)
        mixedTargets[b * total + c] =
          share * targets[b * total + c]! + (1 - share) * targets[other * total + c]!;
    }
  };

  const fillTags = (members: readonly EncodedRow[]): void => {
    for (const h of heads.tags.keys()) {
      tags[h]!.fill(-1);
      tagWeights[h]!.fill(0);
      for (const [b, { row, words }] of members.entries()) {
        const given = row.tags[h];
        if (given === null || given === undefined) continue;
        for (let i = 0; i < words.length; i++) {
          const tag = given[i] ?? -1;
          tags[h]![b * length + i] = tag;
          tagWeights[h]![b * length + i] = tag < 0 ? 0 : row.weight;
        }
      }
    }
  };

  return {
    fill: (members, random) => {
      fillTokens(members, random);
      fillTargets(members);
      if (training.mixup > 0) fillMix(members, random);
      fillTags(members);
      const feeds: Record<string, HostTensor> = {
        ...placer.feeds,
        tokens: { dtype: 'i32', shape: [batch, length], data: tokens },
        mask: { dtype: 'f32', shape: [batch, length], data: mask },
        targets: { dtype: 'f32', shape: [batch, total], data: training.mixup > 0 ? mixedTargets : targets },
        'target.weights': { dtype: 'f32', shape: [heads.choices.length, batch], data: weights },
        mix: { dtype: 'f32', shape: [batch, batch], data: mix },
      };
      heads.tags.forEach((_, h) => {
        feeds[`tags${h}`] = { dtype: 'i32', shape: [batch * length], data: tags[h]! };
        feeds[`tags${h}.weights`] = { dtype: 'f32', shape: [batch * length], data: tagWeights[h]! };
      });
      return feeds;
    },
  };
}

/** A Beta(a, a) sample folded to [0.5, 1], by Johnk's method for a <= 1. */
function betaSample(a: number, random: Random): number {
  for (let i = 0; i < 100; i++) {
    const u = random.next() ** (1 / a);
    const v = random.next() ** (1 / a);
    if (u + v <= 1 && u + v > 0) return Math.max(u, v) / (u + v);
  }
  return 1;
}
