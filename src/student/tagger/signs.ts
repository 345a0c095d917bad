import { hash32 } from '../../base/hash.ts';
import type { Targets } from '../../dataset/align.ts';
import type { Span } from '../../dataset/example.ts';
import { type Gazetteer, phraseKey, wordKey } from './features.ts';
import type { PlacedToken, TagGroup } from './scheme.ts';

/**
 * How the copies of an answer look, as hashes: the words at their ends and beside them, their length and letter case, and
 * whether training values were the same, or of the same words.
 */
export function signsOf(
  { slots }: TagGroup,
  tokens: readonly PlacedToken[],
  targets: Targets,
  known: Gazetteer,
): number[] {
  const words = tokens.map(({ text }) => text.toLowerCase());
  const word = (i: number): string => words[i] ?? '';
  const kinds = new Map(slots.map(({ slot, kind }) => [slot, kind]));
  return [...kinds].flatMap(([slot, kind]) => {
    const target = targets[slot];
    if (target?.kind !== 'spans') return [];
    return target.spans.flatMap((span) => {
      const [first, last] = endsOf(tokens, span);
      if (last < first) return [];
      const own = words.slice(first, last + 1);
      return [
        `before ${word(first - 1)}`,
        `first ${word(first)}`,
        `last ${word(last)}`,
        `after ${word(last + 1)}`,
        `case ${caseOf(tokens.slice(first, last + 1))}`,
        `known ${knownAs(known.phrase(phraseKey(own)), kind)}`,
        ...(own.some((part) => known.word(wordKey(part)).length === 0) ? ['new words'] : []),
      ].map((sign) => hash32(`${slot} ${sign}`, 13));
    });
  });
}

/** Places of the first and the last token of a span. */
function endsOf(tokens: readonly PlacedToken[], { slot, start, end }: Span): [first: number, last: number] {
  const isInside = (token: PlacedToken): boolean =>
    token.slot === slot && token.start >= start && token.end <= end;
  return [tokens.findIndex(isInside), tokens.findLastIndex(isInside)];
}

function caseOf(tokens: readonly PlacedToken[]): string {
  const capital = tokens.filter(({ text }) => /^\p{Lu}/u.test(text)).length;
  return capital === 0 ? 'small' : capital === tokens.length ? 'capital' : 'mixed';
}

function knownAs(kinds: readonly number[], own: number): string {
  return `${kinds.includes(own)} ${kinds.some((kind) => kind !== own)}`;
}
