import type { HostTensor } from '../../onnx/runtime.ts';
import type { Session } from '../../onnx/session.ts';
import type { State } from '../../onnx/state.ts';
import type { DeepHeads } from './data.ts';
import { headOffsets } from './data.ts';
import { PAD_ROW } from './features.ts';

/** What one network says of one input. */
export interface NetworkOutput {
  /** Class probabilities per choice head. */
  readonly probabilities: readonly Float32Array[];
  /** Log-probabilities per tag head, tokens x tags. */
  readonly tags: readonly Float32Array[];
  readonly pooled: Float32Array;
}

export interface PredictOptions {
  readonly rowsPerWord: number;
  readonly maxTokens: number;
}

/** Runs a prediction graph over inputs given as the rows of each word, similar lengths together; keeps the order. */
export async function predictNetwork(
  session: Session,
  state: State | undefined,
  heads: DeepHeads,
  inputs: readonly (readonly Int32Array[])[],
  options: PredictOptions,
): Promise<NetworkOutput[]> {
  const order = inputs.map((_, i) => i).sort((a, b) => inputs[a]!.length - inputs[b]!.length);
  const results: NetworkOutput[] = new Array(inputs.length);
  for (let start = 0; start < order.length; ) {
    const ids = order.slice(start, start + batchSize(inputs[order[start]!]!.length));
    start += ids.length;
    const members = ids.map((i) => inputs[i]!.slice(0, options.maxTokens));
    const outputs = await session.run(feedsOf(members, options.rowsPerWord), state);
    ids.forEach((i, b) => {
      results[i] = outputOf(outputs, heads, b, members[b]!.length);
    });
  }
  return results;
}

const TOKENS_AT_ONCE = 1536;

/** Inputs at once: a number of tokens that bounds the memory for the rows of their words. */
function batchSize(tokens: number): number {
  return Math.max(1, Math.min(64, Math.floor(TOKENS_AT_ONCE / Math.max(1, tokens))));
}

/** The most that those rows take, with their weighted copy. */
export function predictionBytes(rowsPerWord: number, width: number): number {
  return 2 * TOKENS_AT_ONCE * rowsPerWord * width * 4;
}

function feedsOf(
  members: readonly (readonly Int32Array[])[],
  rowsPerWord: number,
): Record<string, HostTensor> {
  const batch = members.length;
  const length = Math.max(1, ...members.map((words) => words.length));
  const ids = new Int32Array(batch * length * rowsPerWord).fill(PAD_ROW);
  const weights = new Float32Array(ids.length);
  const mask = new Float32Array(batch * length);
  for (const [b, words] of members.entries()) {
    for (const [i, rows] of words.entries()) {
      const at = (b * length + i) * rowsPerWord;
      ids.set(rows, at);
      weights.fill(1 / Math.sqrt(rows.length), at, at + rows.length);
      mask[b * length + i] = 1;
    }
    if (words.length === 0) mask[b * length] = 1;
  }
  return {
    ids: { dtype: 'i32', shape: [batch, length, rowsPerWord], data: ids },
    weights: { dtype: 'f32', shape: [batch, length, 1, rowsPerWord], data: weights },
    mask: { dtype: 'f32', shape: [batch, length], data: mask },
    positions: { dtype: 'i32', shape: [length], data: Int32Array.from({ length }, (_, i) => i) },
  };
}

function outputOf(
  outputs: Readonly<Record<string, HostTensor>>,
  heads: DeepHeads,
  b: number,
  tokens: number,
): NetworkOutput {
  const { offsets, total } = headOffsets(heads);
  const pooled = outputs['pooled']!;
  const width = pooled.shape[1]!;
  const logits = outputs['logits']?.data as Float32Array | undefined;
  return {
    probabilities: heads.choices.map(({ classes }, h) => {
      const start = b * total + offsets[h]!;
      return softmaxOf(logits!.subarray(start, start + classes));
    }),
    tags: heads.tags.map((_, h) => {
      const { shape, data } = outputs[`tags${h}`]!;
      const row = shape[1]! * shape[2]!;
      return (data as Float32Array).slice(b * row, b * row + tokens * shape[2]!);
    }),
    pooled: (pooled.data as Float32Array).slice(b * width, (b + 1) * width),
  };
}

function softmaxOf(logits: Float32Array): Float32Array {
  let top = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < logits.length; k++) top = Math.max(top, logits[k]!);
  const values = new Float32Array(logits.length);
  for (let k = 0; k < logits.length; k++) values[k] = Math.exp(logits[k]! - top);
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k]!;
  for (let k = 0; k < values.length; k++) values[k]! /= sum;
  return values;
}
