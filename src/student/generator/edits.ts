/** What becomes of a piece of the input that is copied into a value. */
export interface Edit {
  readonly casing: Casing;
  /** Only so many first characters; 0 for all. */
  readonly head: number;
  /** Characters cut off the end, and what is written in their place. */
  readonly strip: number;
  readonly append: string;
}

/** `plain`: lower case without accents. */
export type Casing = 'same' | 'lower' | 'title' | 'upper' | 'plain';

export const casings: readonly Casing[] = ['same', 'lower', 'title', 'upper', 'plain'];

/** The edited text; empty where the edit does not apply. */
export function editText({ casing, head, strip, append }: Edit, text: string): string {
  const characters = [...text];
  if (strip >= characters.length || (head > 0 && characters.length < head)) return '';
  if ((strip > 0 || append !== '') && !/\p{L}/u.test(text)) return '';
  const kept = head > 0 ? characters.slice(0, head) : characters.slice(0, characters.length - strip);
  return cased(casing, kept.join('')) + append;
}

export function cased(casing: Casing, text: string): string {
  if (casing === 'same') return text;
  if (casing === 'upper') return text.toUpperCase();
  if (casing === 'title') {
    const [first = '', ...rest] = text;
    return first.toUpperCase() + rest.join('').toLowerCase();
  }
  const lower = text.toLowerCase();
  return casing === 'lower' ? lower : lower.normalize('NFKD').replace(/\p{M}/gu, '');
}

/** The edit with the fewest assumptions that makes a word of a piece that begins alike; null where they differ too much. */
export function editBetween(piece: string, word: string): Edit[] {
  const [from, to] = [[...piece.toLowerCase()], [...word.toLowerCase()]];
  let common = 0;
  while (common < from.length && common < to.length && from[common] === to[common]) common++;
  const [strip, append] = [from.length - common, [...word].slice(common).join('')];
  if (common < 2 || append.length > 4) return [];
  const casing = casings.find((one) => cased(one, [...piece].slice(0, common).join('')) + append === word);
  if (casing === undefined) return [];
  const edits: Edit[] = [];
  if (append === '') edits.push({ casing, head: common, strip: 0, append: '' });
  if (strip <= 4 && common >= 3) edits.push({ casing, head: 0, strip, append });
  return edits;
}
