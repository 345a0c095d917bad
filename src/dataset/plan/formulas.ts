import { canonicalJson, isArray, isObject, type Json } from '../../base/json.ts';
import { evaluate, lineForms, measure } from '../formula.ts';
import { spread } from '../habit.ts';
import type { Formula, Measure, SpanSlot } from '../plan.ts';
import { alignSpan } from '../spans.ts';
import { tokenise } from '../tokens.ts';
import type { InferredNode, ObjectSample, Sibling } from './place.ts';
import { offsetOf, replacedIn } from './places.ts';
import { durations, isMoment, laters, reckonings, roundest } from './reckoning.ts';
import { tally } from './values.ts';

/** Fewer objects prove nothing. */
const leastObjects = 20;
/** Teachers slip about once in a hundred answers. */
const leastExact = 0.99;
/** Objects that show something, and the share of them that may be slips. */
const leastTelling = 3;
const mostWrong = 0.2;

/** A function of the other fields, or of the input, that gives this field in (nearly) every object; null for none. */
export function inferFormula(
  key: string,
  node: InferredNode,
  siblings: readonly Sibling[],
  objects: readonly ObjectSample[],
): Formula | null {
  if (objects.length < leastObjects || node.kind === 'constant') return null;
  const some = spread(objects, 300);
  const copied = node.kind === 'span' || node.kind === 'span-list' || node.kind === 'record-list';
  if (copied) return node.kind === 'span' ? sameCopy(key, node.slot, siblings, objects) : null;
  if (!isGuessed(node)) return null;
  const offset = offsetOf(key, siblings, some);
  if (offset !== null) return offset;
  const replaced = countOf(key, siblings, some) ?? replacedIn(key, siblings, some);
  if (replaced !== null) return replaced;
  const values = some.map(({ value }) => value[key] ?? null);
  for (const formula of candidates(key, values, siblings, some))
    if (holds(formula, key, some)) return formula;
  return null;
}

function isGuessed(node: InferredNode): boolean {
  if (node.kind === 'maybe') return node.node.kind === 'text' || isGuessed(node.node);
  return ['unknown', 'choice', 'template', 'subset'].includes(node.kind);
}

/** How many items another field has. */
function countOf(
  key: string,
  siblings: readonly Sibling[],
  objects: readonly ObjectSample[],
): Formula | null {
  for (const { key: of } of siblings) {
    const formula: Formula = { kind: 'count', of };
    if (objects.every(({ value }) => isArray(value[of])) && holds(formula, key, objects)) return formula;
  }
  return null;
}

/**
 * Does a formula give the field? Only objects where one of the two is not what the field usually is show something: two fields that are nearly always null, or nearly always "root", agree without one following from the other.
 */
function holds(formula: Formula, key: string, objects: readonly ObjectSample[]): boolean {
  const usual = tally(objects.map(({ value }) => value[key] ?? null))[0]?.key;
  let wrong = 0;
  let telling = 0;
  for (const { value, input } of objects) {
    const own = evaluate(formula, value, input);
    const [given, wanted] = [
      own === undefined ? null : canonicalJson(own),
      canonicalJson(value[key] ?? null),
    ];
    if (given !== wanted) wrong++;
    if (given !== usual || wanted !== usual) telling++;
    if (wrong > (1 - leastExact) * objects.length) return false;
  }
  return telling >= leastTelling && wrong <= mostWrong * telling;
}

function* candidates(
  key: string,
  values: readonly Json[],
  siblings: readonly Sibling[],
  objects: readonly ObjectSample[],
): Generator<Formula> {
  const having = (is: (value: Json) => boolean): string[] =>
    siblings
      .map((sibling) => sibling.key)
      .filter((other) => objects.every(({ value }) => value[other] === undefined || is(value[other]!)));
  const numbers = having((value) => typeof value === 'number' || value === null);
  const lists = having(isArray);
  const moments = having((value) => value === null || isMoment(value));
  const given = values.filter((value) => value !== null);
  if (given.length > 0 && given.every((value) => typeof value === 'number')) {
    for (const of of lists) yield* sums(of, objects);
    for (const of of lists) yield { kind: 'product', of };
    for (const of of numbers) yield { kind: 'same', of, normalisers: [] };
    yield* durations(key, moments, numbers, objects);
    yield* reckonings(values, numbers, objects);
    yield* measures(key, objects);
  }
  if (given.length > 0 && given.every(isMoment)) yield* laters(key, moments, numbers, objects);
  if (values.every((value) => typeof value === 'boolean')) {
    for (const { key: of } of siblings) for (const not of [false, true]) yield { kind: 'present', of, not };
    yield* gates(having((value) => typeof value === 'boolean').slice(0, 8));
  }
  const same = values.every((value) => typeof value === 'string') ? sameText(key, siblings, objects) : null;
  if (same !== null) yield same;
  for (const of of having((value) => typeof value === 'number' || value === null)) {
    const steps = stepsOf(of, key, objects);
    if (steps !== null) yield steps;
  }
}

function* sums(of: string, objects: readonly ObjectSample[]): Generator<Formula> {
  const item = objects.flatMap(({ value }) => (isArray(value[of]) ? value[of] : []))[0];
  if (typeof item === 'number') yield { kind: 'sum', of, fields: [] };
  if (!isObject(item)) return;
  const numeric = Object.keys(item).filter((key) => typeof item[key] === 'number');
  for (const a of numeric) yield { kind: 'sum', of, fields: [a] };
  for (const a of numeric) for (const b of numeric) if (a < b) yield { kind: 'sum', of, fields: [a, b] };
}

