import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { DeepData, DeepRow } from '../../src/student/deep/data.ts';
import { createMaskPool, POOL_SIZE } from '../../src/student/deep/masks.ts';
import { loadDeep } from '../../src/student/deep/model.ts';
import { trainingStep } from '../../src/student/deep/program.ts';
import type { DeepSpec, EncoderSpec } from '../../src/student/deep/spec.ts';
import { cnn, defaultSpec, defaultTraining, largeCnn, transformer } from '../../src/student/deep/spec.ts';
import { trainDeep } from '../../src/student/deep/train.ts';

/** Data sets at the edges of what traffic can be: each is trained on for an epoch or two, and then answers. */

const encoders: EncoderSpec[] = [
  { ...cnn, width: 8, filters: 8 },
  { ...transformer, width: 8, heads: 2, layers: 1 },
];
const spec: DeepSpec = {
  ...defaultSpec,
  features: { buckets: 32 },
  encoders,
  maxTokens: 32,
  training: { ...defaultTraining, epochs: 2, batch: 8, mixup: 0.1 },
};
const random = createRandom('odd');
const words = (n: number): string[] => Array.from({ length: n }, () => `w${random.int(50)}`);
const rowOf = (tokens: string[], more: Partial<DeepRow> = {}): DeepRow => ({
  tokens,
  classes: [0],
  tags: [tokens.map((_, i) => i % 2)],
  weight: 1,
  ...more,
});
const rows = (n: number, make: (i: number) => DeepRow): DeepRow[] =>
  Array.from({ length: n }, (_, i) => make(i));
const heads = { choices: [{ name: 'y', classes: 2 }], tags: [{ name: 't', tags: 2 }] };
const untagged = { choices: heads.choices, tags: [] };

const sets: Readonly<Record<string, DeepData>> = {
  'one row': { ...heads, train: rows(1, () => rowOf(words(3))), validation: [] },
  'one token each': {
    ...heads,
    train: rows(20, () => rowOf(words(1))),
    validation: rows(3, () => rowOf(words(1))),
  },
  'empty texts alone': { ...heads, train: rows(5, () => rowOf([])), validation: rows(2, () => rowOf([])) },
  'an empty text among others': { ...heads, train: rows(9, (i) => rowOf(words(i))), validation: [rowOf([])] },
  'five thousand tokens': {
    ...heads,
    train: rows(3, () => rowOf(words(5000))),
    validation: [rowOf(words(5000))],
  },
  'one class': {
    choices: [{ name: 'y', classes: 1 }],
    tags: [],
    train: rows(20, () => rowOf(words(4), { tags: [] })),
    validation: [],
  },
  'no row has tags': { ...heads, train: rows(20, () => rowOf(words(5), { tags: [null] })), validation: [] },
  'tags that leave every token out': {
    ...heads,
    train: rows(20, () => rowOf(words(5), { tags: [[-1, -1, -1, -1, -1]] })),
    validation: [],
  },
  'no choice applies': {
    ...heads,
    train: rows(20, () => rowOf(words(5), { classes: [-1] })),
    validation: [],
  },
  'tags without choices': {
    choices: [],
    tags: heads.tags,
    train: rows(20, () => rowOf(words(6), { classes: [] })),
    validation: rows(4, () => rowOf(words(6), { classes: [] })),
  },
  'a last batch of one': { ...heads, train: rows(17, () => rowOf(words(5))), validation: [] },
  'rows without weight': { ...heads, train: rows(9, () => rowOf(words(5), { weight: 0 })), validation: [] },
  'one word everywhere': {
    ...untagged,
    train: rows(30, () => rowOf(Array(30).fill('a'), { tags: [] })),
    validation: [],
  },
  'every word new': {
    ...untagged,
    train: rows(30, (i) =>
      rowOf(
        Array.from({ length: 20 }, (_, j) => `${i}x${j}`),
        { tags: [] },
      ),
    ),
    validation: [],
  },
  'words of one letter and of a thousand': {
    ...untagged,
    train: rows(9, () => rowOf(['a', 'b'.repeat(1000), '…', '𝒳'], { tags: [] })),
    validation: [],
  },
};

for (const [name, data] of Object.entries(sets)) {
  test(`trains on and answers: ${name}`, async () => {
    const losses: number[] = [];
    const { files, meta } = await trainDeep(data, spec, {
      device: 'cpu',
      threads: 1,
      onProgress: ({ loss }) => losses.push(loss),
    });
    assert.equal(losses.length, 2 * encoders.length);
    for (const loss of losses) assert.ok(Number.isFinite(loss));
    const model = await loadDeep(files, meta, { threads: 1 });
    const inputs = [...data.train.slice(0, 3).map((row) => row.tokens), [], ['never', 'seen'], words(200)];
    const predictions = await model.predict(inputs);
    await model.dispose();
    assert.equal(predictions.length, inputs.length);
    for (const [i, { probabilities, tags }] of predictions.entries()) {
      for (const p of probabilities) {
        const sum = p.reduce((a, x) => a + x, 0);
        assert.ok(Math.abs(sum - 1) < 1e-4, `${name}: probabilities of input ${i} sum to ${sum}`);
      }
      for (const scores of tags) assert.equal(scores.length, 2 * Math.min(32, inputs[i]!.length));
    }
  });
}

test('a dropout mask larger than the pool is read in pieces that fit', () => {
  const network = { encoder: largeCnn, heads, rows: 9000, maxTokens: 128 };
  const shape = { batch: 320, length: 24, words: { groups: 40, own: 64, shared: 512 } };
  const masked = shape.batch * shape.length * largeCnn.filters * largeCnn.windows.length;
  assert.ok(masked > 2 * POOL_SIZE);
  for (const device of ['cpu', 'webgpu'] as const) {
    const { masks } = trainingStep(network, shape, defaultTraining, device);
    const feeds = createMaskPool(0.4, device, random).feeds(masks, random);
    for (const [i, size] of masks.entries()) {
      assert.ok(size > 0 && size <= POOL_SIZE / 2);
      if (device === 'cpu') assert.equal(feeds[`noise${i}`]!.data.length, size);
      else {
        const [start, end] = ['start', 'end'].map((at) => Number(feeds[`noise${i}.${at}`]!.data[0]));
        assert.ok(start! >= 0 && end! === start! + size && end! <= POOL_SIZE);
      }
    }
  }
});
