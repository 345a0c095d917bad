import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutputPlan } from '../../src/dataset/plan.ts';
import { choiceSlots } from '../../src/dataset/planSlots.ts';
import { withHints } from '../../src/student/hints.ts';
import { said, topicCalls } from '../dataset/support.ts';
import { dataOf } from './support.ts';

function planned(): OutputPlan {
  const made = topicCalls(200, (topic) =>
    said(JSON.stringify({ area: topic === 'food' || topic === 'music' ? 'home' : 'away', topic })),
  );
  return dataOf(made).plan;
}

test('a coarse field that a finer one decides speaks for the finer one', () => {
  const plan = planned();
  assert.deepEqual(
    choiceSlots(plan).map((slot) => slot.name),
    ['area', 'topic'],
  );
  const [area, topic] = choiceSlots(plan);
  const of = (name: string): number => topic!.values.indexOf(name);
  const fine = new Float64Array(4).fill(0.05);
  fine[of('weather')] = 0.5;
  fine[of('food')] = 0.4;
  const coarse = Float64Array.from(area!.values, (value) => (value === 'home' ? 0.9 : 0.1));
  const heard = withHints(
    plan,
    new Map([
      ['topic', fine],
      ['area', coarse],
    ]),
  ).get('topic')!;
  assert.ok(heard[of('food')]! > heard[of('weather')]!);
  assert.ok(Math.abs(heard.reduce((sum, p) => sum + p, 0) - 1) < 1e-9);
  assert.ok(heard[of('music')]! > heard[of('travel')]!);
});

test('of finer choices one is taken whose coarse value is the likeliest of all together', () => {
  const plan = planned();
  const [area, topic] = choiceSlots(plan);
  const of = (name: string): number => topic!.values.indexOf(name);
  const fine = new Float64Array(4);
  fine[of('weather')] = 0.4;
  fine[of('travel')] = 0;
  fine[of('food')] = 0.35;
  fine[of('music')] = 0.25;
  const coarse = Float64Array.from(area!.values, () => 0.5);
  const choices = new Map([
    ['topic', fine],
    ['area', coarse],
  ]);
  const heard = withHints(plan, choices).get('topic')!;
  assert.equal(heard.indexOf(Math.max(...heard)), of('food'));
  // As unsure as it is: next to nothing lies between the two.
  assert.ok(heard[of('food')]! - heard[of('weather')]! < 0.001);
});

test('without a hint the choices stay what they are', () => {
  const plan = dataOf(topicCalls(80, (topic) => said(topic))).plan;
  const choices = new Map([['label', Float64Array.of(0.7, 0.1, 0.1, 0.1)]]);
  assert.equal(withHints(plan, choices), choices);
});
