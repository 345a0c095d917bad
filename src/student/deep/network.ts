import { AppError } from '../../base/error.ts';
import type { Shape, Value } from '../../tensor/graph.ts';
import { input } from '../../tensor/graph.ts';
import { attention, conv1d, layerNorm, linear, maxPool, meanPool, neighbours } from '../../tensor/layers.ts';
import { add, concat, gather, mul, number, reduceMax, relu, reshape, slice, sub } from '../../tensor/ops.ts';
import type { ParameterSpec } from '../../tensor/parameters.ts';
import { ones, weights, zeros } from '../../tensor/parameters.ts';
import type { DeepHeads } from './data.ts';
import { headOffsets } from './data.ts';
import type { EncoderSpec } from './spec.ts';

/** Multiplies by a random mask while training; gives the value back when predicting. */
export type Dropout = (value: Value) => Value;

export interface Encoded {
  /** Per token, [B, L, T]; null where there is nothing to tag. */
  readonly tokens: Value | null;
  /** Per input, [B, P]. */
  readonly pooled: Value;
}

/** The parameters of a network from embeddings to logits. */
export function networkParameters(spec: EncoderSpec, heads: DeepHeads, maxTokens: number): ParameterSpec[] {
  const { total } = headOffsets(heads);
  const { pooled, tokens } = sizesOf(spec);
  const specs = spec.kind === 'cnn' ? cnnParameters(spec) : transformerParameters(spec, maxTokens);
  if (spec.kind === 'cnn' && heads.tags.length > 0) specs.push(...contextParameters(spec));
  if (total > 0) specs.push(weights('choice.w', pooled, total), zeros('choice.b', [total]));
  heads.tags.forEach(({ tags }, i) => {
    specs.push(weights(`tag${i}.w`, tokens, tags), zeros(`tag${i}.b`, [tags]));
  });
  return specs;
}

export type Parameters = ReadonlyMap<string, Value>;

/** x [B, L, D] embeddings, mask f32 [B, L]. */
export function encode(
  spec: EncoderSpec,
  x: Value,
  mask: Value,
  parameters: Parameters,
  dropout: Dropout,
): Encoded {
  return spec.kind === 'cnn'
    ? encodeCnn(spec, x, mask, parameters, dropout)
    : encodeTransformer(spec, x, mask, parameters, dropout);
}

/** All choice logits side by side, [B, classes of all heads]. */
export function choiceLogits(pooled: Value, parameters: Parameters): Value {
  return linear(pooled, get(parameters, 'choice.w'), get(parameters, 'choice.b'));
}

export function tagLogits(tokens: Value | null, head: number, parameters: Parameters): Value {
  if (tokens === null) throw new AppError('internal', 'The network has no states to tag.');
  return linear(tokens, get(parameters, `tag${head}.w`), get(parameters, `tag${head}.b`));
}

export function sizesOf(spec: EncoderSpec): { readonly tokens: number; readonly pooled: number } {
  return spec.kind === 'cnn'
    ? { tokens: spec.width, pooled: spec.filters * spec.windows.length }
    : { tokens: spec.width, pooled: 2 * spec.width };
}

type Cnn = Extract<EncoderSpec, { kind: 'cnn' }>;
type Transformer = Extract<EncoderSpec, { kind: 'transformer' }>;

function cnnParameters(spec: Cnn): ParameterSpec[] {
  return spec.windows.flatMap((window) => [
    weights(`conv${window}.w`, window * spec.width, spec.filters, 2),
    zeros(`conv${window}.b`, [spec.filters]),
  ]);
}

/** A second convolution over the first ones, for tags alone: a tag depends on words further away than a window. */
function contextParameters(spec: Cnn): ParameterSpec[] {
  const inputs = CONTEXT_WINDOW * spec.filters * spec.windows.length;
  return [weights('context.w', inputs, spec.width, 2), zeros('context.b', [spec.width])];
}

const CONTEXT_WINDOW = 5;

/** Convolutions over words with max pooling (Kim 2014). */
function encodeCnn(spec: Cnn, x: Value, mask: Value, p: Parameters, dropout: Dropout): Encoded {
  const near = neighbours(dropout(x), spec.windows);
  const context = p.get('context.w');
  if (context === undefined) return { tokens: null, pooled: dropout(poolOnly(spec, near, mask, p)) };
  const open = reshape(mask, [...mask.shape, 1]);
  const maps = spec.windows.map((window, i) =>
    mul(relu(linear(near[i]!, get(p, `conv${window}.w`), get(p, `conv${window}.b`))), open),
  );
  // Closed positions are zero and open ones at least that: the maximum needs no mask.
  const pooled = dropout(
    concat(
      maps.map((map) => reduceMax(map, [1])),
      1,
    ),
  );
  const seen = relu(conv1d(dropout(concat(maps, 2)), context, get(p, 'context.b'), CONTEXT_WINDOW));
  return { tokens: dropout(seen), pooled };
}

