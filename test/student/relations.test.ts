import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { rawFeatures } from '../../src/student/wide/features.ts';
import { scoreRow, trainLinear } from '../../src/student/wide/linear.ts';
import { buildVocabulary, vectorise } from '../../src/student/wide/vocabulary.ts';

interface Row {
  readonly slots: readonly string[];
  readonly yes: boolean;
}

/** Share of the rows that a head gets right which has seen the first two thirds. */
async function held(rows: readonly Row[]): Promise<number> {
  const cut = Math.floor((rows.length * 2) / 3);
  const raw = rows.map((row) => rawFeatures(row.slots));
  const vocabulary = buildVocabulary(raw.slice(0, cut));
  const data = vectorise(vocabulary, raw);
  const labels = Int32Array.from(rows, (row) => Number(row.yes));
  const train = Int32Array.from({ length: cut }, (_, i) => i);
  const head = await trainLinear({
    data,
    features: vocabulary.hashes.length,
    rows: train,
    labels,
    classes: 2,
  });
  const scores = new Float64Array(head.classes);
  const right = rows.slice(cut).filter((row, i) => {
    scoreRow(head, data, cut + i, scores);
    return scores[1]! > scores[0]! === row.yes;
  });
  return right.length / (rows.length - cut);
}

const random = createRandom(5).derive('relations');
const pick = <T>(items: readonly T[]): T => items[random.int(items.length)]!;

test('a short slot decides what the words of another mean', async () => {
  const said = {
    price: ['too expensive', 'a bargain', 'costs a lot'],
    delivery: ['came late', 'a rude courier', 'arrived quickly'],
    quality: ['broke at once', 'well made', 'solid build'],
  };
  const aspects = Object.keys(said) as (keyof typeof said)[];
  const rows = Array.from({ length: 600 }, (): Row => {
    const aspect = pick(aspects);
    const about = pick(aspects);
    return { slots: [aspect, `it was ${pick(said[about])} for me`], yes: aspect === about };
  });
  assert.ok((await held(rows)) > 0.97);
});

test('whether two texts name the same thing is learned from what they share', async () => {
  const item = (): string[] => [
    pick(['Acme', 'Zentra', 'Korvo', 'Lumix', 'Tarno']),
    pick(['drill', 'lamp', 'kettle', 'router', 'camera']),
    `${pick([...'ABCDEFGH'])}${100 + random.int(900)}`,
    pick(['black', 'white', 'red', 'silver']),
  ];
  const rows = Array.from({ length: 900 }, (): Row => {
    const one = item();
    const same = random.int(2) === 0;
    const other = same ? one : one.map((word, i) => (i === 2 ? item()[2]! : word));
    return { slots: [one.join(' '), [...other].reverse().join(' ')], yes: same };
  });
  const share = await held(rows);
  assert.ok(share > 0.95, String(share));
});
