/** What becomes of a piece of the input that is copied into a value. */
export interface Edit {
  readonly casing: Casing;
  /** Only so many first characters; 0 for all. */
  readonly head: number;
  /** The ending that is cut off, in lower case, and what is written in its place; pieces that end otherwise have no such edit. */
  readonly cut: string;
  readonly append: string;
}

/** `plain`: lower case without accents. */
type Casing = 'same' | 'lower' | 'title' | 'upper' | 'plain';

export const casings: readonly Casing[] = ['same', 'lower', 'title', 'upper', 'plain'];

const mostChanged = 4;

/** The edited text; empty where the edit does not apply. */
export function editText({ casing, head, cut, append }: Edit, text: string): string {
  const characters = [...text];
  if (cut.length >= text.length || (head > 0 && characters.length < head)) return '';
  if (!text.toLowerCase().endsWith(cut) || (append !== '' && !/\p{L}$/u.test(text))) return '';
  const kept = head > 0 ? characters.slice(0, head).join('') : text.slice(0, text.length - cut.length);
  return cased(casing, kept) + append;
}

function cased(casing: Casing, text: string): string {
  if (casing === 'same') return text;
  if (casing === 'upper') return text.toUpperCase();
  if (casing === 'title') {
    const [first = '', ...rest] = text;
    return first.toUpperCase() + rest.join('').toLowerCase();
  }
  const lower = text.toLowerCase();
  return casing === 'lower' ? lower : lower.normalize('NFKD').replace(/\p{M}/gu, '');
}

/** The edits with the fewest assumptions that make a word of a piece that begins alike; none where they differ too much. */
export function editBetween(piece: string, word: string): Edit[] {
  const [from, to] = [piece.toLowerCase(), word.toLowerCase()];
  // Lower case may be longer ("İ"): such words are left to the vocabulary.
  if (from.length !== piece.length || to.length !== word.length) return [];
  let common = 0;
  while (common < from.length && common < to.length && from[common] === to[common]) common++;
  const [cut, append] = [from.slice(common), word.slice(common)];
  if (common < 2 || append.length > mostChanged) return [];
  const casing = casings.find((one) => cased(one, piece.slice(0, common)) + append === word);
  if (casing === undefined) return [];
  const edits: Edit[] = [];
  if (append === '') edits.push({ casing, head: common, cut: '', append });
  if (cut.length <= mostChanged && common >= 3) edits.push({ casing, head: 0, cut, append });
  return edits;
}
