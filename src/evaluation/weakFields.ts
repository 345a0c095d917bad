import { canonicalJson, isObject, type Json, parseJson } from '../base/json.ts';
import type { Answer } from '../wire/chat.ts';
import { percent } from './words.ts';

/** What a student said, null for nothing, beside what the teacher gave. */
export interface Pair {
  readonly said: Answer | null;
  readonly given: Answer;
}

/** A field that is right less often is at fault, where the rest is right at least so often. */
const weak = 0.6;
const strong = 0.85;
/** Fewer answers tell no share. */
const leastPairs = 20;

/** Which fields keep the answers from agreeing, in a sentence; '' where the answers have none or no few are at fault. */
export function weakFields(pairs: readonly Pair[]): string {
  const read = pairs.flatMap(({ said, given }) => {
    const [ours, theirs] = [said === null ? null : fieldsOf(said), fieldsOf(given)];
    return ours === null || theirs === null ? [] : [{ ours, theirs }];
  });
  if (read.length < leastPairs) return '';
  const names = new Set(read.flatMap(({ theirs }) => [...theirs.keys()]));
  const isRight = ({ ours, theirs }: (typeof read)[number], name: string): boolean =>
    ours.get(name) === theirs.get(name);
  const shares = [...names].map((name) => {
    const own = read.filter(({ theirs }) => theirs.has(name));
    return { name, n: own.length, share: own.filter((row) => isRight(row, name)).length / own.length };
  });
  const faulty = shares.filter(({ n, share }) => n >= leastPairs && share < weak);
  if (faulty.length === 0 || faulty.length === names.size) return '';
  const others = [...names].filter((name) => !faulty.some((field) => field.name === name));
  const rest = read.filter((row) => others.every((name) => isRight(row, name))).length / read.length;
  if (rest < strong) return '';
  const told = faulty.slice(0, 3).map(({ name, share }) => `${name} is right in ${percent(share)}`);
  return ` Of the answers' fields ${told.join(', ')}, all others in ${percent(rest)}: without ${faulty.length === 1 ? 'it' : 'them'} such calls might well be served.`;
}

/** The values of an answer by field; null where it is no object and calls no tool. */
function fieldsOf({ text, toolCalls }: Answer): ReadonlyMap<string, string> | null {
  const fields = new Map<string, string>();
  const add = (prefix: string, value: Json | undefined): boolean => {
    if (!isObject(value)) return false;
    for (const [key, item] of Object.entries(value)) fields.set(prefix + key, canonicalJson(item));
    return true;
  };
  if (toolCalls.length === 0) return add('', parseJson(unfenced(text ?? ''))) ? fields : null;
  for (const call of toolCalls) if (!add(`${call.name}.`, parseJson(call.arguments))) return null;
  return fields;
}

function unfenced(text: string): string {
  return text.trim().replace(/^```[a-z]*\s*|\s*```$/giu, '');
}
