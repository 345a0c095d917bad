import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadStudent } from '../../src/student/bundle.ts';
import { trainStudent } from '../../src/student/train.ts';
import { called, type Made, said } from '../dataset/support.ts';
import { dataOf, inFolder, optionsIn, specOf } from './support.ts';

/** Plans of each kind learned end to end: the student's answers on later calls are the teacher's bytes. */

const names = ['Ann', 'Bo', 'Cleo', 'Dov', 'Edda', 'Finn', 'Gus', 'Hana', 'Ivo', 'Jun', 'Kim', 'Lu', 'Mo'];
const surnames = ['Ray', 'Sol', 'Tam', 'Urs', 'Vik', 'Wes', 'Xia', 'Yun', 'Zed'];
const cities = ['Oslo', 'Rome', 'Lund', 'Bonn', 'Kyoto', 'Porto', 'Leeds', 'Lagos'];
const goods = ['paper', 'toner', 'lamp', 'chair', 'cable', 'desk', 'frame'];

/** Numbers that look drawn: the same for the same i and salt. */
function draw(i: number, salt: number, n: number): number {
  let state = (Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(salt + 7, 0x85ebca6b)) >>> 0;
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
  return ((state ^ (state >>> 13)) >>> 0) % n;
}
const of = <T>(items: readonly T[], i: number, salt: number): T => items[draw(i, salt, items.length)]!;
const person = (i: number, salt: number): string => `${of(names, i, salt)} ${of(surnames, i, salt + 50)}`;

/** Share of later answers that are the teacher's byte for byte, as a loaded student gives them. */
async function learned(made: readonly Made[]): Promise<{ same: number; reasons: (string | null)[] }> {
  return inFolder(async (folder) => {
    const data = dataOf(made);
    const options = optionsIn(folder);
    await trainStudent(data, specOf(), options);
    const student = await loadStudent(options.target);
    assert.ok(student.ok);
    const later = data.examples.filter((example) => example.split === 'test');
    const given = await student.value.predict(later.map((example) => example.input));
    await student.value.dispose();
    const same = given.filter(
      ({ answer }, i) => JSON.stringify(answer) === JSON.stringify(later[i]!.answer),
    ).length;
    return { same: same / later.length, reasons: given.map((prediction) => prediction.reason) };
  });
}

const make = (n: number, of: (i: number) => Made): Made[] => Array.from({ length: n }, (_, i) => of(i));

test('lists of objects with kinds are learned', async () => {
  const { same } = await learned(
    make(360, (i) => {
      const [a, b, city] = [person(i, 1), person(i, 2), of(cities, i, 3)];
      const found = [
        { text: a, type: 'PER' },
        ...(i % 3 === 0 ? [{ text: b, type: 'PER' }] : []),
        ...(i % 4 === 0 ? [] : [{ text: city, type: 'LOC' }]),
      ];
      const input = `${a}${i % 3 === 0 ? ` and ${b}` : ''} ${i % 4 === 0 ? 'resigned' : `flew to ${city}`}.`;
      return { input, answer: said(JSON.stringify({ found })) };
    }),
  );
  assert.ok(same >= 0.9, String(same));
});

test('items of several fields are grouped, counted and summed up', async () => {
  const { same } = await learned(
    make(300, (i) => {
      const items = Array.from({ length: 1 + draw(i, 4, 3) }, (_, k) => ({
        name: of(goods, i, 10 + k),
        count: 1 + draw(i, 20 + k, 9),
        price: 10 + draw(i, 30 + k, 90),
      }));
      const total = items.reduce((sum, item) => sum + item.count * item.price, 0);
      const lines = items.map((item) => `${item.count} x ${item.name} at $${item.price}`);
      return {
        input: `Order\n${lines.join('\n')}`,
        answer: said(JSON.stringify({ items, lines: items.length, total }, null, 2)),
      };
    }),
  );
  assert.ok(same >= 0.9, String(same));
});

test('sentences around copies, days and times are learned', async () => {
  const { same } = await learned(
    make(300, (i) => {
      const [who, city] = [person(i, 1), of(cities, i, 2)];
      const [day, hour] = [1 + draw(i, 3, 28), 1 + draw(i, 4, 11)];
      const iso = `2026-03-${String(day).padStart(2, '0')}T${12 + hour}:00`;
      return {
        input: `please put ${who} down for ${city} at ${hour} pm on March ${day}, 2026`,
        answer: said(`Booked: ${who} in ${city}, ${iso}.`),
      };
    }),
  );
  assert.ok(same >= 0.9, String(same));
});

test('calls in free words among calls of tools are passed on with the reason', async () => {
  const { same, reasons } = await learned(
    make(400, (i) => {
      if (i % 3 > 0)
        return {
          input: `ring ${person(i, 1)} ${of(['now', 'later', 'tonight'], i, 2)}`,
          answer: called(['ring', JSON.stringify({ who: person(i, 1) })]),
        };
      const free = `${of(goods, i, 1)} ${of(cities, i, 5)} ${of(names, i, 6)} ${i * 7919} ${of(goods, i, 8)}`;
      return {
        input: `what about the ${of(goods, i, 3)} in ${of(cities, i, 4)}`,
        answer: { text: `Well, ${free}.`, toolCalls: [] },
      };
    }),
  );
  assert.ok(same >= 0.6, String(same));
  const told = reasons.filter((reason) => reason !== null);
  assert.ok(told.length >= 3);
  for (const reason of told) assert.equal(reason, 'an answer without a call is free text');
});

