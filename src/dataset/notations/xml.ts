import { isArray, isObject, type Json } from '../../base/json.ts';

/** Elements without attributes that hold either a text or other elements. */

export interface XmlHabit {
  /** Paths of elements that may come several times: "order/item". */
  readonly lists: readonly string[];
  /** What stands before an element that is not the first thing on its line: a line break and so often a step; '' for one line. */
  readonly step: string | null;
  /** Elements without content close themselves. */
  readonly closesEmpty: boolean;
}

/** Steps of indentation, null for no line breaks. */
export const xmlSteps: readonly (string | null)[] = [null, '  ', '    ', '\t', ''];

interface Element {
  readonly tag: string;
  readonly content: string | readonly Element[];
}

/** The elements as an object of texts, objects and lists; undefined where the text is something else. */
export function readXml(text: string, lists: readonly string[]): Json | undefined {
  const elements = elementsOf(text.trim());
  return elements === null || elements.length === 0 ? undefined : (valueIn(elements, '', lists) ?? undefined);
}

/** Paths of elements that stand several times beside each other in a text. */
export function repeatedPaths(text: string): string[] {
  const found = new Set<string>();
  const walk = (elements: readonly Element[], path: string): void => {
    const seen = new Set<string>();
    for (const { tag, content } of elements) {
      if (seen.has(tag)) found.add(path + tag);
      seen.add(tag);
      if (typeof content !== 'string') walk(content, `${path}${tag}/`);
    }
  };
  walk(elementsOf(text.trim()) ?? [], '');
  return [...found];
}

export function writeXml(value: Json, habit: XmlHabit): string | null {
  return isObject(value) ? linesOf(value, 0, habit).join(habit.step === null ? '' : '\n') : null;
}

const opening = /^<([\p{L}_][\p{L}\p{N}_.-]*)(\s*\/)?>/u;

function elementsOf(text: string): Element[] | null {
  const found: Element[] = [];
  let rest = text;
  while (rest !== '') {
    const match = opening.exec(rest);
    if (match === null) return null;
    const tag = match[1]!;
    if (match[2] !== undefined) {
      found.push({ tag, content: '' });
      rest = rest.slice(match[0].length).trimStart();
      continue;
    }
    const end = closingOf(rest, tag);
    if (end < 0) return null;
    const inner = rest.slice(match[0].length, end);
    const below = opening.test(inner.trimStart()) ? elementsOf(inner.trim()) : null;
    if (below === null && /[<>]/u.test(inner)) return null;
    found.push({ tag, content: below ?? unescaped(inner) });
    rest = rest.slice(end + tag.length + 3).trimStart();
  }
  return found;
}

/** Where the first element of a text is closed; -1 where it is not. */
function closingOf(text: string, tag: string): number {
  let depth = 0;
  for (const { 0: mark, index } of text.matchAll(/<\/?([\p{L}_][\p{L}\p{N}_.-]*)>/gu)) {
    if (mark === `<${tag}>`) depth++;
    if (mark === `</${tag}>` && --depth === 0) return index;
  }
  return -1;
}

function valueIn(elements: readonly Element[], path: string, lists: readonly string[]): Json | null {
  const value: Record<string, Json> = {};
  for (const { tag, content } of elements) {
    const here = path + tag;
    const holdsLists = lists.some((list) => list.startsWith(`${here}/`));
    const item =
      typeof content === 'string' && !(content === '' && holdsLists)
        ? content
        : valueIn(typeof content === 'string' ? [] : content, `${here}/`, lists);
    if (item === null) return null;
    const before = value[tag];
    if (isArray(before)) value[tag] = [...before, item];
    else if (before !== undefined) return null;
    else value[tag] = lists.includes(here) ? [item] : item;
  }
  for (const list of lists) {
    const tag = list.startsWith(path) ? list.slice(path.length) : '/';
    if (!tag.includes('/')) value[tag] ??= [];
  }
  return value;
}

function linesOf(value: Json & object, depth: number, habit: XmlHabit): string[] {
  const space = (habit.step ?? '').repeat(depth);
  return Object.entries(value).flatMap(([tag, item]: [string, Json]) =>
    (isArray(item) ? item : [item]).flatMap((one) => {
      const below = isObject(one) ? linesOf(one, depth + 1, habit) : [];
      if (below.length > 0) return [`${space}<${tag}>`, ...below, `${space}</${tag}>`];
      const text = isObject(one) ? '' : escaped(String(one));
      return [text === '' && habit.closesEmpty ? `${space}<${tag}/>` : `${space}<${tag}>${text}</${tag}>`];
    }),
  );
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function escaped(text: string): string {
  return text.replace(/[&<>]/gu, (c) => entities[c]!);
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
