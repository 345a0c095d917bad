/** The one normalisation that decides whether two inputs are "the same": NFKC, lower case, single spaces, trimmed. */
export function normaliseText(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

/** At most `length` characters, with an ellipsis where something was cut. Never cuts a surrogate pair. */
export function shorten(text: string, length: number): string {
  const characters = [...text.slice(0, length * 2 + 2)];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/** A long text in three pieces of equal length: its beginning, which many documents share, its middle and its end. */
export function excerpt(text: string, length: number): string {
  if (text.length <= length) return text;
  const piece = Math.floor(length / 3);
  const middle = Math.floor((text.length - piece) / 2);
  return `${text.slice(0, piece)}\n${text.slice(middle, middle + piece)}\n${text.slice(-piece)}`;
}
