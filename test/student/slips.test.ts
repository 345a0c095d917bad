import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import type { Dataset, Example } from '../../src/dataset/example.ts';
import { trainStudent } from '../../src/student/train.ts';
import { scoreWide } from '../../src/student/wide/model.ts';
import { trainWide } from '../../src/student/wide/train.ts';
import { type Made, said } from '../dataset/support.ts';
import { dataOf, inFolder, optionsIn, specOf } from './support.ts';

const classes = ['billing', 'delivery', 'returns', 'account', 'repair', 'stores'];

/** Requests whose words are mostly, not always, those of their class; the teacher slips as told. */
function requests(
  n: number,
  slip: (truth: number, chance: number) => number,
): { made: Made[]; truth: string[] } {
  const random = createRandom('slips');
  const truth: string[] = [];
  const made = Array.from({ length: n }, (_, i): Made => {
    const kind = random.int(classes.length);
    const word = (): string => {
      const from = random.next() < 0.55 ? kind : random.int(classes.length);
      return `${classes[from]!.slice(0, 3)}${'abcdefghijklmnopqrst'[random.int(20)]}word`;
    };
    truth.push(classes[kind]!);
    const words = Array.from({ length: 7 }, word);
    return {
      input: `${words.join(' ')} ${i.toString(36)}`,
      answer: said(classes[slip(kind, random.next())]!),
    };
  });
  return { made, truth };
}

/** A fifth of one class is called another, always the same one. */
const habit = (kind: number, chance: number): number => (kind < 3 && chance < 0.3 ? kind + 3 : kind);
const work = { folds: 5, held: [], seed: 1, pause: async () => {}, threads: null, progress: () => {} };

async function learn(data: Dataset, rows: readonly Example[], folds: number) {
  return trainWide(rows, data.plan, data.inputSlots, { ...work, folds });
}

test('a habit of mistaking one class for another is found, and left out it teaches better', async () => {
  const { made, truth } = requests(2400, habit);
  const data = dataOf(made, 0);
  const number = new Map(data.examples.map((example, i) => [example.callId, i]));
  const truthOf = (example: Example): string => truth[number.get(example.callId)!]!;
  const rows = data.examples.filter((example) => example.split === 'train');
  const fresh = data.examples.filter((example) => example.split === 'calibration');
  const { slips, model } = await learn(data, rows, 5);
  const slipped = rows.map((row) => row.answer.text !== truthOf(row));
  const hits = [...slips].filter((i) => slipped[i]).length;
  assert.ok(hits / slips.size > 0.6, `precision ${hits / slips.size}`);
  assert.ok(hits / slipped.filter(Boolean).length > 0.5, `recall ${hits / slipped.filter(Boolean).length}`);

  const everything = await learn(data, rows, 0);
  const right = (of: typeof model): number => {
    const scores = scoreWide(
      of,
      fresh.map((example) => [example.input.slots['text']!]),
    );
    const values =
      data.plan.kind === 'text-answer' && data.plan.node.kind === 'choice' ? data.plan.node.slot.values : [];
    return scores.filter(({ choices }, i) => {
      const [p] = [...choices.values()];
      return values[p!.indexOf(Math.max(...p!))] === truthOf(fresh[i]!);
    }).length;
  };
  const [without, withAll] = [right(model), right(everything.model)];
  assert.ok(without > withAll, `${without} instead of ${withAll} of ${fresh.length}`);
});

test('a teacher that does not slip loses no answer', async () => {
  const clean = dataOf(requests(1500, (kind) => kind).made, 0);
  assert.equal((await learn(clean, clean.examples, 5)).slips.size, 0);
});

test('the card counts the answers left out; they are judged all the same', () =>
  inFolder(async (folder) => {
    const { made } = requests(2400, habit);
    const data = dataOf(made);
    const options = optionsIn(folder);
    const { card, scored } = await trainStudent(data, specOf(), options);
    assert.ok((card.slips ?? 0) > 50);
    assert.ok(options.seen.some(({ message }) => /answers that look like slips/.test(message)));
    const calibration = data.examples.filter((example) => example.split === 'calibration');
    assert.equal(scored.calibration.length, new Set(calibration.map((example) => example.cluster)).size);
  }));
