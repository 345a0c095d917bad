import { AppError } from '../../base/error.ts';
import type { Value } from '../../tensor/graph.ts';
import { attention, conv1d, layerNorm, linear, oneHot } from '../../tensor/layers.ts';
import {
  add,
  gather,
  matmul,
  mul,
  number,
  reduceSum,
  relu,
  reshape,
  sub,
  transpose,
} from '../../tensor/ops.ts';
import type { ParameterSpec } from '../../tensor/parameters.ts';
import { ones, weights, zeros } from '../../tensor/parameters.ts';
import type { Dropout } from '../deep/network.ts';
import { features } from './features.ts';
import type { PieceTable } from './pieces.ts';
import { type GeneratorSpec, longest, reach } from './spec.ts';

/**
 * A pointer-generator (See et al. 2017) over words: a transformer reads the input, a second one writes piece by piece,
 * and each piece is either known or copied under an edit. Both compete in one softmax, as in CopyNet (Gu et al. 2016).
 * The output knows how far each piece of the input is from the last one copied, which is most of what writing in the
 * input's order takes. Shapes: B batch, L pieces of the input, T pieces written, D width, K edits, V known pieces.
 */
export interface Writer {
  readonly spec: GeneratorSpec;
  readonly table: PieceTable;
}

export const distances = 2 * reach + 1;

export function writerParameters({ spec, table }: Writer): ParameterSpec[] {
  const { width, encoderLayers, decoderLayers, pointer } = spec;
  const { input, output } = longest[table.unit];
  const embedding = (name: string, rows: number): ParameterSpec => ({
    name,
    shape: [rows, width],
    init: { kind: 'normal', deviation: 0.1 },
  });
  const [known, edits] = [table.vocabulary.length, table.edits.length];
  const each = (n: number, make: (i: number) => ParameterSpec[]): ParameterSpec[] =>
    Array.from({ length: n }, (_, i) => make(i)).flat();
  return [
    ...features(table).map(({ name, rows }) => embedding(`in.${name}`, rows)),
    embedding('in.position', input),
    weights('stem.w', stemWindow * width, width, 2),
    zeros('stem.b', [width]),
    ...each(encoderLayers, (i) => [
      ...attentionParameters(`e${i}.self`, width, encoderLayers),
      ...forwardParameters(`e${i}`, width, encoderLayers),
    ]),
    ...normParameters('in.norm', width),
    embedding('out.action', known + edits + table.slots.length),
    embedding('out.position', output),
    weights('out.copied.w', width, width),
    ...each(decoderLayers, (i) => [
      ...attentionParameters(`d${i}.self`, width, decoderLayers),
      ...attentionParameters(`d${i}.cross`, width, decoderLayers),
      weights(`d${i}.near.w`, distances, spec.heads),
      ...forwardParameters(`d${i}`, width, decoderLayers),
    ]),
    ...normParameters('out.norm', width),
    weights('known.w', width, known),
    zeros('known.b', [known]),
    weights('query.w', width, edits * pointer),
    weights('key.w', width, pointer),
    weights('near.w', width, distances),
    weights('edit.w', width, edits),
    zeros('edit.b', [edits]),
  ];
}

const stemWindow = 5;

function normParameters(name: string, width: number): ParameterSpec[] {
  return [ones(`${name}.scale`, [width]), zeros(`${name}.shift`, [width])];
}

function attentionParameters(name: string, width: number, layers: number): ParameterSpec[] {
  return [
    ...normParameters(`${name}.norm`, width),
    ...['q', 'k', 'v'].map((part) => weights(`${name}.${part}.w`, width, width)),
    weights(`${name}.out.w`, width, width, 1 / (2 * layers)),
    zeros(`${name}.out.b`, [width]),
  ];
}

function forwardParameters(name: string, width: number, layers: number): ParameterSpec[] {
  return [
    ...normParameters(`${name}.norm`, width),
    weights(`${name}.up.w`, width, 4 * width, 2),
    zeros(`${name}.up.b`, [4 * width]),
    weights(`${name}.down.w`, 4 * width, width, 1 / (2 * layers)),
    zeros(`${name}.down.b`, [width]),
  ];
}

export interface Net {
  readonly writer: Writer;
  readonly parameters: ReadonlyMap<string, Value>;
  readonly dropout: Dropout;
}

/** What is read: features [B, L] each, positions i32 [L] and mask f32 [B, L], 1 where there is a piece. */
export interface Reading {
  readonly features: readonly Value[];
  readonly positions: Value;
  readonly mask: Value;
}

