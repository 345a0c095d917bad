import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockTime, contextDate, isoDate } from '../../src/dataset/dates.ts';
import { normalise, normaliserChains } from '../../src/dataset/normaliser.ts';
import { numberOf } from '../../src/dataset/numbers.ts';
import { placesOf } from '../../src/dataset/spans.ts';
import { tokenise } from '../../src/dataset/tokens.ts';

test('numbers are read from digits, words, units and money', () => {
  const cases: [string, number | null][] = [
    ['4', 4],
    ['1,250', 1250],
    ['$3.50', 3.5],
    ['20 %', 20],
    ['twenty-one', 21],
    ['a dozen', 12],
    ['two hundred and five', 205],
    ['three thousand', 3000],
    ['several', null],
    ['constructor', null],
    ['__proto__', null],
    ['', null],
  ];
  for (const [text, number] of cases) assert.equal(numberOf(text), number, text);
});

test('each chain is a function of the text alone', () => {
  for (const chain of normaliserChains) {
    for (const text of ['Wild  Country', 'TWO', 'dogs', 'Ａ１'])
      assert.equal(normalise(text, chain), normalise(text, chain));
  }
  assert.equal(normalise('New  York', ['spaces']), 'New York');
  assert.equal(normalise('red wine', ['title']), 'Red Wine');
  assert.equal(normalise('red wine', ['underscores']), 'red_wine');
  assert.equal(normalise('hello', ['number']), null);
});

test('tokens are words, numbers and single other characters at their places', () => {
  const text = "Zoë's  A12-b";
  const tokens = tokenise(text);
  assert.deepEqual(
    tokens.map((token) => token.text),
    ['Zoë', "'", 's', 'A', '12', '-', 'b'],
  );
  for (const { text: word, start, end } of tokens) assert.equal(text.slice(start, end), word);
});

test('amounts are written in one unit whatever they are given in', () => {
  const cases: [string, string, string | null][] = [
    ['1.2 kg', 'in-g', '1200'],
    ['750g', 'in-kg', '0.75'],
    ['2,5 litres', 'in-ml', '2500'],
    ['180 centimetres', 'in-m', '1.8'],
    ['10 lbs', 'in-kg', '4.5359237'],
    ['3 km', 'in-g', null],
    ['three', 'in-g', null],
  ];
  for (const [text, name, value] of cases) assert.equal(normalise(text, [name]), value, text);
});

test('a time of day ends where its words do', () => {
  assert.equal(normalise('9 in the morning', ['time']), '09:00');
  assert.equal(normalise('9:00 in the', ['time']), null);
});

test('dates are read against the date in the prompt', () => {
  const today = contextDate({ date: 'Monday, October 26, 2026' });
  assert.equal(today, Date.UTC(2026, 9, 26));
  for (const said of [
    '2026-10-26 (Monday',
    'October 26th, 2026 (a Monday)',
    '26 October 2026, 9:30 am',
    '26. Oktober 2026 (Montag)',
  ])
    assert.equal(contextDate({ date: said }), today, said);
  const cases: [string, string | null][] = [
    ['tomorrow', '2026-10-27'],
    ['on Friday', '2026-10-30'],
    ['next Monday', '2026-11-02'],
    ['in 2 weeks', '2026-11-09'],
    ['November 3rd', '2026-11-03'],
    ['3 January', '2027-01-03'],
    ['12/24/2026', '2026-12-24'],
    ['2026-02-30', null],
    ['soon', null],
  ];
  for (const [text, date] of cases) assert.equal(isoDate(text, today), date, text);
  assert.equal(isoDate('tomorrow', null), null);
  const wednesday = Date.UTC(2026, 9, 28);
  assert.equal(isoDate('next Friday', wednesday), '2026-10-30');
  assert.equal(isoDate('next Friday', wednesday, 'next-week'), '2026-11-06');
  assert.equal(isoDate('next Sunday', wednesday, 'next-week'), '2026-11-08');
  assert.equal(isoDate('on Wednesday', wednesday), '2026-10-28');
  assert.equal(isoDate('on Wednesday', wednesday, 'later'), '2026-11-04');
  assert.equal(isoDate('10/11/2026', wednesday, 'day-first'), '2026-11-10');
  assert.equal(isoDate('fifteen days ago', wednesday), '2026-10-13');
  assert.equal(normalise('tomorrow', ['date'], { date: '2026-12-31' }), '2027-01-01');
});

test('days further away are counted from the weekday or the month that is named', () => {
  const wednesday = Date.UTC(2026, 9, 28);
  for (const [text, date] of [
    ['the Friday after next', '2026-11-06'],
    ['Friday week', '2026-11-06'],
    ['a week on Friday', '2026-11-06'],
    ['Friday in two weeks', '2026-11-13'],
    ['Monday next week', '2026-11-02'],
    ['at the end of the month', '2026-10-31'],
    ['the first of next month', '2026-11-01'],
    ['the 15th of next month', '2026-11-15'],
    ['in three months', '2027-01-28'],
    ['a year ago', '2025-10-28'],
  ] as const)
    assert.equal(isoDate(text, wednesday), date, text);
  for (const text of ['three months', 'end of the road', 'the game after next', 'this week'])
    assert.equal(isoDate(text, wednesday), null, text);
});

