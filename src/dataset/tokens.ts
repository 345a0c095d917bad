/** A token of the input with its place. */
export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const pattern = /\p{L}[\p{L}\p{M}]*|\p{N}+|[^\s\p{L}\p{N}]/gu;

const withSpaces = /\p{L}[\p{L}\p{M}]*|\p{N}+|\s|[^\s\p{L}\p{N}]/gu;

/**
 * Words, numbers and single other characters, in order. Every boundary of a span is a boundary of tokens.
 * @param spaces also each character of white space, for answers that copy them.
 */
export function tokenise(text: string, spaces = false): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(spaces ? withSpaces : pattern))
    tokens.push({ text: match[0], start: match.index, end: match.index + match[0].length });
  return tokens;
}
