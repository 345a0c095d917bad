import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { DeepRow } from '../../src/student/deep/data.ts';
import { loadDeep } from '../../src/student/deep/model.ts';
import { trainDeep } from '../../src/student/deep/train.ts';
import { spec } from './sentences.ts';

/** The teacher doubts: how likely it calls a request with this word urgent. */
const doubts: Readonly<Record<string, number>> = {
  outage: 0.95,
  leak: 0.8,
  noise: 0.65,
  delay: 0.5,
  invoice: 0.35,
  question: 0.2,
  thanks: 0.05,
};
const filler = ['please', 'about', 'again', 'today', 'the', 'our', 'some'];

function rows(n: number, seed: string): (DeepRow & { readonly p: number })[] {
  const random = createRandom(seed);
  return Array.from({ length: n }, (_, i) => {
    const word = Object.keys(doubts)[i % 7]!;
    const p = doubts[word]!;
    const tokens = [filler[random.int(7)]!, word, filler[random.int(7)]!];
    return { tokens, classes: [random.next() < p ? 1 : 0], tags: [], weight: 1, p };
  });
}

/** Mean distance from the teacher's own probability on requests that were not learned. */
async function distance(train: readonly DeepRow[]): Promise<number> {
  const data = { choices: [{ name: 'urgent', classes: 2 }], tags: [], train, validation: rows(70, 'held') };
  const one = { ...spec, encoders: spec.encoders.slice(0, 1) };
  const { files, meta } = await trainDeep(data, one, { device: 'cpu', threads: 1 });
  const model = await loadDeep(files, meta, { threads: 1 });
  const fresh = rows(140, 'fresh');
  const said = await model.predict(fresh.map((row) => row.tokens));
  await model.dispose();
  return (
    fresh.reduce((sum, row, i) => sum + Math.abs(said[i]!.probabilities[0]![1]! - row.p), 0) / fresh.length
  );
}

test("the teacher's doubt teaches more than its answers do", async () => {
  const hard = rows(210, 'train');
  const soft = hard.map((row) => ({ ...row, soft: [Float32Array.of(1 - row.p, row.p)] }));
  const [withAnswers, withDoubt] = [await distance(hard), await distance(soft)];
  assert.ok(withDoubt < 0.7 * withAnswers, `off by ${withDoubt} instead of ${withAnswers}`);
});
