import { type Scaling, scaled } from '../../evaluation/calibrate.ts';
import type { Arrays } from '../arrays.ts';
import { fromHalves, type Precision, toHalves } from '../half.ts';
import { readFeatures } from './features.ts';
import { type LinearHead, type Places, quantise, scoreRow, withoutDust, withoutZeros } from './linear.ts';
import { type Neighbours, nearnessOf } from './neighbours.ts';
import { type SparseRows, type Vocabulary, vectoriseOne } from './vocabulary.ts';

/** Linear heads over one vocabulary: a head per choice slot. */
export interface WideModel {
  readonly vocabulary: Vocabulary;
  readonly heads: ReadonlyMap<string, WideHead>;
  readonly neighbours: Neighbours | null;
}

export interface WideHead {
  readonly linear: LinearHead;
  readonly scaling: Scaling;
}

/** What the wide rung says of one input. */
export interface WideScores {
  readonly choices: ReadonlyMap<string, Float64Array>;
  /** Similarity to the nearest training inputs of a class of the main slot; null where no slot is one. */
  readonly near: ((slot: string, index: number) => number | null) | null;
  /** Share of the input's features that training never saw. */
  readonly unseen: number;
}

export function scoreWide(model: WideModel, texts: readonly (readonly string[])[]): WideScores[] {
  const { vocabulary } = model;
  return texts.map((slots) => {
    const features = readFeatures(slots, vocabulary.english);
    return scoreWideRow(model, vectoriseOne(vocabulary, features), 0);
  });
}

export function scoreWideRow(model: WideModel, data: SparseRows, row: number): WideScores {
  const choices = new Map<string, Float64Array>();
  for (const [slot, head] of model.heads) {
    const scores = new Float64Array(head.linear.classes);
    scoreRow(head.linear, data, row, scores);
    choices.set(slot, scaled(scores, head.scaling));
  }
  const near = model.neighbours === null ? null : nearnessOf(model.neighbours, data, row);
  return { choices, near, unseen: data.unseen[row]! };
}

/** The model as arrays for a bundle; weights without zeros. */
export function wideToArrays(model: WideModel, precision: Precision = 'int8'): Arrays {
  const arrays: Record<string, Arrays[string]> = {
    hashes: model.vocabulary.hashes,
    idf: model.vocabulary.idf,
    unknownIdf: Float64Array.of(model.vocabulary.unknownIdf),
    english: Uint8Array.of(model.vocabulary.english ? 1 : 0),
  };
  for (const [slot, { linear, scaling }] of model.heads) {
    const { weights, scale, bias, places } = withoutZeros(
      precision === 'int8' ? quantise(linear) : withoutDust(linear),
    );
    arrays[`${slot}/weights`] = weights instanceof Int8Array ? weights : toHalves(weights);
    arrays[`${slot}/starts`] = places!.start;
    arrays[`${slot}/columns`] = places!.columns;
    arrays[`${slot}/scale`] = scale;
    arrays[`${slot}/bias`] = bias;
    arrays[`${slot}/scaling`] = Float64Array.of(scaling.temperature, scaling.shift);
  }
  if (model.neighbours !== null) {
    const { slot, rows, start } = model.neighbours;
    arrays[`${slot}/neighbours`] = rows;
    arrays[`${slot}/neighbourStart`] = start;
  }
  return arrays;
}

export function wideFromArrays(arrays: Arrays): WideModel {
  const heads = new Map<string, WideHead>();
  for (const [name, weights] of Object.entries(arrays)) {
    if (!name.endsWith('/weights')) continue;
    const slot = name.slice(0, -'/weights'.length);
    const bias = arrays[`${slot}/bias`] as Float32Array;
    const scale = arrays[`${slot}/scale`] as Float32Array;
    const [temperature = 1, shift = 0] = arrays[`${slot}/scaling`] ?? [];
    const [start, columns] = [arrays[`${slot}/starts`], arrays[`${slot}/columns`]];
    const places = { start, columns } as Places;
    const read = weights instanceof Uint16Array ? fromHalves(weights) : (weights as Int8Array);
    heads.set(slot, {
      linear: { classes: bias.length, weights: read, scale, bias, places },
      scaling: { temperature, shift },
    });
  }
  const slot = [...heads.keys()].find((name) => arrays[`${name}/neighbours`] !== undefined);
  const rows = slot === undefined ? null : (arrays[`${slot}/neighbours`] as Int8Array);
  const start = slot === undefined ? null : (arrays[`${slot}/neighbourStart`] as Int32Array);
  return {
    neighbours: slot === undefined || rows === null || start === null ? null : { slot, rows, start },
    vocabulary: {
      hashes: arrays['hashes'] as Uint32Array,
      idf: arrays['idf'] as Float32Array,
      unknownIdf: arrays['unknownIdf']?.[0] ?? 1,
      english: arrays['english']?.[0] === 1,
    },
    heads,
  };
}
