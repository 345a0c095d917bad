import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { buildDataset } from '../../src/dataset/build.ts';
import type { Dataset, Example } from '../../src/dataset/example.ts';
import { loadStudent } from '../../src/student/bundle.ts';
import { isWorthKeeping, spareRows, withSpare } from '../../src/student/spare.ts';
import { trainStudent } from '../../src/student/train.ts';
import { type Made, makeCalls, makeTask, said } from '../dataset/support.ts';
import { inFolder, optionsIn, specOf } from './support.ts';

const labels = ['north', 'east', 'south', 'west'];

/** Requests that say their label, and answers that are another one now and then. */
function requests(n: number, noise: number): Made[] {
  const random = createRandom('spare');
  return Array.from({ length: n }, () => {
    const word = () =>
      `${'bcdfghklmn'[random.int(10)]}${'aeiou'[random.int(5)]}${random.int(9999).toString(36)}`;
    const label = labels[random.int(4)]!;
    const given = random.next() < noise ? labels[random.int(4)]! : label;
    return { input: `${word()} ${word()} go ${label} ${word()}`, answer: said(given) };
  });
}

function dataOf(made: readonly Made[], calibrationShare = 0.2): Dataset {
  const split = { testShare: 0, calibrationShare, validationShare: 0 };
  return buildDataset({ task: makeTask(), calls: makeCalls(made), capabilities: null, split, seed: 1 });
}

function trainRows({ examples }: Dataset): Example[] {
  return examples.filter(({ split }) => split === 'train' || split === 'validation');
}

const spareOf = (data: Dataset, changes = {}) => spareRows(data, trainRows(data), specOf(changes));

test('spare are training rows of the newest half, up to a third of all calls with those of calibration', () => {
  const data = dataOf(requests(1000, 0));
  const spare = spareOf(data);
  assert.ok(spare.size > 130 && spare.size <= 150, String(spare.size));
  const rows = trainRows(data);
  assert.ok([...spare].every((row) => rows.indexOf(row) >= rows.length / 2));
  assert.deepEqual([...spareOf(data)], [...spare], 'the same each time');
});

test('a cluster is spare as a whole, and a large one never is', () => {
  const made = requests(900, 0);
  const twins = made.slice(700, 780).map(({ input, answer }) => ({ input: `${input}`, answer }));
  const many = Array.from({ length: 60 }, () => made[650]!);
  const data = dataOf([...made, ...twins, ...many]);
  const spare = spareOf(data);
  const clusters = new Set([...spare].map(({ cluster }) => cluster));
  assert.ok(spare.size > clusters.size, 'some are clusters of two');
  for (const row of trainRows(data)) assert.equal(spare.has(row), clusters.has(row.cluster));
  const sizes = new Map<number, number>();
  for (const { cluster } of data.examples) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  assert.ok([...clusters].every((cluster) => sizes.get(cluster)! <= 20));
});

test('nothing is spare where networks are tried, nor where no promise could be shown with all of it', () => {
  const data = dataOf(requests(400, 0));
  assert.ok(spareOf(data).size > 0);
  assert.equal(spareOf(data, { overrides: { leastForDeep: 300 } }).size, 0);
  assert.equal(spareOf(data, { epsilon: 0.01 }).size, 0);
});

test('spare rows are worth more to calibration where it is about to pass, not where it does or cannot', () => {
  const data = dataOf(requests(1000, 0));
  const spare = spareOf(data);
  const level = { epsilon: 0.05, delta: 0.05 };
  const erring = (every: number) =>
    Array.from({ length: 700 }, (_, i) => ({ confidence: 1 - i / 700, wrong: i % every === 0 }));
  assert.equal(isWorthKeeping(data, spare, erring(35), level), true);
  assert.equal(isWorthKeeping(data, spare, erring(1000), level), false);
  assert.equal(isWorthKeeping(data, spare, erring(10), level), false);
  const more = withSpare(data, spare).examples.filter(({ split }) => split === 'calibration').length;
  assert.equal(more, data.examples.filter(({ split }) => split === 'calibration').length + spare.size);
});

test('a student learns from its spare rows, or is certified on them: never both', () =>
  inFolder(async (folder) => {
    for (const [noise, pays] of [
      [0, false],
      [0.04, true],
    ] as const) {
      const data = dataOf(requests(800, noise));
      const spare = spareOf(data);
      const options = optionsIn(folder, { target: `${folder}/bundle-${pays}` });
      const { card, scored } = await trainStudent(data, specOf(), options);
      const kept = data.examples.filter(({ split }) => split === 'calibration').length;
      assert.equal(card.outcome.kind, 'certified', JSON.stringify(card.outcome));
      assert.equal(card.examples.calibration, pays ? kept + spare.size : kept);
      const calibrated = new Set(scored.calibration.map(({ callId }) => callId));
      const student = await loadStudent(options.target);
      assert.ok(student.ok);
      const rows = [...spare];
      const said = await student.value.predict(rows.map(({ input }) => input));
      rows.forEach((row, i) => {
        assert.equal(said[i]!.cached, !pays, 'what it learned from, it repeats');
        if (!pays) assert.ok(!calibrated.has(row.callId));
      });
      assert.ok(!pays || rows.some(({ callId }) => calibrated.has(callId)));
    }
  }));
