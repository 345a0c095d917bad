import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { placementOf, probeDevices } from '../../src/onnx/devices.ts';
import type { Device } from '../../src/onnx/runtime.ts';
import { createState } from '../../src/onnx/state.ts';
import { createBatcher } from '../../src/student/deep/batch.ts';
import { encodeCorpus, epochsOf, planEpoch } from '../../src/student/deep/corpus.ts';
import type { DeepData, DeepRow } from '../../src/student/deep/data.ts';
import { chooseDeepDevice, estimateDeep } from '../../src/student/deep/estimate.ts';
import { buildFeatures, rowCount } from '../../src/student/deep/features.ts';
import { createMaskPool } from '../../src/student/deep/masks.ts';
import { averagingStep, quantiseRows, trainingStep } from '../../src/student/deep/program.ts';
import type { EncoderSpec } from '../../src/student/deep/spec.ts';
import { cnn, defaultSpec, defaultTraining, transformer } from '../../src/student/deep/spec.ts';
import { initialState, lossSum, scheduleFeeds, wherePossible } from '../../src/student/deep/trainer.ts';
import { measureWords } from '../../src/student/deep/words.ts';

const heads = { choices: [{ name: 'label', classes: 3 }], tags: [{ name: 'tag', tags: 2 }] };
const encoders: EncoderSpec[] = [
  { ...cnn, width: 16, filters: 16 },
  { ...transformer, width: 16, heads: 2, layers: 1 },
];
const random = createRandom('step');
const train: DeepRow[] = Array.from({ length: 50 }, (_, i) => {
  const tokens = Array.from({ length: 1 + random.int(30) }, () => `word${random.int(40)}`);
  return { tokens, classes: [i % 3], tags: [tokens.map(() => random.int(2))], weight: 1 };
});
const data: DeepData = { ...heads, train, validation: [] };

for (const { device, available, detail } of await probeDevices()) {
  const skip = available ? false : `no ${device} here: ${detail.split('\n')[0]}`;
  for (const encoder of encoders) {
    test(`no node of a ${encoder.kind} training step leaves ${device}`, { skip }, async () => {
      const features = buildFeatures(
        train.map((row) => row.tokens),
        { buckets: 64 },
      );
      const corpus = encodeCorpus(features, train.slice(0, 8), 32);
      const members = corpus.rows;
      const shape = { batch: 8, length: 32, words: measureWords(corpus, [{ length: 32, members }]) };
      const training = { ...defaultTraining, mixup: 0.2 };
      const network = { encoder, heads, rows: rowCount(features), maxTokens: 32 };
      const { graph, masks } = trainingStep(network, shape, training, device);
      const pool = createMaskPool(encoder.dropout, device, random);
      const feeds = {
        ...createBatcher(corpus, heads, shape, training).fill(members, random),
        ...scheduleFeeds({ step: 0, steps: 10, rate: 1e-3 }, training),
        ...pool.feeds(masks, random),
      };
      const tensors = { ...initialState(network, device, random), ...pool.state };
      const decay = { dtype: 'f32', shape: [], data: Float32Array.of(0.5) } as const;
      const placed = [
        ...(await placementOf(graph, device, feeds, tensors)),
        ...(await placementOf(averagingStep(network), device, { decay }, tensors)),
      ];
      assert.ok(placed.length > 50);
      const elsewhere = placed.filter(
        ({ provider }) => !provider.toLowerCase().startsWith(device.replace('-f16', '')),
      );
      assert.deepEqual(elsewhere, []);
    });
  }
}

test('an epoch has every row once, in batches that fit their length', () => {
  const features = buildFeatures(train.map((row) => row.tokens));
  const corpus = encodeCorpus(features, train, 24);
  const batches = planEpoch(corpus, 16, 24, createRandom(1));
  const rows = batches.flatMap(({ members }) => members.map(({ row }) => row));
  assert.deepEqual(new Set(rows), new Set(train));
  assert.equal(rows.length, train.length);
  for (const { length, members } of batches)
    for (const { words } of members) assert.ok(words.length <= length);
});

test('long inputs are read fewer times', () => {
  const members: never[] = [];
  const short = Array.from({ length: 100 }, () => ({ length: 8, members }));
  const long = Array.from({ length: 2000 }, () => ({ length: 96, members }));
  const training = { ...defaultTraining, epochs: 12, tokenBudget: 1e6 };
  assert.equal(epochsOf(training, short), 12);
  assert.equal(epochsOf(training, long), 3);
});

test('the estimate grows with the network and counts every step', () => {
  const spec = { ...defaultSpec, encoders, training: { ...defaultTraining, epochs: 3, batch: 16 } };
  const small = estimateDeep(data, spec);
  const large = estimateDeep(data, { ...spec, encoders: [{ ...cnn, filters: 512 }] });
  assert.ok(large.bytes > small.bytes + 4 * (large.parameters - small.parameters));
  assert.ok(small.parameters > 16 * 8192);
  assert.equal(small.steps % (3 * 2), 0);
});

test('a device is chosen by the time of the real step', async () => {
  const spec = { ...defaultSpec, encoders, training: { ...defaultTraining, batch: 16 } };
  const { device, stepMs } = await chooseDeepDevice(data, spec, { threads: 1 });
  const best = Math.min(...Object.values(stepMs));
  assert.ok(best > 0);
  assert.equal(stepMs[device], best);
});

test('a training that overflows in half precision starts anew in full, and forgets what it left', async () => {
  const stateOf = (scale: number) => {
    const one = (value: number) => ({ dtype: 'f32', shape: [1], data: Float32Array.of(value) }) as const;
    return createState('cpu', { loss: one(7), 'loss.scale': one(scale) });
  };
  const said: string[] = [];
  const train = async (device: Device, scale: number): Promise<number> => {
    said.push(device);
    return lossSum(await stateOf(scale));
  };
  const overflowing = (device: Device) => train(device, device === 'webgpu-f16' ? 0.5 : 1);
  const ended = await wherePossible('webgpu-f16', overflowing, () => said.push('forget'));
  assert.deepEqual(ended, { learned: 7, device: 'webgpu' });
  assert.deepEqual(said, ['webgpu-f16', 'forget', 'webgpu']);
  await assert.rejects(
    wherePossible(
      'webgpu',
      (device) => train(device, 0.5),
      () => said.push('forget'),
    ),
    /diverged/,
  );
  assert.deepEqual(said.slice(3), ['webgpu']);
});

test('rows stored as bytes are within half a step of the originals', () => {
  const table = Float32Array.from({ length: 40 }, () => random.normal());
  table.fill(0, 0, 8);
  const { bytes, scale } = quantiseRows(table, 8);
  for (const [i, x] of table.entries()) {
    const step = scale[Math.floor(i / 8)]!;
    assert.ok(Math.abs(bytes[i]! * step - x) <= step / 2 + 1e-6);
  }
});
