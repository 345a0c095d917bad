import type { Json } from '../../base/json.ts';
import { evaluate } from '../formula.ts';
import { elapsed, later, type TimeUnit } from '../moments.ts';
import type { ArithmeticSign, Formula } from '../plan.ts';
import type { ObjectSample } from './place.ts';

/** What may be reckoned from other fields: sums, shares, taxes, durations, ages, dates some days later. */

const signs: readonly ArithmeticSign[] = ['+', '-', '*', '/', '+%', '-%'];
const times: Readonly<Partial<Record<ArithmeticSign, readonly number[]>>> = {
  '*': [1, 0.01],
  '/': [1, 100],
};
const units: readonly TimeUnit[] = ['minutes', 'hours', 'days', 'weeks', 'months', 'years'];

/** More fields than these are not paired with each other. */
const mostOperands = 10;
/** More decimals than this are no rounding. */
const mostDecimals = 4;
const glance = 8;

/** Formulas of two numbers, or of one, that give a number. */
export function* reckonings(
  values: readonly Json[],
  numbers: readonly string[],
  objects: readonly ObjectSample[],
): Generator<Formula> {
  const some = numbers.slice(0, mostOperands);
  const decimals = decimalsOf(values);
  for (const a of some)
    for (const b of some)
      for (const sign of signs) {
        if (a === b || ((sign === '+' || sign === '*') && a > b)) continue;
        for (const factor of times[sign] ?? [1]) {
          const rounds = decimals !== null && sign !== '+' && sign !== '-';
          yield {
            kind: 'arithmetic',
            sign,
            of: [a, b],
            ...(factor === 1 ? {} : { times: factor }),
            ...(rounds ? { decimals } : {}),
          };
        }
      }
  if (decimals === null) return;
  for (const of of some) {
    const formula = scaled(of, values, objects, decimals);
    if (formula !== null) yield formula;
  }
}

/** Times between two fields, or between a field and the date in the prompt, that give a number. */
export function* durations(
  key: string,
  moments: readonly string[],
  years: readonly string[],
  objects: readonly ObjectSample[],
): Generator<Formula> {
  const ends = [...moments.slice(0, mostOperands), null];
  for (const from of ends)
    for (const to of ends)
      for (const unit of units)
        if (from !== to && (from !== null || to !== null)) yield* elapsedBy(key, [from, to], unit, objects);
  for (const of of years.slice(0, mostOperands)) yield* elapsedBy(key, [of, null], 'years', objects);
}

function* elapsedBy(
  key: string,
  of: readonly [string | null, string | null],
  unit: TimeUnit,
  objects: readonly ObjectSample[],
): Generator<Formula> {
  for (const plus of [0, 1]) {
    const formula: Formula = { kind: 'elapsed', of, unit, plus };
    if (fits(formula, key, objects)) yield formula;
  }
}

/** A date or time so much after another one, by a number field or always by the same. */
export function* laters(
  key: string,
  moments: readonly string[],
  numbers: readonly string[],
  objects: readonly ObjectSample[],
): Generator<Formula> {
  const first = objects.find(({ value }) => typeof value[key] === 'string');
  for (const of of moments.slice(0, mostOperands))
    for (const unit of units) {
      for (const by of numbers.slice(0, mostOperands)) {
        const formula: Formula = { kind: 'later', of, by, unit };
        if (fits(formula, key, objects)) yield formula;
      }
      const count = elapsed(first?.value[of] ?? null, first?.value[key] ?? null, unit);
      if (count === undefined || count === 0) continue;
      const fixed: Formula = { kind: 'later', of, by: count, unit };
      if (fits(fixed, key, objects)) yield fixed;
    }
}

/** Texts that are dates or times. */
export function isMoment(value: Json): boolean {
  return typeof value === 'string' && (later(value, 1, 'days') ?? later(value, 1, 'minutes')) !== undefined;
}

/** A glance: most formulas fit none of the first objects. One slip of the teacher may be among them. */
function fits(formula: Formula, key: string, objects: readonly ObjectSample[]): boolean {
  const some = objects
    .filter(({ value }) => value[key] !== undefined && value[key] !== null)
    .slice(0, glance);
  const hits = some.filter(({ value, input }) => evaluate(formula, value, input) === value[key]);
  return hits.length >= some.length - 1;
}

function decimalsOf(values: readonly Json[]): number | null {
  let most = 0;
  for (const value of values) {
    const text = typeof value === 'number' ? JSON.stringify(value) : '';
    const given = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
    most = Math.max(most, given);
  }
  return most > mostDecimals ? null : most;
}

/** The line through the points of two fields, drawn through round numbers; null where there is no slope. */
function scaled(
  of: string,
  values: readonly Json[],
  objects: readonly ObjectSample[],
  decimals: number,
): Formula | null {
  const points = objects.flatMap(({ value }, i) => {
    const [x, y] = [value[of], values[i]];
    return typeof x === 'number' && typeof y === 'number' ? [{ x, y }] : [];
  });
  points.sort((a, b) => a.x - b.x);
  // The outermost points may be slips of the teacher.
  const [low, high] = [
    points[Math.floor(points.length / 50)],
    points[Math.ceil((points.length * 49) / 50) - 1],
  ];
  if (low === undefined || high === undefined || high.x === low.x || high.y === low.y) return null;
  const slope = (high.y - low.y) / (high.x - low.x);
  const doubt = 10 ** -decimals / (high.x - low.x);
  const by = roundest(slope - doubt, slope + doubt);
  const rest = high.y - by * high.x;
  const half = 10 ** -decimals / 2;
  const plus = roundest(rest - half, rest + half);
  return { kind: 'scaled', of, by, plus, decimals };
}

/** The number with the fewest digits above `low` and up to `high`: people draw lines at round numbers. */
export function roundest(low: number, high: number): number {
  for (let unit = 1e9; unit >= 1e-6; unit /= 10) {
    const at = Math.floor(high / unit) * unit;
    if (at > low) return Number(at.toPrecision(12));
  }
  return high;
}
