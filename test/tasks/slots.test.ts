import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { informationBetween } from '../../src/tasks/information.ts';
import { profileSlots, type SlotSample } from '../../src/tasks/slots.ts';
import type { SlotProfile } from '../../src/tasks/task.ts';
import { makeCall, paragraph, person, sentence } from './support/calls.ts';

function profile(
  count: number,
  build: (
    i: number,
    random: ReturnType<typeof createRandom>,
  ) => { slots: Record<string, string>; answer: string },
): Readonly<Record<string, SlotProfile>> {
  const random = createRandom(3);
  const samples = Array.from({ length: count }, (_, i): SlotSample => {
    const { slots, answer } = build(i, random);
    return { slots, response: makeCall({ answer }).response! };
  });
  return Object.fromEntries(
    profileSlots(Object.keys(samples[0]!.slots), samples).map((slot) => [slot.name, slot]),
  );
}

test('a slot that tells nothing about the answer is dropped with its figure', () => {
  const { channel } = profile(800, (_, random) => ({
    slots: { channel: ['voice', 'chat', 'mail'][random.int(3)]!, input: sentence(random) },
    answer: ['a', 'b', 'c', 'd'][random.int(4)]!,
  }));
  assert.deepEqual([channel!.type, channel!.kept, channel!.distinct], ['nuisance', false, 3]);
  assert.match(channel!.reason, /bits about the answer beyond chance \(p = 0\.\d+/u);
});

test('a slot that tells about the answer is kept', () => {
  const { plan } = profile(800, (_, random) => {
    const plan = ['free', 'paid'][random.int(2)]!;
    return {
      slots: { plan, input: sentence(random) },
      answer: plan === 'paid' && random.int(3) > 0 ? 'yes' : 'no',
    };
  });
  assert.equal(plan!.kept, true);
});

test('equal inputs with other values are the better evidence', () => {
  const inputs = Array.from({ length: 50 }, (_, i) => `question ${i}`);
  const matters = (copied: boolean): boolean =>
    profile(600, (_, random) => {
      const region = ['north', 'south'][random.int(2)]!;
      const i = random.int(50);
      return { slots: { region, input: inputs[i]! }, answer: `${i % 7}${copied ? region[0] : ''}` };
    })['region']!.kept;
  assert.equal(matters(true), true);
  assert.equal(matters(false), false);
});

test('what only drifts along with time is not taken for information', () => {
  const n = 2000;
  const random = createRandom(5);
  const about = Int32Array.from({ length: n }, (_, i) => (i < n / 2 ? random.int(4) : 4 + random.int(4)));
  const from = Int32Array.from({ length: n }, (_, i) => (i < n / 2 ? 0 : 1));
  assert.ok(informationBetween(about, from).p > 0.05);
  const told = Int32Array.from(about, (value) => value % 2);
  const { bits, chance, p } = informationBetween(about, told);
  assert.ok(p < 0.01 && bits - chance > 0.9);
});

test('permutation p values of unrelated values are spread evenly', () => {
  let low = 0;
  for (let seed = 0; seed < 200; seed++) {
    const random = createRandom(seed);
    const about = Int32Array.from({ length: 300 }, () => random.int(5));
    const from = Int32Array.from({ length: 300 }, () => random.int(3));
    if (informationBetween(about, from, seed).p <= 0.1) low++;
  }
  assert.ok(low >= 8 && low <= 36, `${low} of 200 below 0.1`);
});

test('ids are dropped unless answers repeat them', () => {
  const repeats = (echo: boolean): SlotProfile =>
    profile(300, (i, random) => ({
      slots: { order: `A-${10_000 + i}`, input: sentence(random) },
      answer: echo ? `Order A-${10_000 + i} is on its way` : 'shipped',
    }))['order']!;
  assert.deepEqual([repeats(false).type, repeats(false).kept], ['id', false]);
  assert.deepEqual([repeats(true).type, repeats(true).kept], ['id', true]);
});

test('dates are kept until equal inputs on other dates show that they do not matter', () => {
  const date = (i: number): string => `2026-03-${String(1 + (i % 28)).padStart(2, '0')}`;
  const kept = profile(200, (i, random) => ({
    slots: { date: date(i), input: sentence(random) },
    answer: 'x',
  }))['date']!;
  assert.deepEqual([kept.type, kept.kept], ['date', true]);
  const shown = profile(400, (i) => ({
    slots: { date: date(i), input: `in ${i % 40} days` },
    answer: `${i % 40}`,
  }))['date']!;
  assert.deepEqual([shown.type, shown.kept], ['date', false]);
  const used = profile(400, (i) => ({ slots: { date: date(i), input: 'today' }, answer: `due ${date(i)}` }))[
    'date'
  ]!;
  assert.equal(used.kept, true);
});

test('lists, background material and long texts are kept as such', () => {
  const slots = profile(120, (_, random) => ({
    slots: {
      hits: [1, 2, 3].map((n) => `[${n}] ${sentence(random)}`).join('\n'),
      context: person(random),
      letter: paragraph(random, 4),
      input: sentence(random),
    },
    answer: 'x',
  }));
  assert.deepEqual(
    Object.values(slots).map(({ name, type, kept }) => [name, type, kept]),
    [
      ['hits', 'list', true],
      ['context', 'context', true],
      ['letter', 'context', true],
      ['input', 'main', true],
    ],
  );
});

test('a few calls show nothing: every slot is kept', () => {
  const { channel } = profile(40, (i) => ({
    slots: { channel: ['a', 'b'][i % 2]!, input: `x ${i}` },
    answer: 'x',
  }));
  assert.equal(channel!.kept, true);
  assert.match(channel!.reason, /too few/u);
});

test('items in changing order are dropped where answers name them, and kept where answers count them', () => {
  const items = ['sports', 'politics', 'science', 'art'];
  const kept = (answerOf: (order: readonly string[], i: number) => string): boolean[] => {
    const found = profile(300, (i, random) => {
      const order = random.shuffle([...items]);
      const [first, ...rest] = order;
      return {
        slots: { input: sentence(random), first: first!, rest: rest.map((item) => `- ${item}`).join('\n') },
        answer: answerOf(order, i),
      };
    });
    return [found['first']!.kept, found['rest']!.kept];
  };
  assert.deepEqual(
    kept((_, i) => items[i % 4]!),
    [false, false],
  );
  assert.equal(kept((order, i) => `${order.indexOf(items[i % 4]!) + 1}`)[1], true);
});

test('material that changes no answer to the same input is dropped, and material that does is kept', () => {
  const documents = Array.from({ length: 8 }, (_, d) => paragraph(createRandom(`material ${d}`), 4));
  const kept = (matters: boolean): boolean =>
    profile(600, (_, random) => {
      const [d, i] = [random.int(8), random.int(40)];
      return {
        slots: { document: documents[d]!, input: `question ${i}` },
        answer: `label ${(i + (matters ? d : 0)) % 5}`,
      };
    })['document']!.kept;
  assert.equal(kept(false), false);
  assert.equal(kept(true), true);
});

test('a category with an optional line behind it that answers copy is kept', () => {
  const { priority, channel } = profile(600, (i, random) => {
    const link = i % 5 === 0 ? `https://example.org/${sentence(random).replace(/\W+/gu, '-')}` : null;
    return {
      slots: {
        priority: `${['low', 'high'][random.int(2)]}${link === null ? '' : `\nLink: ${link}`}`,
        channel: `by ${['voice', 'email'][random.int(2)]}`,
        input: sentence(random),
      },
      answer: JSON.stringify({ link, by: ['voice', 'email'][random.int(2)] }),
    };
  });
  assert.equal(priority!.kept, true);
  assert.match(priority!.reason, /answers repeat it/u);
  assert.doesNotMatch(channel!.reason, /repeat it/u);
});
