import { canonicalJson, isArray, isObject, type Json } from '../base/json.ts';
import { contextDate } from './dates.ts';
import type { ModelInput, Span } from './example.ts';
import { dayText, elapsed, later } from './moments.ts';
import { normalise } from './normaliser.ts';
import type { ArithmeticSign, Formula, Measure } from './plan.ts';
import { tokenise } from './tokens.ts';

/** Names of the fields that a formula looks at. */
export function operands(formula: Formula): string[] {
  if (formula.kind === 'measure') return [];
  const by = formula.kind === 'later' && typeof formula.by === 'string' ? [formula.by] : [];
  return [...[formula.of].flat().filter((key) => key !== null), ...by];
}

/**
 * The value of a formula in an object that has its other fields; undefined where it has none.
 * @param places where the copies of the fields stand.
 * @param spansOf the places of a slot.
 */
export function evaluate(
  formula: Formula,
  fields: Readonly<Record<string, Json>>,
  input: ModelInput,
  places: Readonly<Record<string, Span>> = {},
  spansOf: (slot: string) => readonly Span[] = () => [],
): Json | undefined {
  switch (formula.kind) {
    case 'count': {
      const list = fields[formula.of];
      return isArray(list) ? list.length : undefined;
    }
    case 'product': {
      const list = fields[formula.of];
      if (!isArray(list) || list.some((item) => typeof item !== 'number')) return undefined;
      return tidy(list.reduce<number>((product, item) => product * Number(item), 1));
    }
    case 'sum':
      return sumOf(fields[formula.of], formula.fields);
    case 'arithmetic':
      return arithmetic(formula, fields[formula.of[0]], fields[formula.of[1]]);
    case 'scaled': {
      const value = fields[formula.of];
      if (value === null) return null;
      return typeof value === 'number'
        ? rounded(value * formula.by + formula.plus, formula.decimals)
        : undefined;
    }
    case 'elapsed': {
      const today = contextDate(input.context);
      const day = today === null ? undefined : dayText(today);
      const [from, to] = formula.of.map((key) => (key === null ? day : fields[key]));
      if (from === undefined || to === undefined) return undefined;
      if (from === null || to === null) return null;
      const count = elapsed(from, to, formula.unit);
      return count === undefined ? undefined : count + formula.plus;
    }
    case 'later': {
      const [from, count] = [
        fields[formula.of],
        typeof formula.by === 'string' ? fields[formula.by] : formula.by,
      ];
      if (from === null || count === null) return null;
      return from === undefined || typeof count !== 'number' ? undefined : later(from, count, formula.unit);
    }
    case 'place': {
      const place = places[formula.of];
      if (place === undefined) return fields[formula.of] === null ? null : undefined;
      if (formula.edge !== 'both') return offsetIn(input, place, formula.edge) + formula.plus;
      return [offsetIn(input, place, 'start'), offsetIn(input, place, 'end') + formula.plus];
    }
    case 'present':
      return isPresent(fields[formula.of]) !== formula.not;
    case 'any':
      return formula.of.some((key) => fields[key] === true);
    case 'all':
      return formula.of.every((key) => fields[key] === true);
    case 'same': {
      const value = fields[formula.of];
      if (typeof value !== 'string') return formula.normalisers.length === 0 ? value : undefined;
      return normalise(value, formula.normalisers, input.context) ?? undefined;
    }
    case 'steps': {
      const value = fields[formula.of];
      if (value === null) return formula.missing;
      if (typeof value !== 'number') return undefined;
      return formula.values[formula.bounds.filter((bound) => value >= bound).length];
    }
    case 'replaced': {
      const count = formula.slots.reduce((sum, slot) => sum + spansOf(slot).length, 0);
      return formula.flag ? count > 0 : count;
    }
    case 'measure':
      return measure(formula.measure, input) + formula.plus;
  }
}

function isPresent(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return isArray(value) ? value.length > 0 : true;
}

function sumOf(list: Json | undefined, fields: readonly string[]): number | undefined {
  if (!isArray(list)) return undefined;
  let sum = 0;
  for (const item of list) {
    const factors = fields.length === 0 ? [item] : fields.map((key) => (isObject(item) ? item[key] : null));
    let product = 1;
    for (const factor of factors) {
      if (typeof factor !== 'number') return undefined;
      product *= factor;
    }
    sum += product;
  }
  return tidy(sum);
}

function arithmetic(
  { sign, times = 1, decimals }: Formula & { kind: 'arithmetic' },
  a: Json | undefined,
  b: Json | undefined,
): number | null | undefined {
  if ((a === null && b !== undefined) || (b === null && a !== undefined)) return null;
  if (typeof a !== 'number' || typeof b !== 'number') return undefined;
  const value = operations[sign](a, b) * times;
  if (!Number.isFinite(value)) return undefined;
  return decimals === undefined ? tidy(value) : rounded(value, decimals);
}

const operations: Readonly<Record<ArithmeticSign, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '+%': (a, b) => a * (1 + b / 100),
  '-%': (a, b) => a * (1 - b / 100),
};

/** Halves go up, as people round: 1.005 to two decimals is 1.01. */
function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(tidy(value * scale)) / scale;
}

/** Characters before the start or the end of a place; a character in two halves counts once. */
export function offsetIn(input: ModelInput, place: Span, edge: 'start' | 'end'): number {
  return [...(input.slots[place.slot] ?? '').slice(0, place[edge])].length;
}

/** Is a place the one that offsets speak of, which were given with its text? */
export function isAtOffsets(
  place: Span,
  of: string,
  formulas: readonly (readonly [key: string, formula: Formula])[],
  fields: Readonly<Record<string, Json>>,
  input: ModelInput,
): boolean {
  return formulas.every(
    ([key, formula]) =>
      formula.kind !== 'place' ||
      formula.of !== of ||
      canonicalJson(evaluate(formula, fields, input, { [of]: place }) ?? null) ===
        canonicalJson(fields[key] ?? null),
  );
}

/** Without the noise of binary fractions: 0.1 + 0.2 is 0.3 in an answer. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** Counts over all kept slots of the input. */
export function measure({ unit, key }: Measure, input: ModelInput): number {
  const texts = Object.values(input.slots);
  const total = (count: (text: string) => number): number =>
    texts.reduce((sum, text) => sum + count(text), 0);
  switch (unit) {
    case 'characters':
      return total((text) => text.length);
    case 'words':
      return total((text) => text.split(/\s+/u).filter((word) => word !== '').length);
    case 'lines':
      return total((text) => text.split('\n').filter((line) => line.trim() !== '').length);
    case 'token':
      return total((text) => tokenise(text).filter((token) => token.text.toLowerCase() === key).length);
    case 'line-form':
      return total((text) => text.split('\n').filter((line) => lineForms(line).includes(key)).length);
  }
}

/** How a line begins, numbers made alike: "3 x Paper" -> ["0", "0 x"]. */
export function lineForms(line: string): string[] {
  const heads = tokenise(line.slice(0, 40))
    .slice(0, 2)
    .map(({ text }) => (/^\p{N}/u.test(text) ? '0' : text.toLowerCase()));
  return heads.map((_, i) => heads.slice(0, i + 1).join(' '));
}