/**
 * Where nothing is tagged only the pooled state counts, and bias and ReLU are moved behind the maximum: it is the same
 * number, computed on one row per input instead of one per word. The mask rides on the product as its addend.
 */
function poolOnly(spec: Cnn, near: readonly Value[], mask: Value, p: Parameters): Value {
  const closed = mul(sub(reshape(mask, [...mask.shape, 1]), number(1)), number(1e9));
  const tops = spec.windows.map((window, i) => {
    const top = reduceMax(linear(near[i]!, get(p, `conv${window}.w`), closed), [1]);
    return relu(add(top, get(p, `conv${window}.b`)));
  });
  return concat(tops, 1);
}

function transformerParameters({ width, layers }: Transformer, maxTokens: number): ParameterSpec[] {
  const position: ParameterSpec = {
    name: 'position',
    shape: [maxTokens, width],
    init: { kind: 'normal', deviation: 0.02 },
  };
  const layer = (i: number): ParameterSpec[] => [
    ones(`l${i}.norm1.scale`, [width]),
    zeros(`l${i}.norm1.shift`, [width]),
    ...['q', 'k', 'v'].flatMap((part) => [
      weights(`l${i}.${part}.w`, width, width),
      zeros(`l${i}.${part}.b`, [width]),
    ]),
    weights(`l${i}.out.w`, width, width, 1 / (2 * layers)),
    zeros(`l${i}.out.b`, [width]),
    ones(`l${i}.norm2.scale`, [width]),
    zeros(`l${i}.norm2.shift`, [width]),
    weights(`l${i}.up.w`, width, 4 * width, 2),
    zeros(`l${i}.up.b`, [4 * width]),
    weights(`l${i}.down.w`, 4 * width, width, 1 / (2 * layers)),
    zeros(`l${i}.down.b`, [width]),
  ];
  const last = [ones('norm.scale', [width]), zeros('norm.shift', [width])];
  const stem = [weights('stem.w', STEM_WINDOW * width, width, 2), zeros('stem.b', [width])];
  return [position, ...stem, ...Array.from({ length: layers }, (_, i) => layer(i)).flat(), ...last];
}

const STEM_WINDOW = 5;

/**
 * Pre-norm transformer (Xiong et al. 2020) with learned positions, pooled by mean and maximum. A convolution before the
 * first layer gives it the neighbours of each word, which attention learns only from much more data.
 */
function encodeTransformer(
  spec: Transformer,
  x: Value,
  mask: Value,
  p: Parameters,
  dropout: Dropout,
): Encoded {
  const { heads } = spec;
  const norm = (v: Value, name: string): Value =>
    layerNorm(v, get(p, `${name}.scale`), get(p, `${name}.shift`));
  const placed = dropout(add(x, positions(get(p, 'position'), x.shape)));
  const open = mul(placed, reshape(mask, [...mask.shape, 1]));
  let h = add(placed, relu(conv1d(open, get(p, 'stem.w'), get(p, 'stem.b'), STEM_WINDOW)));
  for (let i = 0; i < spec.layers; i++) {
    const normed = norm(h, `l${i}.norm1`);
    const [q, k, v] = ['q', 'k', 'v'].map((part) =>
      linear(normed, get(p, `l${i}.${part}.w`), get(p, `l${i}.${part}.b`)),
    );
    const mixed = attention(q!, k!, v!, { heads, mask });
    h = add(h, dropout(linear(mixed, get(p, `l${i}.out.w`), get(p, `l${i}.out.b`))));
    const up = relu(linear(norm(h, `l${i}.norm2`), get(p, `l${i}.up.w`), get(p, `l${i}.up.b`)));
    h = add(h, dropout(linear(up, get(p, `l${i}.down.w`), get(p, `l${i}.down.b`))));
  }
  const tokens = norm(h, 'norm');
  const pooled = concat([meanPool(tokens, mask), maxPool(tokens, mask)], 1);
  return { tokens: dropout(tokens), pooled: dropout(pooled) };
}

/** The first L rows of the position table as [L, D]; by ids that are fed where L is known only when the graph runs. */
function positions(table: Value, shape: Shape): Value {
  const length = shape[1]!;
  return length < 0 ? gather(table, input('positions', 'i32', [length])) : slice(table, 0, 0, length);
}

function get(parameters: Parameters, name: string): Value {
  const value = parameters.get(name);
  if (value === undefined) throw new AppError('internal', `The network has no parameter ${name}.`);
  return value;
}
