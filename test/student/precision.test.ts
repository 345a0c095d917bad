import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { Scored } from '../../src/evaluation/prediction.ts';
import { lower } from '../../src/onnx/lower.ts';
import { createSession, openModel } from '../../src/onnx/session.ts';
import { createState } from '../../src/onnx/state.ts';
import { disposeParts, type LearnedParts, readParts } from '../../src/student/bundle.ts';
import { buildFeatures, createRows } from '../../src/student/deep/features.ts';
import { networkOf } from '../../src/student/deep/fit.ts';
import { predictNetwork } from '../../src/student/deep/predict.ts';
import { parametersOf, predictionGraph, storedTensors } from '../../src/student/deep/program.ts';
import { initialState } from '../../src/student/deep/trainer.ts';
import { choosePrecision } from '../../src/student/precision.ts';
import { predictWith } from '../../src/student/predictor.ts';
import type { WideModel } from '../../src/student/wide/model.ts';
import { trainWideRung } from '../../src/student/wideRung.ts';
import { writeStudent, writingFolder } from '../../src/student/writing.ts';
import { sizeOf } from '../../src/tensor/graph.ts';
import { said, topicCalls } from '../dataset/support.ts';
import { data, spec } from './sentences.ts';
import { dataOf, inFolder, inOneThread, optionsIn } from './support.ts';

const row = (agree: boolean, confidence: number): Scored => ({
  callId: '',
  atMs: 0,
  confidence,
  agree,
  answered: true,
  bucket: 'all',
  cached: false,
});
const rows = (right: number, unsure = 0): Scored[] =>
  Array.from({ length: 100 }, (_, i) => row(i < right, i < unsure ? 0.5 : 0.9));
const bytes = { int8: 1e6, float16: 3e6 };

test('bytes are taken unless they lose more answers or more sureness than chance allows', () => {
  const chosen = (int8: Scored[], float16: Scored[]) =>
    choosePrecision({ rows: { int8, float16 }, bytes, start: 0.8 }).weights;
  assert.equal(chosen(rows(90), rows(90)), 'int8');
  // Four lost and none gained happen one time in sixteen, five one time in thirty-two.
  assert.equal(chosen(rows(86), rows(90)), 'int8');
  assert.equal(chosen(rows(85), rows(90)), 'float16');
  assert.equal(chosen(rows(95), rows(90)), 'int8');
  assert.equal(chosen(rows(90, 5), rows(90)), 'float16');
  const { reason } = choosePrecision({
    rows: { int8: rows(85), float16: rows(90) },
    bytes: { int8: 1e7, float16: 3e7 },
    start: 0.8,
  });
  assert.match(reason, /^8-bit weights, though .* 5 lose and 0 gain .* would take 30 MB, more than 25$/u);
});

test('linear heads with a few huge weights are written as halves, and answer as they were learned', () =>
  inFolder(async (folder) => {
    const dataset = dataOf(topicCalls(240, (topic) => said(topic)));
    const train = dataset.examples.filter((e) => e.split === 'train');
    const held = train.flatMap((_, i) => (i % 4 === 0 ? [i] : []));
    const rung = await trainWideRung(train, dataset, inOneThread(held));
    const parts = (wide: WideModel): LearnedParts => ({
      plan: dataset.plan,
      inputSlots: dataset.inputSlots,
      rung: 'wide',
      cache: {},
      wide,
      tagger: null,
      deep: null,
      generator: null,
      acceptor: null,
      blocked: [],
    });
    const options = optionsIn(folder);
    const trial = { rows: held.map((i) => train[i]!), start: 0.5 };
    const plain = await writeStudent(parts(rung.wide), trial, options);
    assert.equal(plain.precision.weights, 'int8');
    const odd = await writeStudent(parts(withOutliers(rung.wide)), trial, options);
    assert.equal(odd.precision.weights, 'float16', odd.precision.reason);
    assert.ok(!existsSync(`${writingFolder(options)}-fine`));
    const read = await readParts(writingFolder(options), odd.files);
    const answers = await predictWith(
      read,
      trial.rows.map(({ input }) => input),
    );
    const right = answers.filter(({ answer }, i) => answer?.text === trial.rows[i]!.answer.text);
    await disposeParts(read);
    assert.ok(right.length >= 0.9 * trial.rows.length);
  }));

/** One more feature, which no input has, with a weight beside which all others are nothing. */
function withOutliers({ vocabulary, heads, neighbours }: WideModel): WideModel {
  const f32 = (array: Float32Array, more: number[]) => Float32Array.from([...array, ...more]);
  const last = vocabulary.hashes.at(-1)!;
  return {
    neighbours,
    vocabulary: {
      ...vocabulary,
      hashes: Uint32Array.from([...vocabulary.hashes, Math.min(2 ** 32 - 1, last + 1)]),
      idf: f32(vocabulary.idf as Float32Array, [1]),
    },
    heads: new Map(
      [...heads].map(([name, head]) => {
        const { linear } = head;
        const huge = new Array<number>(linear.classes).fill(5000);
        return [name, { ...head, linear: { ...linear, weights: f32(linear.weights as Float32Array, huge) } }];
      }),
    ),
  };
}

test('a table whose rows have one huge number each is nothing as bytes and itself as halves', async () => {
  const encoder = spec.encoders[0]!;
  assert.ok(encoder.kind === 'cnn');
  const features = buildFeatures(
    data.train.map((one) => one.tokens),
    spec.features,
  );
  const network = networkOf(data, features, encoder, spec);
  const state = initialState(network, 'cpu', createRandom('outliers'));
  const [packed, table] = [state['packed']!.data as Float32Array, state['table']!.data as Float32Array];
  for (let i = encoder.width; i < table.length; i += encoder.width) table[i] = 1000;
  // No filter reads the column of huge numbers.
  let at = 0;
  for (const { name, shape } of parametersOf(network)) {
    if (/^conv\d\.w$/u.test(name))
      for (let r = 0; r < shape[0]!; r += encoder.width)
        packed.fill(0, at + r * shape[1]!, at + (r + 1) * shape[1]!);
    at += sizeOf(shape);
  }
  const rowsOf = createRows(features);
  const inputs = data.validation.map(({ tokens }) => tokens.map(rowsOf));
  const options = { rowsPerWord: features.rowsPerWord, maxTokens: spec.maxTokens };
  const session = await createSession(predictionGraph(network, features.rowsPerWord), 'cpu', { threads: 1 });
  const held = await createState('cpu', {
    'packed.average': { ...state['packed']!, data: packed },
    'table.average': { ...state['table']!, data: table },
  });
  const exact = await predictNetwork(session, held, data, inputs, options);
  held.dispose();
  await session.dispose();
  const off = async (precision: 'int8' | 'float16') => {
    const graph = predictionGraph(network, features.rowsPerWord, precision);
    const model = lower(graph, { embed: storedTensors(network, packed, table, precision) }).bytes;
    const stored = await openModel(model, 'cpu', { threads: 1 });
    const given = await predictNetwork(stored, undefined, data, inputs, options);
    await stored.dispose();
    const apart = given.flatMap(({ pooled }, i) => [
      ...pooled.map((x, k) => Math.abs(x - exact[i]!.pooled[k]!)),
    ]);
    return Math.max(...apart) / Math.max(...exact.flatMap(({ pooled }) => [...pooled.map(Math.abs)]));
  };
  assert.ok((await off('int8')) > 0.5);
  assert.ok((await off('float16')) < 2e-3);
});
