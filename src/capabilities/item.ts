/** One entry of a list in a prompt, split into the value and what the prompt says about it. */
export interface Item {
  readonly value: string;
  readonly description: string;
}

const MAX_VALUE = 80;
const MAX_WORDS = 6;

const quotes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '“': '”',
  '‘': '’',
  '«': '»',
  '„': '“',
  '「': '」',
  '『': '』',
};

/**
 * Splits the first line of an entry: `label: description`, `"label" - description`, `**label** (description)` or a bare `label`.
 * @returns null where the entry is a sentence, a rule or anything else that nobody would answer with.
 */
export function splitItem(text: string): Item | null {
  const line = text.trim().replace(/^\[[ xX]?\]\s+/, '');
  if (line === '' || line.includes(SLOT)) return null;
  const end = line.indexOf('\n');
  const head = end < 0 ? line : line.slice(0, end).trimEnd();
  const item = quotedItem(head) ?? plainItem(head);
  if (item === null || end < 0) return item;
  return { value: item.value, description: `${item.description}${line.slice(end)}` };
}

/** Stands for a slot in the text of a template. */
export const SLOT = '\uFFFC';

/** Is this something that an answer could consist of? Short, one line, no sentence. */
export function isValue(text: string): boolean {
  if (text === '' || text.length > MAX_VALUE || text.includes(SLOT) || text.includes('\n')) return false;
  const words = text.split(/\s+/).length;
  if (words > MAX_WORDS) return false;
  return !(words > 2 && /[.!?]$/.test(text)) && /[\p{L}\p{N}]/u.test(text);
}

/** Takes surrounding quotes, backticks, emphasis or angle brackets off. */
export function unquote(text: string): string {
  let value = text.trim();
  for (let i = 0; i < 3; i++) {
    const closing = quotes[value[0] ?? ''];
    if (closing !== undefined && value.length > 2 && value.endsWith(closing))
      value = value.slice(1, -1).trim();
    else if (/^\*\*[^*]+\*\*$/.test(value)) value = value.slice(2, -2).trim();
    else if (/^__.+__$/.test(value) || /^\*[^*]+\*$/.test(value))
      value = value.replace(/^(__|\*)(.+)\1$/, '$2').trim();
    else break;
  }
  return value;
}

function quotedItem(line: string): Item | null {
  const bold = /^(\*\*|__)(.+?)(:?)\1(.*)$/s.exec(line);
  if (bold !== null) return withRest(unquote(bold[2]!), `${bold[3]!}${bold[4]!}`);
  const closing = quotes[line[0]!];
  if (closing === undefined) return null;
  const end = line.indexOf(closing, 1);
  if (end < 2) return null;
  return withRest(line.slice(1, end).trim(), line.slice(end + 1));
}

/** What follows a quoted value must be nothing or a separator: "`domain` is the heading" is a sentence about a field. */
function withRest(value: string, rest: string): Item | null {
  if (!isValue(value)) return null;
  const after = rest.trim();
  if (after === '' || /^[.,;]$/.test(after)) return { value, description: '' };
  const description = /^(?:[:=→]|[-–—]+>?(?=\s)|=>|\(|,\s)\s*(.*?)\)?$/s.exec(after);
  return description === null ? null : { value, description: description[1]! };
}

function plainItem(line: string): Item | null {
  const split = /^(.{1,80}?)(?::(?=\s|$)|\s+(?:[-–—=]|->|=>|→|::)(?=\s)|\t+|\s+(?=\())\s*(.*)$/su.exec(line);
  if (split !== null) {
    const value = unquote(split[1]!.trim());
    if (isValue(value) && value.split(/\s+/).length <= 5)
      return { value, description: split[2]!.replace(/^\((.*)\)$/s, '$1') };
    return null;
  }
  const value = unquote(line.replace(/[,;]$/, '').trim());
  const bare = /^\S+\.$/.test(value) ? value.slice(0, -1) : value;
  return isValue(bare) ? { value: bare, description: '' } : null;
}
