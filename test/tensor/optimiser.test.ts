import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { HostTensor } from '../../src/onnx/runtime.ts';
import { createSession } from '../../src/onnx/session.ts';
import { createState } from '../../src/onnx/state.ts';
import { gradients } from '../../src/tensor/gradient.ts';
import { input, state } from '../../src/tensor/graph.ts';
import { mul, number, reduceSum, reshape, sub } from '../../src/tensor/ops.ts';
import { adamW, clipScale, movingAverage, scheduleAt } from '../../src/tensor/optimiser.ts';
import { countOf, initialise, pack, unpack, weights, zeros } from '../../src/tensor/parameters.ts';

const vector = (...values: number[]): HostTensor => ({
  dtype: 'f32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const one = (value: number): HostTensor => ({ dtype: 'f32', shape: [], data: Float32Array.of(value) });

test('AdamW follows the reference loop', async () => {
  const [p, m, v] = ['p', 'm', 'v'].map((name) => state(name, 'f32', [2]));
  const target = input('target', 'f32', [2]);
  const error = sub(p!, target);
  const [g] = gradients(reduceSum(mul(error, error), [0]), [p!]);
  const schedule = {
    rate: input('rate', 'f32', []),
    correction1: input('correction1', 'f32', []),
    correction2: input('correction2', 'f32', []),
  };
  const next = adamW(p!, g!, { first: m!, second: v! }, schedule, { decay: number(0.1), epsilon: 1e-8 });
  const updates = { p: next.parameter, m: next.moments.first, v: next.moments.second };
  const session = await createSession({ outputs: {}, updates }, 'cpu', { threads: 1 });
  const held = await createState('cpu', { p: vector(1, -2), m: vector(0, 0), v: vector(0, 0) });

  const reference = [1, -2];
  const [first, second] = [
    [0, 0],
    [0, 0],
  ];
  const goal = [3, 3];
  for (let t = 0; t < 50; t++) {
    const { rate, correction1, correction2 } = scheduleAt(t, { steps: 50, peak: 0.1, warmup: 0.1 });
    const feeds = {
      target: vector(...goal),
      rate: one(rate),
      correction1: one(correction1),
      correction2: one(correction2),
    };
    await session.run(feeds, held);
    for (const i of [0, 1]) {
      const gradient = 2 * (reference[i]! - goal[i]!);
      first![i] = 0.9 * first![i]! + 0.1 * gradient;
      second![i] = 0.98 * second![i]! + 0.02 * gradient ** 2;
      const mHat = first![i]! / (1 - 0.9 ** (t + 1));
      const vHat = second![i]! / (1 - 0.98 ** (t + 1));
      reference[i] = reference[i]! - rate * (mHat / (Math.sqrt(vHat) + 1e-8) + 0.1 * reference[i]!);
    }
  }
  const { p: result } = await held.read(['p']);
  await session.dispose();
  for (const i of [0, 1]) assert.ok(Math.abs(Number(result!.data[i]) - reference[i]!) < 1e-4);
});

test('gradients are clipped by their joint norm and left alone below it', async () => {
  const [a, b] = [input('a', 'f32', [1]), input('b', 'f32', [2])];
  const { scale, norm } = clipScale([a, b], 1);
  const graph = { outputs: { scale: reshape(scale, [1]), norm: reshape(norm, [1]) }, updates: {} };
  const session = await createSession(graph, 'cpu', { threads: 1 });
  const large = await session.run({ a: vector(2), b: vector(1, 2) });
  assert.equal(large['norm']!.data[0], 3);
  assert.ok(Math.abs(Number(large['scale']!.data[0]) - 1 / 3) < 1e-5);
  const small = await session.run({ a: vector(0.1), b: vector(0, 0) });
  assert.equal(small['scale']!.data[0], 1);
  await session.dispose();
});

test('the moving average moves by one minus its decay', async () => {
  const [average, current] = [input('average', 'f32', [1]), input('current', 'f32', [1])];
  const y = movingAverage(average, current, input('decay', 'f32', []));
  const session = await createSession({ outputs: { y }, updates: {} }, 'cpu', { threads: 1 });
  const result = await session.run({ average: vector(10), current: vector(20), decay: one(0.75) });
  assert.equal(result['y']!.data[0], 12.5);
  await session.dispose();
});

test('the rate rises linearly, falls along a cosine and ends near its floor', () => {
  const at = (t: number): number => scheduleAt(t, { steps: 100, peak: 2, warmup: 0.1, floor: 0.1 }).rate;
  assert.ok(Math.abs(at(0) - 0.2) < 1e-9);
  assert.equal(at(9), 2);
  for (let t = 10; t < 100; t++) assert.ok(at(t) < at(t - 1));
  assert.ok(Math.abs(at(99) - 0.2) < 1e-9);
});

test('packing is the inverse of unpacking', async () => {
  const specs = [weights('a', 2, 3), zeros('b', [4]), weights('c', 1, 2)];
  const packed = initialise(specs, createRandom(1));
  assert.equal(countOf(specs), 12);
  assert.deepEqual([...packed.slice(6, 10)], [0, 0, 0, 0]);
  const p = input('p', 'f32', [12]);
  const views = unpack(specs, p);
  assert.deepEqual(views.get('a')!.shape, [2, 3]);
  const y = pack(
    specs,
    specs.map(({ name }) => views.get(name)!),
  );
  const session = await createSession({ outputs: { y }, updates: {} }, 'cpu', { threads: 1 });
  assert.deepEqual(
    (await session.run({ p: { dtype: 'f32', shape: [12], data: packed } }))['y']!.data,
    packed,
  );
  await session.dispose();
});

test('a parameter keeps its first values when another is added', () => {
  const a = weights('a', 2, 2);
  const alone = initialise([a], createRandom(1));
  const second = initialise([weights('z', 3, 3), a], createRandom(1));
  assert.deepEqual([...alone], [...second.slice(9)]);
});
