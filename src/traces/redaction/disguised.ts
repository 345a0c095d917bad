/**
 * Secrets that are spelled otherwise: with the escapes of JSON (`\u0073k-...`) or of URLs (`sk%2D...`) in a text that is
 * neither, or in base64, as Kubernetes keeps them. What is found is replaced as it stands there.
 */

/** Finds the secrets of a text and tells of each; gives the text without them. */
type Replace = (text: string, found: (rule: string, value: string) => string) => string;

/** ASCII that nobody has to escape, and line ends. */
const mayBeEscaped = /\\u00[2-7]|%[2-7][0-9a-f]/i;
const escapes = /\\+u00([2-7][0-9a-f]|0[ad])|%([2-7][0-9a-f]|0[ad])/gi;

/** No secret is shorter, and no text without one is worth a second look. */
const MIN_WORD = 16;

/** Of the escapes of JSON and URLs: word by word, for most texts have few such words. */
export function replaceEscaped(text: string, replace: Replace, found: Parameters<Replace>[1]): string {
  if (!(text.includes('%') || text.includes('\\u00')) || !mayBeEscaped.test(text)) return text;
  return text
    .split(/([\s"'<>]+)/)
    .map((word) =>
      word.length < MIN_WORD || !mayBeEscaped.test(word) ? word : replaceIn(word, replace, found),
    )
    .join('');
}

function replaceIn(word: string, replace: Replace, found: Parameters<Replace>[1]): string {
  const plain = word.replace(escapes, (_, json?: string, url?: string) =>
    String.fromCharCode(Number.parseInt(json ?? url ?? '', 16)),
  );
  let result = word;
  replace(plain, (rule, value) => {
    const spelled = new RegExp([...value].map(spellings).join(''), 'gi');
    if (value !== '') result = result.replace(spelled, () => found(rule, value));
    return '<found>';
  });
  return result;
}

/** A character as it is, or escaped. */
function spellings(character: string): string {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  const plain = character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const short = character === '\n' ? '|\\\\+n' : '';
  return `(?:${plain}|\\\\+u00${hex}|%${hex}${short})`;
}

/** Shorter ones hold no key. */
export const MIN_BASE64 = 24;
const base64 = /[A-Za-z0-9+/_-]{24,}={0,2}/g;

/** Of base64. */
export function replaceBase64(text: string, replace: Replace, found: Parameters<Replace>[1]): string {
  return text.replace(base64, (token) => {
    const said = Buffer.from(token, 'base64').toString('latin1');
    // What decodes to anything but ASCII was none, or holds no text.
    if (/[^\t\n\r -~]/.test(said)) return token;
    let isSecret = false;
    replace(said, () => {
      isSecret = true;
      return '<found>';
    });
    return isSecret ? found('secret', token) : token;
  });
}
