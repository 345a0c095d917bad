import { createHmac } from 'node:crypto';
import { AppError } from '../../base/error.ts';
import { isArray, isObject, type Json, parseJson } from '../../base/json.ts';
import { contextRules } from './context.ts';
import { MIN_BASE64, replaceBase64, replaceEscaped } from './disguised.ts';
import { cardRule, emailRule, ibanRule, type PersonalRule, phoneRule } from './personal.ts';
import { entropy, keywordRules, prefixRules, type SecretRule } from './secrets.ts';

/** Which rules apply. Secrets are always removed; the rest is the user's choice. */
export interface RedactionSettings {
  readonly emails?: boolean;
  readonly phones?: boolean;
  readonly cards?: boolean;
  readonly ibans?: boolean;
  /** Regular expressions of the user, in JavaScript's syntax without flags; `name` becomes the placeholder's. */
  readonly patterns?: readonly { readonly name: string; readonly pattern: string }[];
  /** Keys the hash in placeholders: the same value has the same placeholder in one workspace, and in no other. */
  readonly key?: string;
}

/** Hears of a replacement; the value is for finding it elsewhere in the same trace, never for a log. */
export type OnFound = (rule: string, value: string) => void;

/** Replaces what must not be stored in a text. */
export type TextRedactor = (text: string, onFound: OnFound) => string;

interface CompiledRule {
  readonly name: string;
  /** '' where the rule is tried on every text. */
  readonly keyword: string;
  readonly pattern: RegExp;
  readonly entropy: number;
}

/** @throws AppError 'bad-input' for a user's pattern that is no regular expression. */
export function createTextRedactor(settings: RedactionSettings): TextRedactor {
  const placeholder = createPlaceholder(settings.key ?? '');
  const personal = personalRules(settings);
  const own = (settings.patterns ?? []).map(compileOwn);
  const clean = createTextMemory(CACHE_ENTRIES);

  const replace = (text: string, onFound: OnFound): string => {
    const found = (rule: string, value: string): string => {
      onFound(rule, value);
      return placeholder(rule, value);
    };
    let result = replaceEscaped(text, replaceSecrets, found);
    const traits = traitsOf(result);
    if (traits.run >= MIN_BASE64) result = replaceBase64(result, replaceSecrets, found);
    // A private key's first and last line are words.
    if (traits.token || result.includes('PRIVATE KEY')) result = replaceSecrets(result, found);
    else if (traits.assignment) result = replaceContext(result, found);
    for (const rule of personal) {
      if (rule.needs === '@' ? !traits.at : traits.digits < 8) continue;
      result = result.replace(rule.pattern, (match) =>
        rule.accept(match) ? found(rule.name, match) : match,
      );
    }
    for (const { name, pattern } of own)
      result = result.replace(pattern, (match) => (match === '' ? '' : found(name, match)));
    return result === text ? text : keepJson(text, result, (inner) => replace(inner, onFound));
  };

  return (text, onFound) => {
    // Prompts repeat: that a long text has nothing to hide is remembered.
    if (text.length < CACHED_LENGTH || text.length > CACHED_MOST) return replace(text, onFound);
    if (clean.has(text)) return text;
    const result = replace(text, onFound);
    if (result === text) clean.add(text);
    return result;
  };
}

/** Texts that were seen. A set would read each text as a whole to know its number; texts that differ do so early on. */
interface TextMemory {
  has(text: string): boolean;
  add(text: string): void;
}

function createTextMemory(most: number): TextMemory {
  const byLength = new Map<number, string[]>();
  let size = 0;
  return {
    has: (text) => byLength.get(text.length)?.includes(text) ?? false,
    add: (text) => {
      if (size++ >= most) {
        byLength.clear();
        size = 1;
      }
      const known = byLength.get(text.length);
      if (known === undefined) byLength.set(text.length, [text]);
      else if (known.unshift(text) > SAME_LENGTH) known.pop();
    },
  };
}

/** Texts of one length that are remembered. */
const SAME_LENGTH = 8;
const CACHED_LENGTH = 256;
const CACHED_MOST = 1 << 16;
const CACHE_ENTRIES = 256;

/** `<rule:hash>`, 16 bits of a keyed hash: enough to tell values apart, too little to tell the value. */
export function createPlaceholder(key: string): (rule: string, value: string) => string {
  return (rule, value) => `<${rule}:${createHmac('sha256', key).update(value).digest('hex').slice(0, 4)}>`;
}