/** The input as the output sees it, [B, L, D]. */
export function read(net: Net, { features: ids, positions, mask }: Reading): Value {
  const { writer, dropout } = net;
  const tables = features(writer.table).map(({ name }) => get(net, `in.${name}`));
  const summed = ids.map((id, i) => gather(tables[i]!, id)).reduce((a, b) => add(a, b));
  const x = dropout(add(summed, gather(get(net, 'in.position'), positions)));
  const open = mul(x, reshape(mask, [...mask.shape, 1]));
  let h = add(x, relu(conv1d(open, get(net, 'stem.w'), get(net, 'stem.b'), stemWindow)));
  for (let i = 0; i < writer.spec.encoderLayers; i++) {
    h = attend(net, `e${i}.self`, h, null, mask);
    h = forward(net, `e${i}`, h);
  }
  return norm(net, 'in.norm', h);
}

/** What is written so far, from the slot's mark on. */
export interface History {
  /** i32 [B, T]: the known piece, edit or slot of each step. */
  readonly actions: Value;
  /** f32 [B, T, L]: 1 at the piece that a step copied. */
  readonly copied: Value;
  /** i32 [B, T, L]: distance from the last copy, from 0 to `distances` - 1. */
  readonly near: Value;
  /** i32 [T]. */
  readonly positions: Value;
  /** f32 [1, 1, T, T]: 0 at earlier steps, very low at later ones. */
  readonly order: Value;
  /** f32 [B, T]: 1 where there is a step. */
  readonly steps: Value;
}

/** Scores of what comes next: known [B, T, V], and copies [B, T, K, L]. */
export function write(net: Net, memory: Value, mask: Value, history: History) {
  const { spec, table } = net.writer;
  const [batch = 0, steps = 0] = history.actions.shape;
  const length = mask.shape[1]!;
  const edits = table.edits.length;
  const near = oneHot(history.near, distances);
  const copied = linear(matmul(history.copied, memory), get(net, 'out.copied.w'));
  const acted = add(gather(get(net, 'out.action'), history.actions), copied);
  let h = net.dropout(add(acted, gather(get(net, 'out.position'), history.positions)));
  for (let i = 0; i < spec.decoderLayers; i++) {
    h = attend(net, `d${i}.self`, h, null, history.steps, history.order);
    const bias = transpose(linear(near, get(net, `d${i}.near.w`)), [0, 3, 1, 2]);
    h = attend(net, `d${i}.cross`, h, memory, mask, bias);
    h = forward(net, `d${i}`, h);
  }
  const last = norm(net, 'out.norm', h);
  const queries = transpose(
    reshape(linear(last, get(net, 'query.w')), [batch, steps, edits, spec.pointer]),
    [0, 2, 1, 3],
  );
  const keys = transpose(linear(memory, get(net, 'key.w')), [0, 2, 1]);
  const matched = mul(
    matmul(queries, reshape(keys, [batch, 1, spec.pointer, length])),
    number(1 / Math.sqrt(spec.pointer)),
  );
  const place = reduceSum(
    mul(near, reshape(linear(last, get(net, 'near.w')), [batch, steps, 1, distances])),
    [3],
  );
  const closed = mul(sub(reshape(mask, [batch, 1, length]), number(1)), number(1e9));
  const edited = reshape(linear(last, get(net, 'edit.w'), get(net, 'edit.b')), [batch, steps, edits, 1]);
  return {
    known: linear(last, get(net, 'known.w'), get(net, 'known.b')),
    copies: add(
      add(transpose(matched, [0, 2, 1, 3]), edited),
      reshape(add(place, closed), [batch, steps, 1, length]),
    ),
  };
}

function attend(net: Net, name: string, h: Value, memory: Value | null, mask: Value, bias?: Value): Value {
  const normed = norm(net, `${name}.norm`, h);
  const from = memory ?? normed;
  const part = (which: string, x: Value): Value => linear(x, get(net, `${name}.${which}.w`));
  const mixed = attention(part('q', normed), part('k', from), part('v', from), {
    heads: net.writer.spec.heads,
    mask,
    ...(bias === undefined ? {} : { bias }),
  });
  return add(h, net.dropout(linear(mixed, get(net, `${name}.out.w`), get(net, `${name}.out.b`))));
}

function forward(net: Net, name: string, h: Value): Value {
  const up = relu(linear(norm(net, `${name}.norm`, h), get(net, `${name}.up.w`), get(net, `${name}.up.b`)));
  return add(h, net.dropout(linear(up, get(net, `${name}.down.w`), get(net, `${name}.down.b`))));
}

function norm(net: Net, name: string, x: Value): Value {
  return layerNorm(x, get(net, `${name}.scale`), get(net, `${name}.shift`));
}

function get({ parameters }: Net, name: string): Value {
  const value = parameters.get(name);
  if (value === undefined) throw new AppError('internal', `The generator has no parameter ${name}.`);
  return value;
}
