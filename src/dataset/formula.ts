import { isArray, isObject, type Json } from '../base/json.ts';
import type { ModelInput } from './example.ts';
import { normalise } from './normaliser.ts';
import type { Formula, Measure } from './plan.ts';
import { tokenise } from './tokens.ts';

/** The value of a formula in an object that has its other fields; undefined where it has none. */
export function evaluate(
  formula: Formula,
  fields: Readonly<Record<string, Json>>,
  input: ModelInput,
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
      return arithmetic(formula.sign, fields[formula.of[0]], fields[formula.of[1]]);
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

function arithmetic(sign: '+' | '-' | '*', a: Json | undefined, b: Json | undefined): number | undefined {
  if (typeof a !== 'number' || typeof b !== 'number') return undefined;
  return tidy(sign === '+' ? a + b : sign === '-' ? a - b : a * b);
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
