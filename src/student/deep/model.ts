import { AppError } from '../../base/error.ts';
import type { Device } from '../../onnx/runtime.ts';
import { openModel } from '../../onnx/session.ts';
import type { DeepHeads, DeepPrediction } from './data.ts';
import type { FeatureTable } from './features.ts';
import { createRows } from './features.ts';
import type { NetworkOutput } from './predict.ts';
import { predictNetwork } from './predict.ts';
import type { EncoderSpec } from './spec.ts';

/** What a loader needs beside the ONNX files; plain JSON. */
export interface DeepMeta {
  readonly format: 1;
  readonly heads: DeepHeads;
  readonly features: FeatureTable;
  readonly maxTokens: number;
  readonly members: readonly { readonly file: string; readonly encoder: EncoderSpec }[];
  readonly parameters: number;
}

/** The trained rung as files. */
export interface DeepBundle {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly meta: DeepMeta;
}

/** The deep rung, ready to predict. */
export interface DeepModel {
  readonly meta: DeepMeta;
  /** One prediction per input, in order; an input is its tokens. Any number of inputs, of any length. */
  predict(inputs: readonly (readonly string[])[]): Promise<DeepPrediction[]>;
  dispose(): Promise<void>;
}

/** Opens the networks of a bundle, each from its bytes or from a path. Throws an AppError where a file is missing. */
export async function loadDeep(
  files: Readonly<Record<string, Uint8Array | string>>,
  meta: DeepMeta,
  options: { readonly device?: Device; readonly threads?: number } = {},
): Promise<DeepModel> {
  const sessions = await Promise.all(
    meta.members.map(({ file }) => {
      const model = files[file];
      if (model === undefined) throw new AppError('bundle-damaged', `The student has no file ${file}.`);
      return openModel(model, options.device ?? 'cpu', options);
    }),
  );
  const rowsOf = createRows(meta.features);
  const { rowsPerWord } = meta.features;
  return {
    meta,
    predict: async (inputs) => {
      const words = inputs.map((tokens) => tokens.slice(0, meta.maxTokens).map(rowsOf));
      const outputs: NetworkOutput[][] = [];
      for (const session of sessions) {
        outputs.push(
          await predictNetwork(session, undefined, meta.heads, words, {
            rowsPerWord,
            maxTokens: meta.maxTokens,
          }),
        );
      }
      return inputs.map((_, i) => average(outputs.map((network) => network[i]!)));
    },
    dispose: async () => {
      for (const session of sessions) await session.dispose();
    },
  };
}

/** Probabilities and tag probabilities are averaged (not their logarithms: a sure and wrong network must not win alone). */
function average(outputs: readonly NetworkOutput[]): DeepPrediction {
  const [first] = outputs;
  if (first === undefined) throw new AppError('internal', 'A deep rung without networks cannot predict.');
  return {
    probabilities: first.probabilities.map((_, h) => mean(outputs.map((o) => o.probabilities[h]!))),
    members: outputs.map((o) => o.probabilities),
    tags: first.tags.map((_, h) => mean(outputs.map((o) => o.tags[h]!.map(Math.exp))).map(Math.log)),
    pooled: concatenate(outputs.map((o) => o.pooled)),
  };
}

function mean(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(vectors[0]!.length);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + vector[i]!;
  for (let i = 0; i < sum.length; i++) sum[i]! /= vectors.length;
  return sum;
}

function concatenate(vectors: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(vectors.reduce((n, v) => n + v.length, 0));
  let at = 0;
  for (const vector of vectors) {
    all.set(vector, at);
    at += vector.length;
  }
  return all;
}
