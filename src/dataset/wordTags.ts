import { isArray, type Json } from '../base/json.ts';
import type { ModelInput, Span, Target } from './example.ts';
import type { PlanNode, WordTags } from './plan.ts';
import { type Token, tokenise } from './tokens.ts';

/** Answers with a tag for each word of the input: "O B-PER I-PER O". */

type Tagged = PlanNode & WordTags;

/** The words that answers count: parts between spaces, or words and marks apart. */
export function countedWords(text: string, by: WordTags['by']): Token[] {
  if (by === 'tokens') return tokenise(text);
  return [...text.matchAll(/\S+/gu)].map(({ 0: word, index }) => ({
    text: word,
    start: index,
    end: index + word.length,
  }));
}

/** What a tag says: the kind of its words, and whether they begin anew; null for words of no kind. */
export function readTag(
  tag: string,
  { outside, begins }: Pick<WordTags, 'outside' | 'begins'>,
): { readonly kind: string; readonly isFirst: boolean } | null {
  if (tag === outside) return null;
  if (!begins) return { kind: tag, isFirst: true };
  const match = /^([BI])-(.+)$/su.exec(tag);
  return match === null ? null : { kind: match[2]!, isFirst: match[1] === 'B' };
}

/** Finds the runs of words of each kind and notes them by slot; else says why not. */
export function alignTags(
  node: Tagged,
  value: Json,
  input: ModelInput,
  targets: Record<string, Target>,
): string | null {
  const words = countedWords(input.slots[node.from] ?? '', node.by);
  if (!isArray(value) || value.length !== words.length) return 'there is not one tag for each word';
  const spans = new Map<string, Span[]>(node.kinds.map(({ tag }) => [tag, []]));
  let last: { kind: string; span: Span } | null = null;
  for (const [i, own] of value.entries()) {
    const { start, end } = words[i]!;
    const read = typeof own === 'string' ? readTag(own, node) : null;
    if (read === null) {
      if (own !== node.outside) return 'a tag is unusual';
      last = null;
      continue;
    }
    const found = spans.get(read.kind);
    if (found === undefined) return 'a tag is too rare to learn';
    if (read.isFirst) found.push({ slot: node.from, start, end });
    else if (last === null || last.kind !== read.kind) return 'a tag goes on without a beginning';
    else found[found.length - 1] = { ...found.at(-1)!, end };
    last = { kind: read.kind, span: found.at(-1)! };
  }
  for (const { tag, slot } of node.kinds) targets[slot.name] = { kind: 'spans', spans: spans.get(tag)! };
  return null;
}

/** The tags of all words by the places of each kind. */
export function wordTags(
  node: Tagged,
  spansOf: (slot: string) => readonly Span[],
  input: ModelInput,
): string[] {
  const words = countedWords(input.slots[node.from] ?? '', node.by);
  const tags = words.map(() => node.outside);
  for (const { tag, slot } of node.kinds)
    for (const span of spansOf(slot.name)) {
      let isFirst = true;
      for (const [i, word] of words.entries()) {
        if (span.slot !== node.from || word.start < span.start || word.start >= span.end) continue;
        tags[i] = node.begins ? `${isFirst ? 'B' : 'I'}-${tag}` : tag;
        isFirst = false;
      }
    }
  return tags;
}
