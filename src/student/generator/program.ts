import { type Device, isHalf } from '../../onnx/runtime.ts';
import type { Graph, Value } from '../../tensor/graph.ts';
import { BATCH, input, LENGTH, state } from '../../tensor/graph.ts';
import { logSoftmax } from '../../tensor/layers.ts';
import { add, concat, div, exp, log, max, mul, neg, number, reduceSum, reshape } from '../../tensor/ops.ts';
import { movingAverage } from '../../tensor/optimiser.ts';
import { countOf, unpack } from '../../tensor/parameters.ts';
import { packedParameters, trainingUpdate } from '../../tensor/step.ts';
import { pooledDropout } from '../deep/masks.ts';
import { features } from './features.ts';
import {
  type History,
  type Net,
  type Reading,
  read,
  type Writer,
  write,
  writerParameters,
} from './network.ts';

/**
 * The graphs of a generator: the training step, the moving average, and the two that serve, reading an input and writing
 * the next piece. State: `packed` (all parameters), its two moments, its average and `loss`.
 */

/** Sizes of one training graph. */
export interface StepShape {
  readonly batch: number;
  readonly length: number;
  readonly steps: number;
}

/** Symbol of the number of pieces written. */
const STEPS = -3;

export function trainingStep(
  writer: Writer,
  shape: StepShape,
  device: Device,
): { readonly graph: Graph; readonly masks: readonly number[] } {
  const { batch, length, steps } = shape;
  const { spec, table } = writer;
  const specs = writerParameters(writer);
  const parameters = packedParameters(specs);
  const masks: number[] = [];
  const net: Net = { writer, parameters, dropout: pooledDropout(spec.dropout, device, masks) };
  const reading = readingOf(writer, batch, length);
  const scores = write(net, read(net, reading), reading.mask, historyOf(batch, steps, length));
  const actions = table.vocabulary.length + table.edits.length * length;
  const rows = batch * steps;
  const all = concat(
    [
      reshape(scores.known, [rows, table.vocabulary.length]),
      reshape(scores.copies, [rows, table.edits.length * length]),
    ],
    1,
  );
  // Every way to come by the right piece counts as right.
  const right = reduceSum(mul(exp(logSoftmax(all)), input('right', 'f32', [rows, actions])), [1]);
  const weights = input('weights', 'f32', [rows]);
  const each = mul(neg(log(add(right, number(1e-7)))), weights);
  const loss = div(reduceSum(each, [0]), max(reduceSum(weights, [0]), number(1)));
  const { clip, decay } = spec;
  const { updates } = trainingUpdate(specs, parameters, loss, { clip, decay, half: isHalf(device) });
  return { masks, graph: { outputs: {}, updates } };
}

export function averagingStep(writer: Writer): Graph {
  const size = [countOf(writerParameters(writer))];
  const decay = input('decay', 'f32', []);
  const next = movingAverage(state('packed.average', 'f32', size), state('packed', 'f32', size), decay);
  return { outputs: {}, updates: { 'packed.average': next } };
}

/**
 * Reads inputs of any number and length: gives `memory` [B, L, D]. With `stored` each parameter is a state of its own
 * name, for export.
 */
export function readingGraph(writer: Writer, stored = false): Graph {
  const memory = read(servingNet(writer, stored), readingOf(writer, BATCH, LENGTH));
  return { outputs: { memory }, updates: {} };
}

/** What comes after each step of what is written: `known` [B, T, V] and `copies` [B, T, K, L], as scores. */
export function writingGraph(writer: Writer, stored = false): Graph {
  const memory = input('memory', 'f32', [BATCH, LENGTH, writer.spec.width]);
  const mask = input('mask', 'f32', [BATCH, LENGTH]);
  return {
    outputs: write(servingNet(writer, stored), memory, mask, historyOf(BATCH, STEPS, LENGTH)),
    updates: {},
  };
}

function servingNet(writer: Writer, stored: boolean): Net {
  const specs = writerParameters(writer);
  const parameters = stored
    ? new Map(specs.map(({ name, shape }) => [name, state(name, 'f32', shape)]))
    : unpack(specs, state('packed.average', 'f32', [countOf(specs)]));
  return { writer, parameters, dropout: (value: Value) => value };
}

function readingOf(writer: Writer, batch: number, length: number): Reading {
  return {
    features: features(writer.table).map(({ name }) => input(`pieces.${name}`, 'i32', [batch, length])),
    positions: input('pieces.positions', 'i32', [length]),
    mask: input('mask', 'f32', [batch, length]),
  };
}

function historyOf(batch: number, steps: number, length: number): History {
  return {
    actions: input('actions', 'i32', [batch, steps]),
    copied: input('copied', 'f32', [batch, steps, length]),
    near: input('near', 'i32', [batch, steps, length]),
    positions: input('steps.positions', 'i32', [steps]),
    order: input('order', 'f32', [1, 1, steps, steps]),
    steps: input('steps', 'f32', [batch, steps]),
  };
}
