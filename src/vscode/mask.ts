/** Languages whose call sites are found. */
export type SourceLanguage = 'javascript' | 'python';

/** The scanner's language for an editor language id; null where there is none. */
export function sourceLanguage(languageId: string): SourceLanguage | null {
  if (languageId === 'python') return 'python';
  return /^(type|java)script(react)?$/.test(languageId) ? 'javascript' : null;
}

/**
 * The text with the inside of strings and comments blanked, character for character, so that offsets stay true and a
 * search finds code only. Quotes themselves stay, which keeps string literals recognisable.
 */
export function mask(text: string, language: SourceLanguage): string {
  const out = text.split('');
  let i = 0;
  while (i < text.length) {
    const end = language === 'python' ? pythonSkip(text, i) : javascriptSkip(text, i);
    if (end === null) {
      i++;
      continue;
    }
    for (let k = i + end.open; k < end.to - end.close; k++) if (out[k] !== '\n') out[k] = ' ';
    i = end.to;
  }
  return out.join('');
}

/** A stretch to blank: it ends before `to`, and its first `open` and last `close` characters stay. */
interface Stretch {
  readonly to: number;
  readonly open: number;
  readonly close: number;
}

function javascriptSkip(text: string, i: number): Stretch | null {
  const char = text[i];
  if (char === '/' && text[i + 1] === '/') return { to: endOfLine(text, i), open: 0, close: 0 };
  if (char === '/' && text[i + 1] === '*') {
    const end = text.indexOf('*/', i + 2);
    return { to: end < 0 ? text.length : end + 2, open: 0, close: 0 };
  }
  if (char === "'" || char === '"') return quoted(text, i, char, false);
  if (char === '`') return template(text, i);
  if (char === '/' && startsPattern(text, i)) return quoted(text, i, '/', false);
  return null;
}

function pythonSkip(text: string, i: number): Stretch | null {
  const char = text[i];
  if (char === '#') return { to: endOfLine(text, i), open: 0, close: 0 };
  if (char !== "'" && char !== '"') return null;
  const triple = char.repeat(3);
  return text.startsWith(triple, i) ? quoted(text, i, triple, true) : quoted(text, i, char, false);
}

function quoted(text: string, start: number, quote: string, multiline: boolean): Stretch {
  for (let i = start + quote.length; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text.startsWith(quote, i))
      return { to: i + quote.length, open: quote.length, close: quote.length };
    else if (!multiline && text[i] === '\n') return { to: i, open: quote.length, close: 0 };
  }
  return { to: text.length, open: quote.length, close: 0 };
}

/** A template literal with everything in it, the code in `${}` included. */
function template(text: string, start: number): Stretch {
  let depth = 0;
  for (let i = start + 1; i < text.length; i++) {
    const char = text[i];
    if (char === '\\') i++;
    else if (depth === 0 && char === '`') return { to: i + 1, open: 1, close: 1 };
    else if (depth === 0 && char === '$' && text[i + 1] === '{') {
      depth = 1;
      i++;
    } else if (depth > 0) {
      if (char === '{') depth++;
      else if (char === '}') depth--;
      else if (char === '`') i = template(text, i).to - 1;
      else if (char === "'" || char === '"') i = quoted(text, i, char, false).to - 1;
    }
  }
  return { to: text.length, open: 1, close: 0 };
}

/** Whether the slash at `i` begins a regular expression: what stands before it cannot end an operand. */
function startsPattern(text: string, i: number): boolean {
  const before = text.slice(Math.max(0, i - 20), i).trimEnd();
  if (before === '') return true;
  return /[(,=:[!&|?{};+*%<>~^-]$/.test(before) || /\b(return|typeof|case|in|of|do|else)$/.test(before);
}

function endOfLine(text: string, i: number): number {
  const end = text.indexOf('\n', i);
  return end < 0 ? text.length : end;
}
