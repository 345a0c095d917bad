import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { serves } from '../../src/evaluation/certify.ts';
import { loadStudent } from '../../src/student/bundle.ts';
import { fitNovelty, isForeign } from '../../src/student/novelty.ts';
import { trainStudent } from '../../src/student/train.ts';
import { type Made, said } from '../dataset/support.ts';
import { dataOf, inFolder, optionsIn, specOf } from './support.ts';

const openings = ['hey', 'hi there', 'sorry', 'listen', 'ok', 'good morning', 'quick question', 'by the way'];
const friends = [
  'mum',
  'dave',
  'the boss',
  'your sister',
  'our neighbour',
  'my cousin',
  'the driver',
  'nobody',
];
const doings = [
  'will be late for dinner',
  'forgot the keys again',
  'is waiting outside the station',
  'wants to watch the match',
  'bought bread and milk',
  'cannot come on sunday',
  'is walking the dog',
  'asked about the holiday',
  'has a cold since monday',
  'needs the car tomorrow',
];
const prizes = ['a prize', 'free tickets', 'a voucher', 'a holiday', 'cash', 'a new phone'];
const calls = ['call now', 'text win to', 'claim before midnight', 'reply yes', 'visit the shop'];

/** Short messages of two kinds. */
function messages(n: number): Made[] {
  const random = createRandom('messages');
  const pick = (items: readonly string[]): string => items[random.int(items.length)]!;
  return Array.from({ length: n }, () => {
    const spam = random.int(3) === 0;
    const number = 1000 + random.int(9000);
    const input = spam
      ? `${pick(openings)} you have won ${pick(prizes)} ${pick(calls)} ${number}`
      : `${pick(openings)} ${pick(friends)} ${pick(doings)}${random.int(2) === 0 ? '' : ` and ${pick(doings)}`}`;
    return { input, answer: said(spam ? 'spam' : 'ham') };
  });
}

const elsewhere = [
  'Der Zug nach Norden hat heute leider zwanzig Minuten Verspätung.',
  'El museo abre a las nueve y cierra por la tarde.',
  '今天天气很好，我们去公园散步吧。',
  '{"id":17,"items":[{"sku":"A-4","qty":2,"price":13.5}],"total":27,"currency":"EUR"}',
  'for (let i = 0; i < rows.length; i++) total += rows[i].amount * rate;',
  'Mitochondria convert chemical energy from food into a form usable within eukaryotic organisms.',
];

test('a student of two classes leaves what is about something else to the teacher, and says why', () =>
  inFolder(async (folder) => {
    const options = optionsIn(folder);
    const { card, scored } = await trainStudent(dataOf(messages(1500)), specOf(), options);
    const own = scored.test.filter((row) => serves(card.outcome, row)).length;
    assert.ok(own >= 0.97 * scored.test.length, `${own} of ${scored.test.length} are served`);
    const student = await loadStudent(options.target);
    assert.ok(student.ok);
    const said = await student.value.predict(elsewhere.map((text) => ({ slots: { text }, context: {} })));
    for (const [i, { answer, reason, confidence, bucket }] of said.entries()) {
      assert.match(reason ?? '', /unlike all that was learned from/, elsewhere[i]);
      const answered = answer !== null && reason === null;
      assert.equal(serves(card.outcome, { confidence, bucket, answered }), false);
    }
    await student.value.dispose();
  }));

test('how much is new is measured against inputs of the same length', () => {
  const random = createRandom('lengths');
  const rows = Array.from({ length: 2000 }, () => {
    const length = 5 + random.int(200);
    // Short inputs vary more.
    return { length, unseen: Math.max(0, 0.2 + (random.next() - 0.5) * (3 / Math.sqrt(length))) };
  });
  const novelty = fitNovelty(rows);
  assert.ok(novelty !== null);
  const foreign = rows.filter((row) => isForeign(novelty, row)).length;
  assert.ok(foreign <= rows.length / 200, `${foreign} of ${rows.length}`);
  assert.ok(isForeign(novelty, { length: 200, unseen: 0.6 }));
  assert.ok(!isForeign(novelty, { length: 6, unseen: 0.6 }));
  assert.ok(isForeign(novelty, { length: 6, unseen: 1 }));
});

test('too few inputs tell nothing of what is rare', () => {
  assert.equal(fitNovelty(Array.from({ length: 99 }, () => ({ length: 10, unseen: 0 }))), null);
});
