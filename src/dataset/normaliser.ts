import { clockTime, contextDate, dateForms, dateReadings, isoDate, timeForms } from './dates.ts';
import { dateBegins } from './dayWords.ts';
import { localAmount, numberOf, numberWords, ordinals, plainNumber } from './numbers.ts';
import { callingCodes, internationalNumber, nationalNumber } from './phones.ts';
import { amountIn, amountUnits, durationMinutes, withUnit } from './units.ts';

/**
 * What a teacher does to a text when it copies it: each normaliser is a function from the copied text to the text in the
 * answer. Which of them a slot needs is learned from the answers (`plan/span.ts`); null means "does not apply".
 */
export interface Normaliser {
  readonly name: string;
  /** @param context other parts of the prompt that the copy may depend on, such as today's date. */
  apply(text: string, context: Readonly<Record<string, string>>): string | null;
  /** What every text that it gives looks like; absent where that says nothing. */
  readonly gives?: RegExp;
  /** How the first token of the narrowest text that it applies to begins. */
  readonly begins?: RegExp;
  /** It changes case, accents, spaces and punctuation and nothing else. */
  readonly keepsLetters?: true;
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** The same for one and for many, though no word: "brownies" and "brownie" as "browni", "Fries" as "fri". */
function stem(text: string): string {
  const plain = text.toLowerCase();
  if (/[^aeiou](?:ies?|ys?)$/u.test(plain)) return plain.replace(/(?:ies?|ys?)$/u, 'i');
  return plain.replace(/(?:es|(?<!s)s|e)$/u, '');
}

/** Words that are singular already stay as they are. */
function singular(text: string): string {
  if (/[^aeiou]ies$/iu.test(text)) return `${text.slice(0, -3)}y`;
  if (/(?:ch|sh|x|ss|z)es$/iu.test(text)) return text.slice(0, -2);
  return /[^su]s$/iu.test(text) ? text.slice(0, -1) : text;
}

function scaledBy(text: string, factor: number): string | null {
  const number = numberOf(text.replace(/percent$/u, '%'));
  return number === null ? null : String(Number((number * factor).toPrecision(12)));
}

/** A plain number to the next part of so many. */
function roundedTo(text: string, parts: number): string | null {
  return /^[+-]?\d+(?:\.\d+)?$/u.test(text) ? String(Math.round(Number(text) * parts) / parts) : null;
}

function durationIn(text: string, factor: number): string | null {
  const minutes = durationMinutes(text);
  return minutes === null ? null : String(Number((minutes * factor).toPrecision(12)));
}

const number = { gives: /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/u } as const;
const keepsLetters = { keepsLetters: true } as const;
const digit = { begins: /^[\d+-]/u } as const;
/** "half an hour", "a dozen", "$20", "first": words before numbers are few. */
const numberWord = {
  begins: new RegExp(
    `^(?:[\\d+$€£-]|(?:an?|half|hundred|thousand|dozen|and|${[...Object.keys(numberWords), ...ordinals].join('|')})$)`,
    'iu',
  ),
} as const;

/** A few words; whole sentences are no names, and looking for them takes long. */
const name = /^\p{L}\S*(?: \S+){0,3}$/u;

/** "Ray, Ann" as "Ann Ray"; "Ann Ray" as it is. */
function givenFirst(text: string): string | null {
  const turned = text.replace(/^([^,]+), ([^,]+)$/u, '$2 $1');
  return name.test(turned) ? turned : null;
}

const folds: readonly Normaliser[] = [
  { name: 'lower', apply: (text) => text.toLowerCase(), ...keepsLetters },
  { name: 'upper', apply: (text) => text.toUpperCase(), ...keepsLetters },
  {
    name: 'title',
    apply: (text) => text.toLowerCase().replace(/(^|[\s-])\p{L}/gu, (initial) => initial.toUpperCase()),
    ...keepsLetters,
  },
  { name: 'capitalised', apply: capitalised, ...keepsLetters },
  { name: 'spaces', apply: (text) => text.replace(/\s+/gu, ' ').trim(), ...keepsLetters },
  { name: 'nfkc', apply: (text) => text.normalize('NFKC'), ...keepsLetters },
  { name: 'underscores', apply: (text) => text.toLowerCase().replace(/[\s-]+/gu, '_'), ...keepsLetters },
  { name: 'hyphens', apply: (text) => text.toLowerCase().replace(/[\s_]+/gu, '-'), ...keepsLetters },
  { name: 'no-punctuation', apply: (text) => text.replace(/[^\p{L}\p{N}\s]/gu, ''), ...keepsLetters },
  { name: 'number', apply: (text) => numberOf(text)?.toString() ?? null, ...number, ...numberWord },
  { name: 'singular', apply: singular },
  { name: 'stem', apply: stem },
  { name: 'given-first', apply: givenFirst, gives: name },
  { name: 'plain-number', apply: (text) => plainNumber(text), ...number, ...digit },
  { name: 'local-amount', apply: (text) => localAmount(text), ...number, ...digit },
  {
    name: 'two-decimals',
    apply: (text) => numberOf(text)?.toFixed(2) ?? null,
    gives: /^[+-]?\d+\.\d\d$/u,
    ...numberWord,
  },
  { name: 'share', apply: (text) => (/%|percent/u.test(text) ? scaledBy(text, 0.01) : null), ...number },
  { name: 'hundredfold', apply: (text) => scaledBy(text, 100), ...number, ...numberWord },
  { name: 'minutes', apply: (text) => durationMinutes(text)?.toString() ?? null, ...number, ...numberWord },
  { name: 'seconds', apply: (text) => durationIn(text, 60), ...number, ...numberWord },
  { name: 'hours', apply: (text) => durationIn(text, 1 / 60), ...number, ...numberWord },
  { name: 'days', apply: (text) => durationIn(text, 1 / 1440), ...number, ...numberWord },
  { name: 'unit', apply: (text) => withUnit(text, ' '), gives: /^\d+(?:[.,]\d+)? /u, ...digit },
  { name: 'tight-unit', apply: (text) => withUnit(text, ''), gives: /^\d+(?:[.,]\d+)?\D/u, ...digit },
  ...Object.keys(amountUnits).map(
    (unit): Normaliser => ({
      name: `in-${unit}`,
      apply: (text) => amountIn(text, unit)?.toString() ?? null,
      ...number,
      ...digit,
    }),
  ),
  ...Object.keys(amountUnits).map(
    (unit): Normaliser => ({
      name: `with-${unit}`,
      apply: (text) => `${text} ${unit}`,
      gives: new RegExp(`^\\d+(?:\\.\\d+)? ${unit}$`, 'u'),
    }),
  ),
  { name: 'rounded', apply: (text) => roundedTo(text, 1), gives: /^[+-]?\d+$/u, ...digit },
  { name: 'tenths', apply: (text) => roundedTo(text, 10), gives: /^[+-]?\d+(?:\.\d)?$/u, ...digit },
  { name: 'digits', apply: (text) => text.replace(/\D/gu, '') || null, gives: /^\d+$/u, begins: /^\d/u },
  { name: 'no-spaces', apply: (text) => text.replace(/\s/gu, ''), ...keepsLetters },
  { name: 'sentence', apply: (text) => capitalised(text.toLowerCase()), ...keepsLetters },
  { name: 'unaccented', apply: (text) => text.normalize('NFD').replace(/\p{M}/gu, ''), ...keepsLetters },
];

const phoneForms = ['###-###-####', '(###) ###-####', '###.###.####', '### ### ####', '##########'];
const phones: readonly Normaliser[] = [
  ...callingCodes.map(
    (code): Normaliser => ({
      name: `phone-${code}`,
      apply: (text) => internationalNumber(text, code),
      gives: /^\+\d{7,15}$/u,
      begins: /^[\d(+]/u,
    }),
  ),
  ...phoneForms.map(
    (form): Normaliser => ({
      name: `phone ${form}`,
      apply: (text) => nationalNumber(text, form),
      gives: /^\(?\d{3}\)?[-. ]?\d{3}[-. ]?\d{4}$/u,
      begins: /^[\d(+]/u,
    }),
  ),
];

const dateReaders = dateReadings.map(
  (reading): Normaliser => ({
    name: reading === 'plain' ? 'date' : `date-${reading}`,
    apply: (text, context) => isoDate(text, contextDate(context), reading),
    gives: /^\d{4}-\d\d-\d\d$/u,
    begins: dateBegins,
  }),
);

/** What `dateForms` write. */
const dated =
  /^(?:\d{2,4}[./]\d\d[./]\d{2,4}|\p{Lu}\p{L}+ \d\d?, \d{4}|\d\d? \p{Lu}\p{L}+ \d{4}|\p{Lu}\p{L}+day|\d{4}-\d\d-\d\dT00:00:00Z?)$/u;

const calendar: readonly Normaliser[] = [
  ...dateReaders,
  { name: 'time', apply: (text) => clockTime(text), gives: /^\d\d:\d\d$/u },
  ...Object.entries(dateForms).map(([name, apply]): Normaliser => ({ name, apply, gives: dated })),
  ...Object.entries(timeForms).map(([name, apply]): Normaliser => ({ name, apply, gives: /^\d+:\d\d/u })),
];

const byName = new Map([...folds, ...phones, ...calendar].map((normaliser) => [normaliser.name, normaliser]));

/** Chains that are tried when a slot's normalisers are learned, simplest first. */
export const normaliserChains: readonly (readonly string[])[] = [
  [],
  ['spaces'],
  ['lower'],
  ['capitalised'],
  ['title'],
  ['upper'],
  ['nfkc'],
  ['number'],
  ['underscores'],
  ['hyphens'],
  ['no-punctuation'],
  ['singular'],
  ['lower', 'singular'],
  ['title', 'singular'],
  ['sentence'],
  ['given-first'],
  ['given-first', 'title'],
  ['upper', 'underscores', 'upper'],
  ['no-spaces'],
  ['digits'],
  ['unaccented'],
  ['lower', 'unaccented'],
  ['lower', 'no-punctuation'],
  ['plain-number'],
  ['local-amount'],
  ['two-decimals'],
  ['share'],
  ['hundredfold'],
  ['minutes'],
  ['hours'],
  ['seconds'],
  ['days'],
  ['unit'],
  ['tight-unit'],
  ...Object.keys(amountUnits).flatMap((unit) => [
    [`in-${unit}`],
    [`in-${unit}`, 'rounded'],
    [`in-${unit}`, 'tenths'],
    [`in-${unit}`, `with-${unit}`],
    [`in-${unit}`, 'rounded', `with-${unit}`],
    [`in-${unit}`, 'tenths', `with-${unit}`],
  ]),
  ...phones.map(({ name }) => [name]),
  ...dateReaders.map(({ name }) => [name]),
  ['time'],
  ...Object.keys(timeForms).map((form) => ['time', form]),
  ...dateReaders.flatMap(({ name }) => Object.keys(dateForms).map((form) => [name, form])),
];

/** Applies a chain; null where one of its normalisers does not apply. */
export function normalise(
  text: string,
  chain: readonly string[],
  context: Readonly<Record<string, string>> = {},
): string | null {
  let current: string | null = text;
  for (const name of chain) {
    if (current === null) return null;
    current = byName.get(name)?.apply(current, context) ?? null;
  }
  return current;
}

/** Could a chain give this text at all? Says false only where it cannot, without looking at an input. */
export function couldGive(chain: readonly string[], wanted: string): boolean {
  return byName.get(chain.at(-1) ?? '')?.gives?.test(wanted) ?? true;
}

/** Could the narrowest text that a chain turns into something begin with this token? */
export function couldBegin(chain: readonly string[], token: string): boolean {
  return byName.get(chain[0] ?? '')?.begins?.test(token) ?? true;
}

/** Do all letters and digits come through, so that what is wanted stands in the input but for case and marks? */
export function lettersPass(chain: readonly string[]): boolean {
  return chain.every((name) => byName.get(name)?.keepsLetters === true);
}
