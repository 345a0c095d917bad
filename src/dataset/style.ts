import { isArray, isObject, type Json, parseJson } from '../base/json.ts';
import type { TextStyle } from './plan.ts';

export const plainStyle: TextStyle = {
  format: 'plain',
  prefix: '',
  suffix: '',
  itemSeparator: ',',
  keySeparator: ':',
  indent: 0,
  asciiOnly: false,
  text: null,
};

/** Writes JSON in a given habit; keys in the order in which the object holds them. */
export function writeJson(value: Json, style: TextStyle, depth = 0): string {
  const open = style.indent > 0 ? `\n${' '.repeat(style.indent * (depth + 1))}` : '';
  const close = style.indent > 0 ? `\n${' '.repeat(style.indent * depth)}` : '';
  const join = (items: readonly string[], left: string, right: string): string =>
    items.length === 0
      ? left + right
      : left +
        open +
        items.join(style.itemSeparator.trimEnd() + (open || style.itemSeparator.slice(1))) +
        close +
        right;
  if (isArray(value))
    return join(
      value.map((item) => writeJson(item, style, depth + 1)),
      '[',
      ']',
    );
  if (isObject(value)) {
    const items = Object.entries(value).map(
      ([key, item]) => writeString(key, style) + style.keySeparator + writeJson(item, style, depth + 1),
    );
    return join(items, '{', '}');
  }
  return typeof value === 'string' ? writeString(value, style) : JSON.stringify(value);
}

function writeString(text: string, style: TextStyle): string {
  const quoted = JSON.stringify(text);
  if (!style.asciiOnly) return quoted;
  return quoted.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The body between the style's prefix and suffix; null where the text is not framed so. */
export function unwrapText(text: string, style: TextStyle): string | null {
  if (!text.startsWith(style.prefix) || !text.endsWith(style.suffix)) return null;
  if (text.length < style.prefix.length + style.suffix.length) return null;
  return text.slice(style.prefix.length, text.length - style.suffix.length);
}

const habits: readonly Pick<TextStyle, 'itemSeparator' | 'keySeparator' | 'indent'>[] = [
  { itemSeparator: ',', keySeparator: ':', indent: 0 },
  { itemSeparator: ', ', keySeparator: ': ', indent: 0 },
  { itemSeparator: ',', keySeparator: ': ', indent: 2 },
  { itemSeparator: ',', keySeparator: ': ', indent: 4 },
  { itemSeparator: ', ', keySeparator: ':', indent: 0 },
  { itemSeparator: ',', keySeparator: ': ', indent: 0 },
  { itemSeparator: ',', keySeparator: ': ', indent: 1 },
];

/** The frame around a JSON body: code fences, a lead-in, white space. null where the text holds no JSON. */
export function jsonFrame(text: string): { prefix: string; body: string; suffix: string } | null {
  const start = text.search(/[[{]/);
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  if (start < 0 || end < start) return null;
  const body = text.slice(start, end + 1);
  if (parseJson(body) === undefined) return null;
  return { prefix: text.slice(0, start), body, suffix: text.slice(end + 1) };
}

/** The habit in which most of these JSON texts are written, frame included; null where fewer than `least` share one. */
export function jsonStyle(texts: readonly string[], least = 0.9): TextStyle | null {
  const votes = new Map<string, { style: TextStyle; count: number }>();
  let silent = 0;
  for (const text of texts) {
    const frame = jsonFrame(text);
    if (frame === null) continue;
    const style = styleOf(frame);
    if (style === 'any') silent++;
    if (style === null || style === 'any') continue;
    const key = JSON.stringify({ ...style, asciiOnly: false });
    const vote = votes.get(key) ?? { style, count: 0 };
    votes.set(key, { style: style.asciiOnly ? style : vote.style, count: vote.count + 1 });
  }
  const best = [...votes.values()].sort((a, b) => b.count - a.count)[0];
  if (best === undefined) return silent > 0 ? { ...plainStyle, format: 'json' } : null;
  return best.count + silent >= least * texts.length ? best.style : null;
}

/** `any`: an empty object or a bare value that every habit writes alike. */
function styleOf(frame: { prefix: string; body: string; suffix: string }): TextStyle | 'any' | null {
  const value = parseJson(frame.body);
  if (value === undefined) return null;
  if (frame.body === '{}' && frame.prefix === '' && frame.suffix === '') return 'any';
  for (const habit of habits) {
    const style: TextStyle = {
      ...plainStyle,
      ...habit,
      format: 'json',
      prefix: frame.prefix,
      suffix: frame.suffix,
    };
    if (writeJson(value, style) === frame.body) return style;
    const ascii = { ...style, asciiOnly: true };
    if (writeJson(value, ascii) === frame.body) return ascii;
  }
  return null;
}
