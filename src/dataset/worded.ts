import type { Json } from '../base/json.ts';
import type { ModelInput } from './example.ts';
import { normalise } from './normaliser.ts';
import type { Mention } from './plan.ts';

/** Texts that say what other fields of their object have: "[BUG-12] Fix crash" beside an id and a kind. */

/** Stands for a mention in a text without them: of the private characters, which nobody writes. */
const firstMark = 0xe000;

/** The text with a mark in place of every mention. */
export function withoutMentions(
  text: string,
  mentions: readonly Mention[],
  fields: Readonly<Record<string, Json>>,
  context: ModelInput['context'],
): string {
  const said = mentions
    .map((mention, i) => ({ i, own: saidAs(mention, fields, context) ?? '' }))
    .filter(({ own }) => own !== '')
    .sort((a, b) => b.own.length - a.own.length);
  return said.reduce((rest, { i, own }) => replaceWhole(rest, own, String.fromCharCode(firstMark + i)), text);
}

/** The inverse; null where a field that is mentioned says nothing. */
export function withMentions(
  text: string,
  mentions: readonly Mention[],
  fields: Readonly<Record<string, Json>>,
  context: ModelInput['context'],
): string | null {
  let isWhole = true;
  const filled = text.replace(/[\ue000-\uf8ff]/gu, (mark) => {
    const mention = mentions[mark.charCodeAt(0) - firstMark];
    const own = mention === undefined ? null : saidAs(mention, fields, context);
    isWhole &&= own !== null;
    return own ?? '';
  });
  return isWhole ? filled : null;
}

/** What a field says in a text; null where it is neither a text nor a number. */
export function saidAs(
  { of, normalisers }: Mention,
  fields: Readonly<Record<string, Json>>,
  context: ModelInput['context'],
): string | null {
  const value = fields[of];
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  return normalise(String(value), normalisers, context);
}

/** Replaces a text where it is no part of a longer word or number. */
function replaceWhole(text: string, own: string, mark: string): string {
  let out = '';
  let at = 0;
  for (let found = text.indexOf(own); found >= 0; found = text.indexOf(own, found + own.length)) {
    if (!isWhole(text, found, found + own.length)) continue;
    out += text.slice(at, found) + mark;
    at = found + own.length;
  }
  return out + text.slice(at);
}

function isWhole(text: string, start: number, end: number): boolean {
  return (
    !/^[\p{L}\p{N}]{2}$/u.test(text.slice(start - 1, start + 1)) &&
    !/^[\p{L}\p{N}]{2}$/u.test(text.slice(end - 1, end + 1))
  );
}