test('amounts of two units are one amount, exact or rounded', () => {
  const feet = ['5\'11"', '5 ft 11 in', '5 feet 11 inches', '5 foot 11', '5’ 11”'];
  for (const text of feet) assert.equal(normalise(text, ['in-cm']), '180.34', text);
  assert.equal(normalise('5 ft 11', ['in-cm', 'rounded']), '180');
  assert.equal(normalise('150 lbs', ['in-kg', 'tenths']), '68');
  assert.equal(normalise('1 m 75', ['in-cm']), '175');
  assert.equal(normalise('2 kg and 300 g', ['in-kg']), '2.3');
  for (const text of ['5 apples', '5 ft 3 kg', 'ft', '12'])
    assert.equal(normalise(text, ['in-cm']), null, text);
});

test('telephone numbers are written in one way', () => {
  const ways = ['(212) 555-0104', '212.555.0104', '+1 212 555 0104', '1-212-555-0104', '001 212 5550104'];
  for (const way of ways) assert.equal(normalise(way, ['phone-1']), '+12125550104', way);
  assert.equal(normalise('030 / 555 01 04', ['phone-49']), '+49305550104');
  assert.equal(normalise('+44 20 7946 0104', ['phone-49']), '+442079460104');
  assert.equal(normalise('212 555 0104', ['phone (###) ###-####']), '(212) 555-0104');
  for (const text of ['call me', '12', '2026-10-26 9:30', '1,250.00'])
    assert.equal(normalise(text, ['phone-1']), null, text);
});

test('dates are read in several languages', () => {
  const today = contextDate({ date: 'Montag, der 26. Oktober 2026' });
  assert.equal(today, Date.UTC(2026, 9, 26));
  const cases: [string, string][] = [
    ['übermorgen', '2026-10-28'],
    ['Freitag', '2026-10-30'],
    ['in 3 Tagen', '2026-10-29'],
    ['vor 2 Wochen', '2026-10-12'],
    ['5. März', '2027-03-05'],
    ['3 de noviembre de 2026', '2026-11-03'],
    ['mañana', '2026-10-27'],
    ['aujourd’hui', '2026-10-26'],
    ['il y a 5 jours', '2026-10-21'],
    ['quinta-feira', '2026-10-29'],
    ['3 stycznia', '2027-01-03'],
    ['za 5 dni', '2026-10-31'],
  ];
  for (const [text, date] of cases) assert.equal(isoDate(text, today), date, text);
});

test('days without a year or a direction may be meant of the past', () => {
  const wednesday = Date.UTC(2026, 9, 28);
  const cases: [string, string][] = [
    ['on Monday', '2026-10-26'],
    ['Thursday', '2026-10-22'],
    ['Wednesday', '2026-10-28'],
    ['next Friday', '2026-10-30'],
    ['5 March', '2026-03-05'],
    ['28 October', '2026-10-28'],
    ['December 24', '2025-12-24'],
    ['tomorrow', '2026-10-29'],
  ];
  for (const [text, date] of cases) assert.equal(isoDate(text, wednesday, 'past'), date, text);
  assert.equal(isoDate('02/10/2026', wednesday, 'day-first-past'), '2026-10-02');
});

test('times of day are read with and without am and pm', () => {
  const cases: [string, string | null][] = [
    ['5 pm', '17:00'],
    ['12 am', '00:00'],
    ['at 9:30', '09:30'],
    ['noon', '12:00'],
    ['7', null],
    ['25:00', null],
  ];
  for (const [text, time] of cases) assert.equal(clockTime(text), time, text);
});

test('a chain is looked for only where its text could come from, and never missed there', () => {
  const text =
    'Straße, İstanbul: $1,200 of 20% in half an hour; 5kg on 5 March 2026 or 10/26/2026 at 5 pm, cities "Big  Box"';
  const tokens = tokenise(text);
  let found = 0;
  for (const chain of normaliserChains)
    for (let i = 0; i < tokens.length; i++)
      for (let j = i; j < Math.min(tokens.length, i + 4); j++) {
        const raw = text.slice(tokens[i]!.start, tokens[j]!.end);
        const value = normalise(raw, chain);
        if (value === null || value === '') continue;
        const places = [...placesOf(value, { normalisers: chain }, { slots: { text }, context: {} })];
        const texts = places.map(({ start, end }) => normalise(text.slice(start, end), chain));
        assert.ok(texts.length > 0, `${value} under ${chain.join(', ')}`);
        assert.deepEqual(new Set(texts), new Set([value]));
        found++;
      }
  assert.ok(found > 2000, `${found} values`);
});