/** Any or all of two or more flags. */
function* gates(flags: readonly string[]): Generator<Formula> {
  const groups = subsets(flags).filter((group) => group.length > 1);
  for (const of of groups) yield { kind: 'any', of };
  for (const of of groups) yield { kind: 'all', of };
}

function subsets(keys: readonly string[]): string[][] {
  const all: string[][] = [[]];
  for (const key of keys) for (const group of [...all]) all.push([...group, key]);
  return all;
}

/** What teachers do to a value that they write twice: a slug, a key, a heading. */
export const copies: readonly (readonly string[])[] = [
  [],
  ['lower'],
  ['upper'],
  ['title'],
  ['underscores'],
  ['hyphens'],
];

function sameText(
  key: string,
  siblings: readonly Sibling[],
  objects: readonly ObjectSample[],
): Formula | null {
  for (const normalisers of copies)
    for (const { key: of, node } of siblings) {
      const formula: Formula = { kind: 'same', of, normalisers };
      if (node.kind !== 'constant' && holds(formula, key, objects)) return formula;
    }
  return null;
}

/** A copy that is told by another one; null where both stand in the input, and reading each misses less. */
function sameCopy(
  key: string,
  slot: SpanSlot,
  siblings: readonly Sibling[],
  objects: readonly ObjectSample[],
): Formula | null {
  const formula = sameText(key, siblings, spread(objects, 300));
  const other = siblings.find((sibling) => formula !== null && 'of' in formula && sibling.key === formula.of);
  if (formula === null || other?.node.kind !== 'span') return formula;
  const { slot: first } = other.node;
  // Where two copies differ is rare, and shows in many objects only.
  const many = spread(objects, 4000);
  const told = many.filter(({ value, input }) => sameJson(evaluate(formula, value, input), value[key]));
  const apart = many.filter(({ value, input }) => {
    const targets = {};
    return [first, slot].every(
      (each, i) => alignSpan(each, value[i === 0 ? other.key : key] ?? null, input, targets) === null,
    );
  });
  return apart.length > told.length ? null : formula;
}

function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  return a !== undefined && canonicalJson(a) === canonicalJson(b ?? null);
}

/** More steps would be a table and no rule. */
const mostSteps = 6;

interface Point {
  readonly x: number;
  readonly y: string;
  readonly value: Json;
}

/** Ranges of a number that decide this field, each seen a few times; and what it is where there is no number. */
function stepsOf(of: string, key: string, objects: readonly ObjectSample[]): Formula | null {
  const given = objects.filter(({ value }) => typeof value[of] === 'number');
  const [missing] = tally(
    objects.filter(({ value }) => value[of] === null).map(({ value }) => value[key] ?? null),
  );
  const points = withoutSlips(
    given
      .map(
        ({ value }): Point => ({
          x: Number(value[of]),
          y: canonicalJson(value[key] ?? null),
          value: value[key] ?? null,
        }),
      )
      .sort((a, b) => a.x - b.x),
  );
  const bounds: number[] = [];
  const values: Json[] = [];
  let run = 0;
  for (const [i, point] of points.entries()) {
    const before = points[i - 1];
    if (before !== undefined && before.y === point.y) {
      run++;
      continue;
    }
    if (before !== undefined) {
      if (run < 3 || before.x === point.x || values.length >= mostSteps) return null;
      bounds.push(roundest(before.x, point.x));
    }
    values.push(point.value);
    run = 1;
  }
  if (run < 3 || values.length < 2) return null;
  return { kind: 'steps', of, bounds, values, ...(missing === undefined ? {} : { missing: missing.value }) };
}

/** A point alone among others that agree is a slip of the teacher; a step is seen on both its sides. */
function withoutSlips(points: readonly Point[]): Point[] {
  return points.filter((point, i) => {
    const around = [points[i - 2], points[i - 1], points[i + 1], points[i + 2]];
    const [first] = around;
    return first === undefined || point.y === first.y || around.some((other) => other?.y !== first.y);
  });
}

/** Counts in the input that may be meant: only where a few objects already agree. */
function* measures(key: string, objects: readonly ObjectSample[]): Generator<Formula> {
  const glance = objects.slice(0, 12);
  for (const candidate of measureCandidates(glance)) {
    const plus = Number(glance[0]!.value[key]) - measure(candidate, glance[0]!.input);
    if (Math.abs(plus) > 2 || !Number.isInteger(plus)) continue;
    if (glance.some(({ value, input }) => measure(candidate, input) + plus !== value[key])) continue;
    yield { kind: 'measure', measure: candidate, plus };
  }
}

function measureCandidates(objects: readonly ObjectSample[]): Measure[] {
  const texts = objects.flatMap(({ input }) => Object.values(input.slots));
  const forms = new Set(texts.flatMap((text) => text.split('\n').flatMap(lineForms)));
  const tokens = new Set(texts.flatMap((text) => tokenise(text).map((token) => token.text.toLowerCase())));
  return [
    ...(['lines', 'words', 'characters'] as const).map((unit): Measure => ({ unit, key: '' })),
    ...[...forms].slice(0, 400).map((form): Measure => ({ unit: 'line-form', key: form })),
    ...[...tokens].slice(0, 400).map((token): Measure => ({ unit: 'token', key: token })),
  ];
}
