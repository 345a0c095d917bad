import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { probeDevices } from '../../src/onnx/devices.ts';
import { type Device, type HostTensor, isHalf } from '../../src/onnx/runtime.ts';
import { createSession } from '../../src/onnx/session.ts';
import { createState } from '../../src/onnx/state.ts';
import { input } from '../../src/tensor/graph.ts';
import { firstLossScale, GROW_AFTER } from '../../src/tensor/lossScale.ts';
import { matmul, mul, number, reduceMean, relu, reshape, sub } from '../../src/tensor/ops.ts';
import { scheduleAt } from '../../src/tensor/optimiser.ts';
import { countOf, initialise, weights, zeros } from '../../src/tensor/parameters.ts';
import { packedParameters, trainingUpdate } from '../../src/tensor/step.ts';

/** A network of one hidden layer that learns to add up its four inputs. */
const specs = [weights('w', 4, 8, 2), zeros('unused', [3]), weights('v', 8, 1)];
const size = countOf(specs);
const random = createRandom('steps');
const first = initialise(specs, createRandom('first'));

function stepOf(half: boolean) {
  const parameters = packedParameters(specs);
  const y = matmul(relu(matmul(input('x', 'f32', [16, 4]), parameters.get('w')!)), parameters.get('v')!);
  const error = sub(y, input('y', 'f32', [16, 1]));
  const loss = reshape(mul(reduceMean(mul(error, error), [0, 1]), number(1)), []);
  const { updates } = trainingUpdate(specs, parameters, loss, { clip: 1, decay: 0.01, half });
  return { outputs: {}, updates };
}

/** The gradients of this network are far larger than those of a softmax. */
const SCALE = 64;

const f32 = (shape: readonly number[], ...data: number[]): HostTensor => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from(data),
});

function batch(): Record<string, HostTensor> {
  const x = Array.from({ length: 64 }, () => random.normal());
  const y = Array.from({ length: 16 }, (_, i) => x.slice(4 * i, 4 * i + 4).reduce((a, b) => a + b, 0));
  return { x: f32([16, 4], ...x), y: f32([16, 1], ...y) };
}

async function open(device: Device, half: boolean, scale: Readonly<Record<string, number>> = {}) {
  const session = await createSession(stepOf(half), device, { threads: 1 });
  const packed = (data: Float32Array): HostTensor => ({ dtype: 'f32', shape: [size], data });
  const scales = Object.entries({ ...firstLossScale, 'loss.scale': SCALE, ...scale });
  const state = await createState(device, {
    packed: packed(first),
    'packed.m': packed(new Float32Array(size)),
    'packed.v': packed(new Float32Array(size)),
    loss: f32([1], 0),
    ...(half ? Object.fromEntries(scales.map(([name, value]) => [name, f32([1], value)])) : {}),
  });
  let t = 0;
  return {
    step: (feeds: Record<string, HostTensor>) => {
      const scalars = scheduleAt(t++, { steps: 300, peak: 0.02, warmup: 0.05 });
      const fed = Object.entries(scalars).map(([name, value]) => [name, f32([], value)]);
      return session.run({ ...feeds, ...Object.fromEntries(fed) }, state);
    },
    read: async () => {
      const all = Object.entries(await state.read());
      return Object.fromEntries(all.map(([name, { data }]) => [name, [...data].map(Number)])) as Record<
        string,
        number[]
      >;
    },
    close: async () => {
      state.dispose();
      await session.dispose();
    },
  };
}

for (const { device, available, detail } of await probeDevices()) {
  const skip = available ? false : `no ${device} here: ${detail.split('\n')[0]}`;
  // On webgpu without half precision there is nothing to ask; the cpu widens what is halved and shows the bookkeeping.
  if (device === 'webgpu') continue;

  test(`a step with a scaled loss goes where one without goes, on ${device}`, { skip }, async () => {
    const [exact, half] = [await open('cpu', false), await open(device, true)];
    for (let i = 0; i < 40; i++) {
      const feeds = batch();
      await exact.step(feeds);
      await half.step(feeds);
    }
    const [a, b] = [await exact.read(), await half.read()];
    await exact.close();
    await half.close();
    const moved = Math.hypot(...a['packed']!.map((value, i) => value - first[i]!));
    const apart = Math.hypot(...a['packed']!.map((value, i) => value - b['packed']![i]!));
    assert.ok(moved > 0.5 && apart < 0.02 * moved, `moved ${moved}, apart ${apart}`);
    assert.ok(Math.abs(a['loss']![0]! - b['loss']![0]!) < 0.01 * a['loss']![0]!);
    assert.deepEqual([b['loss.scale'], b['loss.steady']], [[SCALE], [40]]);
  });

  test(`a step that overflows changes nothing but the scale, on ${device}`, { skip }, async () => {
    const half = await open(device, true);
    await half.step(batch());
    const before = await half.read();
    const wild = batch();
    wild['x']!.data[0] = Number.POSITIVE_INFINITY;
    await half.step(wild);
    const after = await half.read();
    const unchanged: typeof before = { ...before, 'loss.scale': [SCALE / 2], 'loss.steady': [0] };
    assert.deepEqual(after, unchanged);
    await half.step(batch());
    const next = await half.read();
    await half.close();
    assert.notDeepEqual(next['packed'], after['packed']);
    assert.deepEqual([next['loss.scale'], next['loss.steady']], [[SCALE / 2], [1]]);
    for (const numbers of Object.values(next)) assert.ok(numbers.every(Number.isFinite));
  });

  if (isHalf(device))
    test('a scale that is too large for half precision comes down by itself', { skip }, async () => {
      const half = await open(device, true, { 'loss.scale': 2 ** 20 });
      for (let i = 0; i < 20; i++) await half.step(batch());
      const { packed, 'loss.scale': scale, 'loss.steady': steady } = await half.read();
      await half.close();
      assert.ok(scale![0]! < 2 ** 20 && scale![0]! >= 1);
      assert.ok(steady![0]! > 0);
      assert.ok(packed!.every(Number.isFinite));
      assert.notDeepEqual(packed, [...first]);
    });

  test(`the scale doubles after ${GROW_AFTER} steps without overflow, on ${device}`, { skip }, async () => {
    const half = await open(device, true, { 'loss.steady': GROW_AFTER - 2 });
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      await half.step(batch());
      const { 'loss.scale': scale, 'loss.steady': steady } = await half.read();
      seen.push([scale![0], steady![0]]);
    }
    await half.close();
    assert.deepEqual(seen, [
      [SCALE, GROW_AFTER - 1],
      [2 * SCALE, 0],
      [2 * SCALE, 1],
    ]);
  });
}
