import { spelledNumber } from './numbers.ts';

/** Amounts with a unit: "5kg", "2 hours", "an hour and a half". Pure text arithmetic. */

const minutesOf: Readonly<Record<string, number>> = {
  second: 1 / 60,
  sec: 1 / 60,
  s: 1 / 60,
  minute: 1,
  min: 1,
  m: 1,
  hour: 60,
  hr: 60,
  h: 60,
  day: 1440,
  night: 1440,
  week: 10_080,
};

/** "90 min", "1h 30m", "two hours", "half an hour", "an hour and a half" in minutes; null where it is no duration. */
export function durationMinutes(text: string): number | null {
  const plain = text.trim().toLowerCase().replace(/,/gu, ' ');
  if (plain === 'half an hour' || plain === 'a half hour') return 30;
  if (plain === 'an hour and a half' || plain === 'one and a half hours') return 90;
  if (plain === 'a quarter of an hour') return 15;
  let total = 0;
  const rest = plain.replace(
    /(\d+(?:\.\d+)?|\ban?\b|\b[a-z]+(?:-[a-z]+)?\b)[\s-]*([a-z]+?)s?\b(?:\s+and\b)?/gu,
    (all, n, unit) => {
      const count = /^\d/u.test(n) ? Number(n) : /^an?$/u.test(n) ? 1 : spelledNumber(n);
      const size = minutesOf[unit];
      if (size === undefined || count === null) return all;
      total += count * size;
      return '';
    },
  );
  return rest.trim() === '' && total > 0 ? Number(total.toPrecision(12)) : null;
}

const shortUnits: Readonly<Record<string, string>> = {
  kilogram: 'kg',
  kilo: 'kg',
  gram: 'g',
  milligram: 'mg',
  kilometre: 'km',
  kilometer: 'km',
  metre: 'm',
  meter: 'm',
  centimetre: 'cm',
  centimeter: 'cm',
  millimetre: 'mm',
  millimeter: 'mm',
  mile: 'mi',
  litre: 'l',
  liter: 'l',
  millilitre: 'ml',
  milliliter: 'ml',
  pound: 'lb',
  ounce: 'oz',
  inch: 'in',
  foot: 'ft',
  percent: '%',
  gigabyte: 'GB',
  megabyte: 'MB',
};

/** "5kg", "5 kilograms" as "5 kg": the number, a separator and the unit's short name; null where there is no unit. */
export function withUnit(text: string, separator: string): string | null {
  const match = /^(\d+(?:[.,]\d+)?)\s*([\p{L}%°]+)\.?$/u.exec(text.trim());
  if (match === null) return null;
  const word = match[2]!.toLowerCase().replace(/(?<=[a-z]{3})s$/u, '');
  return `${match[1]}${separator}${shortUnits[word] ?? match[2]}`;
}

/** Sizes of units in the smallest of their kind, by short name. */
const sizes: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  weight: { mg: 1, g: 1000, kg: 1e6, t: 1e9, oz: 28_349.523125, lb: 453_592.37, lbs: 453_592.37 },
  length: { mm: 1, cm: 10, m: 1000, km: 1e6, in: 25.4, ft: 304.8, mi: 1_609_344 },
  volume: { ml: 1, cl: 10, dl: 100, l: 1000 },
};

/** Units that answers give amounts in, with their kind. */
export const amountUnits: Readonly<Record<string, string>> = {
  mg: 'weight',
  g: 'weight',
  kg: 'weight',
  lb: 'weight',
  mm: 'length',
  cm: 'length',
  m: 'length',
  km: 'length',
  ml: 'volume',
  l: 'volume',
};

/** Units with words or marks of their own. */
const named: Readonly<Record<string, string>> = {
  feet: 'ft',
  inches: 'in',
  "'": 'ft',
  '′': 'ft',
  '’': 'ft',
  '"': 'in',
  '″': 'in',
  '”': 'in',
};
/** What is counted by a second number without a unit: five foot eleven, one metre eighty. */
const following: Readonly<Record<string, string>> = { ft: 'in', m: 'cm', lb: 'oz', kg: 'g' };

/** "1.2 kg" in g is 1200, "5 ft 11" in cm 180.34; null where the text is no amount of that kind. */
export function amountIn(text: string, unit: string): number | null {
  const own = sizes[amountUnits[unit] ?? ''] ?? {};
  const to = own[unit];
  let sum = 0;
  let before: string | undefined;
  const rest = text
    .trim()
    .replace(/(\d+(?:[.,]\d+)?)\s*(\p{L}+|['"′″’”])?\.?(?:\s+and\b|,)?\s*/gu, (all, digits, word) => {
      const short = word === undefined ? following[before ?? ''] : shortOf(word);
      const from = own[short ?? ''];
      if (from === undefined) return all;
      sum += Number(digits.replace(',', '.')) * from;
      before = short;
      return '';
    });
  return rest !== '' || before === undefined || to === undefined ? null : Number((sum / to).toPrecision(12));
}

function shortOf(word: string): string {
  const plain = word.toLowerCase();
  const one = plain.replace(/(?<=[a-z]{3})s$/u, '');
  return named[plain] ?? shortUnits[one] ?? plain;
}
