import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildDataset } from '../../src/dataset/build.ts';
import type { Dataset } from '../../src/dataset/example.ts';
import { elapsed, later } from '../../src/dataset/moments.ts';
import type { Formula } from '../../src/dataset/plan.ts';
import { renderAnswer } from '../../src/dataset/render.ts';
import { type Made, makeCalls, makeTask, said } from './support.ts';

function datasetOf(made: readonly Made[], slots: readonly string[] = ['text']): Dataset {
  return buildDataset({ task: makeTask({ slots }), calls: makeCalls(made), capabilities: null, seed: 1 });
}

function formulaOf({ plan }: Dataset, key: string): Formula {
  assert.ok(plan.kind === 'text-answer' && plan.node.kind === 'object');
  const field = plan.node.fields.find((one) => one.key === key);
  assert.ok(field?.node.kind === 'formula', `${key} is a ${field?.node.kind}`);
  return field.node.formula;
}

/** Every answer comes back, byte for byte. */
function assertRendered({ plan, examples }: Dataset): void {
  for (const { targets, input, answer } of examples) {
    assert.ok(targets !== null, answer.text ?? '');
    assert.deepEqual(renderAnswer(plan, { targets, input }), answer);
  }
}

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

test('the time between two copied times is reckoned, also past midnight', () => {
  const dataset = datasetOf(
    Array.from({ length: 120 }, (_, i): Made => {
      const [from, minutes] = [(i * 37) % 1440, 15 + ((i * 53) % 300)];
      const [start, end] = [clock(from), clock(from + minutes)];
      return {
        input: `work from ${start} to ${end}`,
        answer: said(JSON.stringify({ start, end, minutes })),
      };
    }),
  );
  assert.deepEqual(formulaOf(dataset, 'minutes'), {
    kind: 'elapsed',
    of: ['start', 'end'],
    unit: 'minutes',
    plus: 0,
  });
  assertRendered(dataset);
});

test('a tax follows from a net amount that is a product itself', () => {
  const dataset = datasetOf(
    Array.from({ length: 150 }, (_, i): Made => {
      const [quantity, cents, rate] = [2 + (i % 30), 100 + ((i * 7919) % 9000), i % 3 === 0 ? 7 : 19];
      const net = (quantity * cents) / 100;
      const vat = Math.round((quantity * cents * rate) / 100) / 100;
      const gross = Math.round(net * 100 + vat * 100) / 100;
      return {
        input: `${quantity} boxes at ${(cents / 100).toFixed(2)} each, VAT ${rate} percent`,
        answer: said(JSON.stringify({ gross, vat, net, quantity, price: cents / 100, rate })),
      };
    }),
  );
  assert.equal(formulaOf(dataset, 'net').kind, 'arithmetic');
  assert.equal(formulaOf(dataset, 'vat').kind, 'arithmetic');
  assert.equal(formulaOf(dataset, 'gross').kind, 'arithmetic');
  assertRendered(dataset);
});

test('an end is so much after a start as the input says, or the usual time', () => {
  const lengths: readonly [string, number][] = [
    [' for half an hour', 30],
    [' (45 min)', 45],
    [', two hours', 120],
    [', 90 minutes', 90],
    ['', 60],
  ];
  const dataset = datasetOf(
    Array.from({ length: 300 }, (_, i): Made => {
      const [from, [words, minutes]] = [(i * 35) % 1440, lengths[(i * 7) % 5]!];
      return {
        input: `meet at ${clock(from)}${words}`,
        answer: said(JSON.stringify({ start: clock(from), end: clock(from + minutes) })),
      };
    }),
  );
  assert.ok(dataset.plan.kind === 'text-answer' && dataset.plan.node.kind === 'object');
  const end = dataset.plan.node.fields[1]?.node;
  assert.ok(end?.kind === 'after' && end.of === 'start' && end.by.missing === 60, JSON.stringify(end));
  assertRendered(dataset);
});

test('a departure is so many nights after an arrival', () => {
  const day = (i: number): string => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10);
  const dataset = datasetOf(
    Array.from({ length: 200 }, (_, i): Made => {
      const [from, nights] = [(i * 17) % 300, 2 + (i % 12)];
      return {
        input: `a room from ${day(from)}, ${nights} nights`,
        answer: said(JSON.stringify({ arrival: day(from), departure: day(from + nights) })),
      };
    }),
  );
  assertRendered(dataset);
});

