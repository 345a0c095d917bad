import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../src/base/json.ts';
import { buildDataset } from '../../src/dataset/build.ts';
import { fromItems, itemsOf, nestedForm } from '../../src/dataset/itemForms.ts';
import { renderAnswer } from '../../src/dataset/render.ts';
import { type Made, makeCalls, makeTask, said } from './support.ts';

const goods = 'apples bread milk eggs rice butter cheese coffee tea onions'.split(' ');

interface Line {
  readonly name: string;
  readonly quantity: number;
  readonly price: number;
}

function lines(i: number): Line[] {
  return Array.from({ length: 1 + (i % 3) }, (_, k) => ({
    name: `${goods[(i * 3 + k * 7) % 10]}${(i * 7919 + k * 31) % 977}`,
    quantity: 2 + ((i + k * 5) % 11),
    price: 20 + ((i * 37 + k * 11) % 400),
  }));
}

function offsets(text: string, name: string): number[] {
  const start = text.indexOf(name);
  return [start, start + name.length];
}

const forms: Readonly<Record<string, (own: readonly Line[], text: string) => Json>> = {
  'items with objects in them': (own) => ({
    items: own.map(({ name, quantity, price }) => ({
      product: { name },
      quantity,
      price: { amount: price, currency: 'EUR' },
    })),
  }),
  'items that are lists': (own) => own.map(({ name, quantity }) => [name, quantity]),
  'a dictionary of names': (own) => ({ counts: Object.fromEntries(own.map((it) => [it.name, it.quantity])) }),
  'a dictionary of records': (own) =>
    Object.fromEntries(own.map((it) => [it.name, { n: it.quantity, each: it.price }])),
  'items with a list of offsets': (own, text) => ({
    found: own.map(({ name }) => ({ name, span: offsets(text, name) })),
  }),
  'a record with a list of offsets': (own, text) => ({
    first: { name: own[0]!.name, span: offsets(text, own[0]!.name) },
  }),
};

for (const [name, answer] of Object.entries(forms))
  test(`${name} are planned and come back byte for byte`, () => {
    const made = Array.from({ length: 240 }, (_, i): Made => {
      const own = lines(i);
      const lead = ['buy', 'please order', 'get me'][i % 3];
      const text = `${lead} ${own.map((it) => `${it.quantity} ${it.name} at ${it.price}`).join(', ')}`;
      return { input: text, answer: said(JSON.stringify(answer(own, text))) };
    });
    const { plan, examples } = buildDataset({
      task: makeTask(),
      calls: makeCalls(made),
      capabilities: null,
      seed: 1,
    });
    const planned = examples.filter(({ targets }) => targets !== null);
    assert.ok(planned.length >= 0.98 * examples.length, JSON.stringify(plan));
    for (const { targets, input, answer: given } of planned)
      assert.deepEqual(renderAnswer(plan, { targets: targets!, input }), given);
  });

test('items come back from their flat form', () => {
  for (const list of [
    [{ a: { b: 1, c: [1, 2] }, d: 'x' }],
    [
      ['x', 1],
      ['y', 2],
    ],
    [[['x', 1], { k: null }]],
  ] as readonly Json[][]) {
    const form = nestedForm([list]);
    assert.deepEqual(form, { nested: true });
    const items = itemsOf(form!, list)!;
    assert.deepEqual(fromItems(form!, items as never), list);
  }
  assert.deepEqual(nestedForm([[{ a: 1 }]]), {});
  // Lists of other lengths, and keys that look like paths, have no flat form.
  assert.equal(nestedForm([[{ a: [1] }, { a: [1, 2] }]]), null);
  assert.equal(nestedForm([[{ 'a.b': 1, c: { d: 2 } }]]), null);
});

test('a dictionary is a list of its entries', () => {
  const form = { dictionary: true, nested: true } as const;
  const value = { x: { n: 1 }, y: { n: 2 } };
  assert.deepEqual(itemsOf(form, value), [
    { key: 'x', 'value.n': 1 },
    { key: 'y', 'value.n': 2 },
  ]);
  assert.deepEqual(fromItems(form, itemsOf(form, value) as never), value);
  assert.equal(itemsOf(form, []), null);
});
