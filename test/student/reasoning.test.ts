import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Example } from '../../src/dataset/example.ts';
import type { DeepData } from '../../src/student/deep/data.ts';
import { loadDeep } from '../../src/student/deep/model.ts';
import { trainDeep } from '../../src/student/deep/train.ts';
import { judgeReasoning, withReasoning } from '../../src/student/reasoning.ts';
import { trainStudent } from '../../src/student/train.ts';
import { said, topicCalls } from '../dataset/support.ts';
import { data, spec } from './sentences.ts';
import { dataOf, inFolder, optionsIn, specOf } from './support.ts';

const topics = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta', 'iota', 'kappa'];

/** One example a row: of its reasoning two words tell something, and one is everywhere. */
function examplesOf({ train }: DeepData, share: number): Example[] {
  return train.map((_, i) => ({
    callId: `c${i}`,
    atMs: i,
    input: { slots: {}, context: {} },
    answer: { text: '', toolCalls: [] },
    targets: {},
    unplanned: null,
    cluster: i,
    split: 'train',
    weight: 1,
    teacher: 't',
    ...(i < share * train.length
      ? { reasoning: ['because', topics[i % 10]!, topics[(i * 7 + 1) % 10]!, `once${i}`] }
      : {}),
  }));
}

test('telling words of the reasoning are a target beside the answers', () => {
  const told = withReasoning(data, examplesOf(data, 1))!;
  const heads = data.choices.length;
  assert.deepEqual(told.choices.at(-1), { name: 'reasoning', classes: 10 });
  assert.equal(told.auxiliary, 1);
  const row = told.train[3]!;
  assert.deepEqual([row.classes.slice(0, heads), row.classes[heads]], [data.train[3]!.classes, -1]);
  const target = row.soft![heads]!;
  assert.equal([...target].filter((p) => p > 0).length, 2);
  assert.ok(Math.abs(target.reduce((sum, p) => sum + p, 0) - 0.2) < 1e-6);
  assert.equal(withReasoning(data, examplesOf(data, 0.4)), null);
});

test('what only teaches is dropped from the network that serves', async () => {
  const told = withReasoning(data, examplesOf(data, 1))!;
  const options = { device: 'cpu', threads: 1 } as const;
  const brief = { ...spec, training: { ...spec.training, epochs: 1 } };
  const [plain, both] = [await trainDeep(data, brief, options), await trainDeep(told, spec, options)];
  assert.deepEqual(both.meta.heads, plain.meta.heads);
  assert.equal(both.meta.parameters, plain.meta.parameters);
  const sizes = (files: Readonly<Record<string, Uint8Array>>) =>
    Object.values(files).map(({ length }) => length);
  assert.deepEqual(sizes(both.files), sizes(plain.files));
  const model = await loadDeep(both.files, both.meta, { threads: 1 });
  const said = await model.predict(data.validation.map(({ tokens }) => tokens));
  await model.dispose();
  const right = said.filter(({ probabilities }, i) => {
    const p = [...probabilities[0]!];
    return p.indexOf(Math.max(...p)) === data.validation[i]!.classes[0];
  });
  assert.ok(right.length >= 0.95 * said.length, `${right.length} of ${said.length}`);
});

test('it is used where more held-out rows agree with it, by more than chance', () => {
  const heads = data.choices.map(({ classes }) => classes);
  const says = (share: number) =>
    data.validation.map(({ classes }, i) => ({
      probabilities: heads.map((count, h) => {
        const p = new Float32Array(count);
        const chosen = Math.max(0, classes[h]!);
        p[i < share * data.validation.length ? chosen : (chosen + 1) % count] = 1;
        return p;
      }),
      members: [],
      tags: [],
      pooled: new Float32Array(0),
    }));
  const better = judgeReasoning(data, 5, says(0.6), says(0.9));
  assert.deepEqual([better.used, better.rows, better.held], [true, 5, data.validation.length]);
  assert.ok(better.with > better.without);
  assert.equal(judgeReasoning(data, 5, says(0.9), says(0.9)).used, false);
});

test('the card says what came of it', () =>
  inFolder(async (folder) => {
    const noisy = dataOf(topicCalls(400, (topic, i) => said(i % 9 === 0 ? 'food' : topic)));
    const reasoned = noisy.examples.map((example, i) => ({
      ...example,
      reasoning: [topics[i % 10]!],
    }));
    const student = specOf({
      rungs: ['cache', 'wide', 'wide+deep'],
      overrides: { leastForDeep: 100, epochs: 1 },
    });
    const { card } = await trainStudent({ ...noisy, examples: reasoned }, student, optionsIn(folder));
    const { reasoning } = card;
    assert.ok(reasoning !== undefined && reasoning.rows >= 150 && reasoning.held >= 40);
    assert.equal(reasoning.used, false);
    const without = await trainStudent(noisy, student, optionsIn(folder));
    assert.equal(without.card.reasoning, undefined);
  }));