test('two calls of one tool take their arguments in the order of the text', async () => {
  const { same } = await learned(
    make(420, (i) => {
      const call = (salt: number): [string, string] => ['play', JSON.stringify({ artist: person(i, salt) })];
      if (i % 4 > 0) return { input: `play some ${person(i, 1)} please ${i}`, answer: called(call(1)) };
      return {
        input: `play some ${person(i, 1)} and play some ${person(i, 2)} please ${i}`,
        answer: called(call(1), call(2)),
      };
    }),
  );
  assert.ok(same >= 0.9, String(same));
});

test('what is said once for all calls goes to each of them, whichever side it is said on', async () => {
  const { same } = await learned(
    make(600, (i) => {
      const day = of(['tomorrow', 'tonight', 'on friday', 'next week'], i, 5);
      const call = (salt: number): [string, string] => [
        'weather',
        JSON.stringify({ day, place: person(i, salt) }),
      ];
      const [one, two] = [person(i, 1), person(i, 2)];
      if (i % 3 === 0) return { input: `weather in ${one} ${day}, ${i}`, answer: called(call(1)) };
      const input =
        i % 3 === 1
          ? `weather in ${one} and ${two} ${day}, ${i}`
          : `${day}, weather in ${one} and ${two}, ${i}`;
      return { input, answer: called(call(1), call(2)) };
    }),
  );
  assert.ok(same >= 0.9, String(same));
});

test('calls of two tools may copy the same words', async () => {
  const { same } = await learned(
    make(500, (i) => {
      const room = `${of(cities, i, 1)} ${draw(i, 3, 90)}`;
      const dim: [string, string] = ['dim', JSON.stringify({ room })];
      const lock: [string, string] = ['lock', JSON.stringify({ room })];
      if (i % 3 === 0) return { input: `dim the lights in ${room}, ${i}`, answer: called(dim) };
      if (i % 3 === 1) return { input: `lock ${room} please, ${i}`, answer: called(lock) };
      return { input: `dim the lights and lock the doors in ${room}, ${i}`, answer: called(dim, lock) };
    }),
  );
  assert.ok(same >= 0.9, String(same));
});

test('items in the plural, counted in words or not at all, are learned with their usual count', async () => {
  const dishes = ['lemonade', 'brownie', 'fries', 'fish tacos', 'green salad', 'cola'];
  const counts = ['a', 'two', '3', 'six'];
  const { same } = await learned(
    make(500, (i) => {
      const items = Array.from({ length: 1 + (i % 3) }, (_, k) => {
        const [dish, n] = [of(dishes, i, k), draw(i, k + 10, counts.length)];
        const many = dish.endsWith('s') || n === 0 ? dish : `${dish}s`;
        const size = of([null, 'small', 'large'], i, k + 20);
        const words = [counts[n], size, many].filter((word) => word !== null).join(' ');
        return { words, item: { name: dish, quantity: [1, 2, 3, 6][n], size } };
      });
      const [ann, ray] = [of(names, i, 30), of(surnames, i, 31)];
      const who = i % 2 === 0 ? `${ann} ${ray}` : `${ray}, ${ann}`;
      const input = `${items.map(({ words }) => words).join(' and ')}. Name: ${who}. Ticket ${i}`;
      const answer = { customer: `${ann} ${ray}`, items: items.map(({ item }) => item) };
      return { input, answer: said(JSON.stringify(answer)) };
    }),
  );
  assert.ok(same >= 0.9, String(same));
});

test('a list of conditions copies what each kind of them compares', async () => {
  const colours = ['red', 'blue', 'black', 'white'];
  const { same } = await learned(
    make(500, (i) => {
      const [city, colour, price] = [of(cities, i, 1), of(colours, i, 2), 10 + draw(i, 3, 900)];
      const filters = [
        ...(i % 2 === 0 ? [{ field: 'city', op: 'is', value: city }] : []),
        ...(i % 3 === 0 ? [{ field: 'colour', op: 'is', value: colour }] : []),
        { field: 'price', op: i % 5 < 2 ? 'under' : 'over', value: price },
      ];
      const which = [i % 3 === 0 ? colour : '', of(goods, i, 4)].join(' ').trim();
      const where = i % 2 === 0 ? ` in ${city.toLowerCase()}` : '';
      const input = `${which}${where} ${i % 5 < 2 ? 'below' : 'for more than'} ${price} euros, ${i}`;
      return { input, answer: said(JSON.stringify({ filters })) };
    }),
  );
  assert.ok(same >= 0.9, String(same));
});

test('a field may lie within another one', async () => {
  const colours = ['red', 'blue', 'black', 'white'];
  const { same } = await learned(
    make(500, (i) => {
      const colour = i % 3 === 0 ? null : of(colours, i, 1);
      const query = `${colour === null ? '' : `${colour} `}${of(goods, i, 2)} ${draw(i, 3, 900)}`;
      const input = `${of(['show me', 'I need', 'any'], i, 4)} ${query} in ${of(cities, i, 5)}?`;
      return { input, answer: said(JSON.stringify({ query, colour, place: of(cities, i, 5) })) };
    }),
  );
  assert.ok(same >= 0.9, String(same));
});
