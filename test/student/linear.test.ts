import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawFeatures, shapeOf } from '../../src/student/wide/features.ts';
import { type LinearHead, quantise, scoreRow, trainLinear } from '../../src/student/wide/linear.ts';
import { buildVocabulary, vectorise } from '../../src/student/wide/vocabulary.ts';
import { request } from '../dataset/support.ts';

const texts = Array.from({ length: 160 }, (_, i) => request(i));
const names = [...new Set(texts.map(({ topic }) => topic))];
const raw = texts.map(({ text }) => rawFeatures([text]));
const vocabulary = buildVocabulary(raw);
const data = vectorise(vocabulary, raw);
const rows = Int32Array.from(texts, (_, i) => i);
const labels = Int32Array.from(texts, ({ topic }) => names.indexOf(topic));

const problem = { data, features: vocabulary.hashes.length, rows, labels, classes: names.length };

function scoresOf(head: LinearHead, row: number): Float64Array {
  const out = new Float64Array(head.classes);
  scoreRow(head, data, row, out);
  return out;
}

test('support vector machines separate what is separable', async () => {
  const head = await trainLinear(problem);
  for (const i of rows) {
    const scores = scoresOf(head, i);
    assert.equal(scores.indexOf(Math.max(...scores)), labels[i]);
  }
});

test('the dual solution satisfies its optimality conditions', async () => {
  // At the optimum of min |w|^2/2 + C sum max(0, 1 - y w x)^2, w = sum 2 C y max(0, 1 - y w x) x; checked on the bias.
  const cost = 1;
  const options = { cost, seed: 1, maxPasses: 2000, tolerance: 1e-6 };
  const head = await trainLinear({ ...problem, options });
  for (let k = 0; k < names.length; k++) {
    let bias = 0;
    for (const i of rows) {
      const y = labels[i] === k ? 1 : -1;
      bias += 2 * cost * y * Math.max(0, 1 - y * scoresOf(head, i)[k]!);
    }
    assert.ok(Math.abs(bias - head.bias[k]!) < 1e-3, `${bias} and ${head.bias[k]}`);
  }
});

test('8-bit weights give nearly the scores of 32-bit weights', async () => {
  const head = await trainLinear(problem);
  const small = quantise(head);
  assert.ok(small.weights instanceof Int8Array);
  for (const i of rows)
    scoresOf(head, i).forEach((score, k) => {
      assert.ok(Math.abs(score - scoresOf(small, i)[k]!) < 0.05);
    });
});

test('two classes are mirror images', async () => {
  const two = Int32Array.from(labels, (label) => label % 2);
  const head = await trainLinear({ ...problem, labels: two, classes: 2 });
  const [a, b] = scoresOf(head, 3);
  assert.ok(Math.abs(a! + b!) < 1e-6);
});

test('the share of unseen features is 0 for a training row and 1 for foreign letters', () => {
  assert.equal(data.unseen[0], 0);
  assert.equal(vectorise(vocabulary, [rawFeatures([''])]).unseen[0]! > 0, true);
  assert.equal(vectorise(vocabulary, [rawFeatures(['ξένος λόγος'])]).unseen[0]! > 0.9, true);
});

test('shapes tell case, numbers and punctuation apart', () => {
  assert.deepEqual(
    ['Wild', 'UK', 'hello', '0845', '!'].map((word) => shapeOf(word)),
    ['Xx', 'XX', 'x', 'd4', '!'],
  );
});

test('what stands beside a number, and how much is written in capitals, is told apart from the words', () => {
  const shared = (a: string, b: string): number => {
    const hashesOf = (text: string) => rawFeatures([text]).entries.filter((_, i) => i % 2 === 0);
    const known = new Set(hashesOf(a));
    return hashesOf(b).filter((hash) => known.has(hash)).length;
  };
  // The same figures, and no number or digit in common: what is shared is the pattern around them.
  assert.ok(shared('win £500 now', 'get £731 today') > shared('win £500 now', 'get 731 £ today'));
  assert.ok(shared('ab CDE fg', 'hi JKL mn') > shared('ab CDE fg', 'hi Jkl mn'));
});
