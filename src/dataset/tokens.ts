/** A token of the input with its place; tokens never hold white space. */
export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const pattern = /\p{L}[\p{L}\p{M}]*|\p{N}+|[^\s\p{L}\p{N}]/gu;

/** Words, numbers and single other characters, in order. Every boundary of a span is a boundary of tokens. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(pattern))
    tokens.push({ text: match[0], start: match.index, end: match.index + match[0].length });
  return tokens;
}