test('an age is reckoned from the date in the prompt', () => {
  const dataset = datasetOf(
    Array.from({ length: 150 }, (_, i): Made => {
      const [day, year] = [String((i % 28) + 1).padStart(2, '0'), 1950 + ((i * 13) % 60)];
      const birth = `${year}-11-${day}`;
      const today = i % 2 === 0 ? '2026-11-10' : '2027-11-20';
      const age = Number(today.slice(0, 4)) - year - (today.slice(5) < birth.slice(5) ? 1 : 0);
      return {
        input: { text: `patient ${i}, born ${birth}`, date: today },
        answer: said(JSON.stringify({ birth, age })),
      };
    }),
    ['text', 'date'],
  );
  assert.deepEqual(formulaOf(dataset, 'age'), {
    kind: 'elapsed',
    of: ['birth', null],
    unit: 'years',
    plus: 0,
  });
  assertRendered(dataset);
});

test('a due date is so many days after a date, by a field or always the same', () => {
  const day = (i: number): string => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10);
  const dataset = datasetOf(
    Array.from({ length: 150 }, (_, i): Made => {
      const [date, days] = [(i * 17) % 300, 5 + (i % 40)];
      return {
        input: `invoice of ${day(date)}, net ${days} days`,
        answer: said(
          JSON.stringify({ date: day(date), days, due: day(date + days), archive: day(date + 90) }),
        ),
      };
    }),
  );
  assert.deepEqual(formulaOf(dataset, 'due'), { kind: 'later', of: 'date', by: 'days', unit: 'days' });
  assert.deepEqual(formulaOf(dataset, 'archive'), { kind: 'later', of: 'date', by: 90, unit: 'days' });
  assertRendered(dataset);
});

test('offsets of listed entities tell which of several places is meant', () => {
  const names = ['Ann', 'Ben', 'Cleo'];
  const dataset = datasetOf(
    Array.from({ length: 150 }, (_, i): Made => {
      const name = names[i % 3]!;
      const text = `${name} asks: who is ${name} ${'really '.repeat(i % 4)}?`;
      const start = i % 2 === 0 ? 0 : text.lastIndexOf(name);
      return {
        input: text,
        answer: said(
          JSON.stringify({ entities: [{ text: name, type: 'PER', start, end: start + name.length }] }),
        ),
      };
    }),
  );
  assertRendered(dataset);
});

test('a line of an order has the product of its own amounts', () => {
  const goods = ['pens', 'cups', 'maps', 'bags'];
  const dataset = datasetOf(
    Array.from({ length: 200 }, (_, i): Made => {
      const lines = Array.from({ length: 1 + (i % 3) }, (_, k) => {
        const [quantity, price] = [2 + ((i + k) % 9), 11 + ((i * 31 + k * 17) % 400)];
        return { item: goods[(i + k) % 4]!, quantity, price, total: quantity * price };
      });
      return {
        input: lines.map((line) => `${line.quantity} ${line.item} at ${line.price}`).join(', '),
        answer: said(JSON.stringify({ lines })),
      };
    }),
  );
  assertRendered(dataset);
});

test('a template says a copied value once more', () => {
  const dataset = datasetOf(
    Array.from({ length: 120 }, (_, i): Made => {
      const id = 10000 + ((i * 7919) % 90000);
      return { input: `ticket ${id} is open`, answer: said(`Ticket #${id}: open (end of #${id})`) };
    }),
  );
  assertRendered(dataset);
});

test('times between dates and times are whole where dates are', () => {
  assert.equal(elapsed('2026-02-27', '2026-03-01', 'days'), 2);
  assert.equal(elapsed('2024-02-29', '2026-02-28', 'years'), 1);
  assert.equal(elapsed('2026-01-31', '2026-03-01', 'months'), 1);
  assert.equal(elapsed('22:30', '01:00', 'hours'), 2.5);
  assert.equal(elapsed(1990, '2026-05-01', 'years'), 36);
  assert.equal(elapsed('2026-02-27', '10:00', 'days'), undefined);
  assert.equal(elapsed('soon', 'later', 'days'), undefined);
});

test('later dates and times are written as the first one is', () => {
  assert.equal(later('2026-01-31', 1, 'months'), '2026-02-28');
  assert.equal(later('23:30', 45, 'minutes'), '00:15');
  assert.equal(later('2026-12-31T23:30:00Z', 1, 'hours'), '2027-01-01T00:30:00Z');
  assert.equal(later('2026-12-31', -1, 'weeks'), '2026-12-24');
  assert.equal(later('2026-12-31', 5, 'minutes'), undefined);
  assert.equal(later('noon', 5, 'minutes'), undefined);
});
