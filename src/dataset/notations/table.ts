import { isArray, isObject, type Json } from '../../base/json.ts';

/** Rows of as many cells each: CSV, tables in Markdown, lines of a name and an amount. */

export interface TableHabit {
  /** Lines that always stand above the rows. */
  readonly head: readonly string[];
  /** What a row begins with, what stands between its cells and what it ends in. */
  readonly row: readonly [before: string, between: string, after: string];
  /** Names of the cells. */
  readonly keys: readonly string[];
}

/** A list with an object for each row, its cells as texts; undefined where the text is no such table. */
export function readTable(text: string, { head, row, keys }: TableHabit): Json | undefined {
  const lines = text === '' ? [] : text.split('\n');
  if (head.some((line, i) => lines[i] !== line)) return undefined;
  const rows: Json[] = [];
  for (const line of lines.slice(head.length)) {
    const cells = cellsOf(line, row);
    if (cells === null || cells.length !== keys.length) return undefined;
    rows.push(Object.fromEntries(keys.map((key, i) => [key, cells[i]!])));
  }
  return rows;
}

/** The inverse; null where the value is no list of such objects. */
export function writeTable(value: Json, { head, row, keys }: TableHabit): string | null {
  if (!isArray(value)) return null;
  const lines: string[] = [...head];
  for (const item of value) {
    if (!isObject(item)) return null;
    const cells = keys.map((key) => quotedCell(String(item[key] ?? ''), row[1]));
    lines.push(row[0] + cells.join(row[1]) + row[2]);
  }
  return lines.join('\n');
}

/** The cells of a line; null where it is not written so. */
export function cellsOf(line: string, [before, between, after]: TableHabit['row']): string[] | null {
  if (!line.startsWith(before) || !line.endsWith(after) || line.length < before.length + after.length)
    return null;
  const inner = line.slice(before.length, line.length - after.length);
  if (!inner.includes('"') || !quotes(between)) return inner.split(between);
  const cells: string[] = [];
  const pattern = /"((?:[^"]|"")*)"|([^"]*?)(?=[,;\t]|$)/uy;
  for (let at = 0; at <= inner.length; ) {
    pattern.lastIndex = at;
    const match = pattern.exec(inner);
    if (match === null) return null;
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    at += match[0].length;
    if (at === inner.length) return cells;
    if (!inner.startsWith(between, at)) return null;
    at += between.length;
  }
  return cells;
}

/** Marks between which a cell may stand in quotes, for it may hold them itself. */
function quotes(between: string): boolean {
  return /^[,;\t] ?$/u.test(between);
}

function quotedCell(cell: string, between: string): string {
  if (!quotes(between) || !(cell.includes('"') || cell.includes(between.trimEnd()))) return cell;
  return `"${cell.replaceAll('"', '""')}"`;
}
