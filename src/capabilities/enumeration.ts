import { blockEnumerations } from './blocks.ts';
import { inlineEnumerations } from './inline.ts';
import type { Item } from './item.ts';

/** A list of alternatives that a prompt writes down, in whatever style. */
export interface Enumeration {
  readonly values: readonly Item[];
  readonly form:
    | 'bullets'
    | 'numbers'
    | 'table'
    | 'definitions'
    | 'lines'
    | 'sections'
    | 'headings'
    | 'tags'
    | 'inline'
    | 'quoted';
  /** What introduces it: the line above, the words before it, the headings it stands under. */
  readonly lead: string;
  /** Line number in the text. */
  readonly at: number;
  /** Entries that are no values, or the column of a table: the more, the less likely it is what answers are chosen from. */
  readonly sentences: number;
}

/** Prompts beyond this are read up to here: what a person enumerates is at the front, what comes later is data. */
const MAX_TEXT = 1_000_000;

/** Every list of alternatives in a prompt's constant text. Slots are written as `SLOT` of item.ts. Linear in the text. */
export function enumerations(text: string): Enumeration[] {
  const bounded = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
  const normal = bounded.replaceAll('\r\n', '\n');
  return [...blockEnumerations(normal), ...inlineEnumerations(normal)].map(distinct);
}

function distinct(enumeration: Enumeration): Enumeration {
  const seen = new Set<string>();
  const values = enumeration.values.filter((item) => !seen.has(item.value) && seen.add(item.value));
  return { ...enumeration, values };
}
