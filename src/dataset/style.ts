import { isArray, isObject, type Json, parseJson } from '../base/json.ts';
import { isTransparent, jsonFrame } from './frame.ts';
import { isBare, writeNumber } from './literals.ts';
import { readPython, writePython } from './notations/python.ts';
import { readTable, writeTable } from './notations/table.ts';
import { readXml, writeXml } from './notations/xml.ts';
import { readYaml, writeYaml } from './notations/yaml.ts';
import type { TextStyle } from './plan.ts';

export const plainStyle: TextStyle = {
  format: 'plain',
  prefix: '',
  suffix: '',
  begun: '',
  cut: '',
  itemSeparator: ',',
  keySeparator: ':',
  indent: '',
  inline: false,
  padding: '',
  asciiOnly: false,
  decimals: {},
  numbered: null,
  none: '',
};

/** The text of an answer in a style; null where the style cannot write this value. */
export function writeText(value: Json, style: TextStyle): string | null {
  const body = bodyOf(value, style);
  if (body === null) return null;
  const whole = style.prefix + body + style.suffix;
  if (!whole.startsWith(style.begun) || !whole.endsWith(style.cut)) return null;
  return whole.slice(style.begun.length, whole.length - style.cut.length);
}

function bodyOf(value: Json, style: TextStyle): string | null {
  if (style.format === 'json') return writeJson(value, style);
  if (style.format === 'lines')
    return isArray(value) ? value.map((item) => writeJson(item, style)).join('\n') : null;
  if (style.format === 'list') return isArray(value) ? writeList(value.map(String), style) : null;
  if (style.format === 'pairs') {
    if (!isObject(value)) return null;
    const lines = Object.entries(value).map(([key, item]) => key + style.keySeparator + String(item));
    return lines.join(style.itemSeparator);
  }
  if (style.format === 'python') return writePython(value);
  if (style.format === 'yaml') return style.yaml === undefined ? null : writeYaml(value, style.yaml);
  if (style.format === 'xml') return style.xml === undefined ? null : writeXml(value, style.xml);
  if (style.format === 'table') return style.table === undefined ? null : writeTable(value, style.table);
  return String(value);
}

function writeList(items: readonly string[], style: TextStyle): string {
  if (items.length === 0) return style.none;
  const { numbered } = style;
  const written = numbered === null ? items : items.map((item, i) => `${i + 1}${numbered}${item}`);
  return written.join(style.itemSeparator);
}

/** The inverse of `writeText`; undefined where the text is not written so. JSON is read in any frame that hides nothing. */
export function readText(text: string, style: TextStyle): Json | undefined {
  const whole = style.begun + text + style.cut;
  const body = unwrapText(whole, style);
  if (style.format === 'json')
    return (body === null ? undefined : parseJson(body)) ?? looselyFramed(whole, style);
  if (body === null) return undefined;
  if (style.format === 'lines') return readLines(body);
  if (style.format === 'list') return readList(body, style);
  if (style.format === 'pairs') return readPairs(body, style);
  if (style.format === 'python') return readPython(body);
  if (style.format === 'yaml') return readYaml(body);
  if (style.format === 'xml') return readXml(body, style.xml?.lists ?? []);
  if (style.format === 'table') return style.table === undefined ? undefined : readTable(body, style.table);
  return body;
}

function looselyFramed(whole: string, style: TextStyle): Json | undefined {
  const frame = jsonFrame(whole);
  return frame !== null && isTransparent(frame) && isTransparent(style) ? frame.value : undefined;
}

function readLines(body: string): Json | undefined {
  const items = body === '' ? [] : body.split('\n').map(parseJson);
  return items.some((item) => item === undefined) ? undefined : (items as Json[]);
}

export function readList(body: string, style: TextStyle): readonly string[] | undefined {
  if (body === style.none) return [];
  const items = body.split(style.itemSeparator);
  const { numbered } = style;
  if (numbered === null) return items;
  const heads = items.map((_, i) => `${i + 1}${numbered}`);
  if (items.some((item, i) => !item.startsWith(heads[i]!))) return undefined;
  return items.map((item, i) => item.slice(heads[i]!.length));
}

/** Keys with their values, where every line is a pair and no key comes twice. */
export function readPairs(body: string, style: TextStyle): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const line of body.split(style.itemSeparator)) {
    const at = line.indexOf(style.keySeparator);
    const key = at < 0 ? line.trimEnd() : line.slice(0, at);
    // An empty value loses the space after its colon in some hands: such a line is no pair.
    if (at <= 0 || Object.hasOwn(found, key)) return undefined;
    found[key] = line.slice(at + style.keySeparator.length);
  }
  return found;
}

/** The body between the style's prefix and suffix; null where the text is not framed so. */
export function unwrapText(text: string, style: Pick<TextStyle, 'prefix' | 'suffix'>): string | null {
  if (!text.startsWith(style.prefix) || !text.endsWith(style.suffix)) return null;
  if (text.length < style.prefix.length + style.suffix.length) return null;
  return text.slice(style.prefix.length, text.length - style.suffix.length);
}

/** Writes JSON in a given habit; keys in the order in which the object holds them. @param path of the value. */
export function writeJson(value: Json, style: TextStyle, path = '', depth = 0): string {
  if (isArray(value)) {
    const items = value.map((item) => writeJson(item, style, `${path}[]`, depth + 1));
    return join(items, ['[', ']'], value.every(isBare) && style.inline, '', style, depth);
  }
  if (isObject(value)) {
    const items = Object.entries(value).map(([key, item]) => {
      const own = path === '' ? key : `${path}.${key}`;
      return writeString(key, style) + style.keySeparator + writeJson(item, style, own, depth + 1);
    });
    return join(items, ['{', '}'], false, style.padding, style, depth);
  }
  if (typeof value === 'number') return writeNumber(value, style.decimals[path] ?? 0);
  return typeof value === 'string' ? writeString(value, style) : JSON.stringify(value);
}

function join(
  items: readonly string[],
  [left, right]: readonly [string, string],
  oneLine: boolean,
  padding: string,
  style: TextStyle,
  depth: number,
): string {
  if (items.length === 0) return left + right;
  if (style.indent === '' || oneLine) {
    const separator = style.indent === '' ? style.itemSeparator : ', ';
    return left + padding + items.join(separator) + padding + right;
  }
  const open = `\n${style.indent.repeat(depth + 1)}`;
  const close = `\n${style.indent.repeat(depth)}`;
  return left + open + items.join(`,${open}`) + close + right;
}

function writeString(text: string, style: TextStyle): string {
  const quoted = JSON.stringify(text);
  if (!style.asciiOnly) return quoted;
  return quoted.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