function personalRules(settings: RedactionSettings): PersonalRule[] {
  const rules: PersonalRule[] = [];
  // Cards and accounts before phones: their digits could pass for a number.
  if (settings.ibans) rules.push(ibanRule);
  if (settings.cards) rules.push(cardRule);
  if (settings.emails) rules.push(emailRule);
  if (settings.phones) rules.push(phoneRule);
  return rules;
}

function compileOwn({ name, pattern }: { name: string; pattern: string }): { name: string; pattern: RegExp } {
  if (!/^[A-Za-z0-9-]{1,32}$/.test(name))
    throw new AppError(
      'bad-input',
      `"${name}" cannot name a redaction pattern: use letters, digits and "-".`,
    );
  try {
    return { name, pattern: new RegExp(pattern, 'gu') };
  } catch (cause) {
    throw new AppError('bad-input', `The redaction pattern "${name}" is not a regular expression.`, {
      cause,
    });
  }
}

const compile = ({ name, pattern, keyword = '', entropy: least = 0 }: SecretRule): CompiledRule => ({
  name,
  keyword,
  pattern: new RegExp(pattern, 'g'),
  entropy: least,
});
const context = contextRules.map(compile);
const middle = keywordRules.map(compile);
/** All prefixes in one pass; which rule it was is asked only when something was found. */
const anyPrefix = new RegExp(prefixRules.map((rule) => `(?:${rule.pattern})`).join('|'), 'g');
const whole = prefixRules.map((rule) => ({ ...compile(rule), pattern: new RegExp(rule.pattern, 'y') }));

type Found = (rule: string, value: string) => string;

function replaceSecrets(text: string, found: Found): string {
  const result = text.replace(anyPrefix, (match, offset: number) => {
    const rule = whole.find(({ pattern }) => {
      pattern.lastIndex = offset;
      return pattern.exec(text)?.[0] === match;
    });
    if (rule !== undefined && entropy(match) < rule.entropy) return match;
    return found(rule?.name ?? 'secret', match);
  });
  let rest = result;
  for (const { name, pattern, keyword } of middle)
    if (rest.includes(keyword)) rest = rest.replace(pattern, (match) => found(name, match));
  return replaceContext(rest, found);
}

function replaceContext(text: string, found: Found): string {
  let result = text;
  for (const rule of context) {
    if (!result.includes(rule.keyword)) continue;
    result = result.replace(rule.pattern, (match, value: string) => {
      if (value.startsWith('<') || entropy(value) < rule.entropy) return match;
      const at = match.lastIndexOf(value);
      return match.slice(0, at) + found(rule.name, value) + match.slice(at + value.length);
    });
  }
  return result;
}

/** JSON in a string (a tool call's arguments) stays JSON: where replacing in the text would break it, its values are replaced. */
export function keepJson(before: string, after: string, replace: (text: string) => string): string {
  const first = before.trimStart()[0];
  if (first !== '{' && first !== '[') return after;
  const value = parseJson(before);
  if (value === undefined || parseJson(after) !== undefined) return after;
  return JSON.stringify(mapTexts(value, replace));
}

/** A JSON value with every text, keys included, put through a function. */
export function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (isArray(value)) return value.map((item) => mapTexts(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]),
  );
}

interface Traits {
  /** A run of characters that could be a key. */
  readonly token: boolean;
  /** The longest such run. */
  readonly run: number;
  /** Something is assigned: a short password could follow. */
  readonly assignment: boolean;
  readonly at: boolean;
  readonly digits: number;
}

const TOKEN = 1;
const DIGIT = 2;
const ASSIGN = 4;
const AT = 8;
const classes = new Uint8Array(128);
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.~+/:=%')
  classes[c.charCodeAt(0)] = TOKEN;
for (const c of '0123456789') classes[c.charCodeAt(0)] = TOKEN | DIGIT;
for (const c of ':=') classes[c.charCodeAt(0)]! |= ASSIGN;
classes['@'.charCodeAt(0)] = AT;

/** One look at every character decides which rules are worth trying: plain language has none of the traits of a key. */
function traitsOf(text: string): Traits {
  let seen = 0;
  let digits = 0;
  let run = 0;
  let runDigits = 0;
  let longest = 0;
  let token = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const kind = code < 128 ? classes[code]! : 0;
    seen |= kind;
    if ((kind & TOKEN) === 0) {
      run = 0;
      runDigits = 0;
      continue;
    }
    if (++run > longest) longest = run;
    if (kind & DIGIT) {
      digits++;
      runDigits++;
    }
    if (run >= 14 && (runDigits > 0 || run >= 20)) token = true;
  }
  return { token, run: longest, assignment: (seen & ASSIGN) !== 0, at: (seen & AT) !== 0, digits };
}
