import type { Enumeration } from './enumeration.ts';
import { type Item, isValue, SLOT, splitItem, unquote } from './item.ts';

interface Line {
  readonly indent: number;
  readonly marker: Marker;
  readonly text: string;
}

type Marker = 'bullet' | 'number' | 'row' | 'heading' | 'blank' | 'plain';

/** A run of list entries of one level under its heading. */
interface Block {
  readonly form: Enumeration['form'];
  readonly items: readonly (Item | null)[];
  readonly lead: string;
  readonly heading: string | null;
  /** Depth of the heading: number of #, 9 for a line that ends with a colon. */
  readonly level: number;
  readonly parent: string;
  readonly start: number;
  readonly end: number;
}

/** Lists that are written one entry per line: bullets, numbers, table rows, definitions, plain lines, headings with bullets. */
export function blockEnumerations(text: string): Enumeration[] {
  const lines = underlined(text.split('\n').map(readLine));
  const parents = headingParents(lines);
  const blocks = findBlocks(lines, parents);
  const found: Enumeration[] = [];
  for (const block of blocks) {
    const enumeration = ofBlock(block);
    if (enumeration !== null) found.push(enumeration);
  }
  return [...found, ...tables(lines, parents), ...sections(blocks)];
}

/** A line underlined with = or - is a heading. */
function underlined(lines: readonly Line[]): readonly Line[] {
  return lines.map((line, i) => {
    if (/^(?:={3,}|-{3,})$/.test(line.text)) return { indent: 0, marker: 'blank', text: '' };
    const next = lines[i + 1]?.text ?? '';
    const heading = line.marker === 'plain' && /^(?:={3,}|-{3,})$/.test(next);
    return heading ? { ...line, marker: 'heading', text: `# ${line.text}` } : line;
  });
}

function readLine(raw: string): Line {
  const text = raw.trimEnd();
  const content = text.trimStart();
  const indent = text.length - content.length;
  if (content === '') return { indent: 0, marker: 'blank', text: '' };
  const bullet = /^(?:--|[-*•‣◦–—+·▪●○])\s+(.*)$/su.exec(content);
  if (bullet !== null) return { indent, marker: 'bullet', text: bullet[1]! };
  const number = /^(?:\(?(?:\d{1,5}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|#\d+[.:)]?)\s+(.*)$/su.exec(content);
  if (number !== null) return { indent, marker: 'number', text: number[1]! };
  if (/^\|.*\|$/.test(content)) return { indent, marker: 'row', text: content };
  if (/^#{1,6}\s+\S/.test(content) || /^(\*\*|__)[^*]{1,80}\1:?$/.test(content))
    return { indent, marker: 'heading', text: content };
  return { indent, marker: 'plain', text: content };
}

function findBlocks(lines: readonly Line[], parents: ReadonlyMap<number, string>): Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!;
    if (line.marker === 'bullet' || line.marker === 'number') {
      i = listBlock(lines, i, parents, blocks);
    } else if (line.marker === 'plain') {
      i = plainBlock(lines, i, parents, blocks);
    } else i++;
  }
  return blocks;
}

function listBlock(
  lines: readonly Line[],
  start: number,
  parents: ReadonlyMap<number, string>,
  blocks: Block[],
): number {
  const first = lines[start]!;
  const items: string[] = [];
  const nested: Line[] = [];
  let i = start;
  for (; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.marker === first.marker && line.indent === first.indent) items.push(line.text);
    else if (line.marker === 'blank') {
      const next = lines[i + 1];
      if (next === undefined || next.marker !== first.marker || next.indent !== first.indent) break;
    } else if (line.indent > first.indent && line.marker !== 'heading') {
      nested.push(line);
      if (line.marker === 'plain') items[items.length - 1] += `\n${line.text}`;
    } else break;
  }
  const around = context(lines, start, parents);
  const form = first.marker === 'number' ? 'numbers' : 'bullets';
  blocks.push({ form, items: items.map(splitItem), ...around, start, end: i });
  const children = nested.filter((line) => line.marker === 'bullet' || line.marker === 'number');
  if (children.length >= 2)
    blocks.push({ form, items: children.map((line) => splitItem(line.text)), ...around, start, end: i });
  return Math.max(i, start + 1);
}

/** Lines without markers: `label: description` or one label per line, after something that introduces them. */
function plainBlock(
  lines: readonly Line[],
  start: number,
  parents: ReadonlyMap<number, string>,
  blocks: Block[],
): number {
  const introduced = start > 0 && isLead(lines, start);
  const items: (Item | null)[] = [];
  let described = 0;
  let i = start;
  for (; i < lines.length && lines[i]!.marker === 'plain' && lines[i]!.indent === lines[start]!.indent; i++) {
    const text = lines[i]!.text;
    if (/:$/.test(text)) break; // The next list's heading.
    const item = splitItem(text);
    if (item !== null && item.description !== '') described++;
    items.push(item);
  }
  const good = items.filter((item) => item !== null).length;
  if (good === items.length && good >= 2 && (introduced || described === good))
    blocks.push({
      form: described === good ? 'definitions' : 'lines',
      items,
      ...context(lines, start, parents),
      start,
      end: i,
    });
  return Math.max(i, start + 1);
}

function isLead(lines: readonly Line[], start: number): boolean {
  for (let i = start - 1; i >= 0; i--) {
    const line = lines[i]!;
    if (line.marker === 'blank') continue;
    return line.marker === 'heading' || line.text.endsWith(':');
  }
  return false;
}

/** What introduces a block: the line above it, and the heading it stands under. */
function context(
  lines: readonly Line[],
  start: number,
  parents: ReadonlyMap<number, string>,
): Pick<Block, 'lead' | 'heading' | 'level' | 'parent'> {
  let lead = '';
  let at = -1;
  for (let i = start - 1, seen = 0; i >= 0 && seen < 2; i--) {
    const line = lines[i]!;
    if (line.marker === 'blank') continue;
    seen++;
    if (line.marker === 'bullet' || line.marker === 'number') break;
    lead = `${line.text}\n${lead}`;
    if (at < 0) at = i;
    if (line.marker === 'heading' || line.text.endsWith(':')) break;
  }
  const above = lead.trim().split('\n').at(-1) ?? '';
  const level = headingLevel(above);
  const parent = parents.get(at) ?? '';
  return { lead: lead.trim(), heading: level === 0 ? null : headingText(above), level, parent };
}

/** Line of a heading -> the heading above it in the outline. */
function headingParents(lines: readonly Line[]): Map<number, string> {
  const parents = new Map<number, string>();
  const open: { readonly level: number; readonly text: string }[] = [];
  lines.forEach((line, i) => {
    if (line.marker !== 'heading') return;
    const level = headingLevel(line.text);
    while (open.length > 0 && open.at(-1)!.level >= level) open.pop();
    const parent = open.at(-1);
    if (parent !== undefined) parents.set(i, parent.text);
    open.push({ level, text: line.text });
  });
  return parents;
}

function headingLevel(text: string): number {
  const hashes = /^#{1,6}(?=\s)/.exec(text);
  if (hashes !== null) return hashes[0].length;
  if (/^(\*\*|__).*\1:?$/.test(text)) return 8;
  return text.endsWith(':') && text.split(/\s+/).length <= 6 ? 9 : 0;
}

function headingText(text: string): string {
  return unquote(
    text
      .replace(/^#{1,6}\s+/, '')
      .replace(/:$/, '')
      .trim(),
  ).replace(/:$/, '');
}

function ofBlock(block: Block, least = 2): Enumeration | null {
  const items = unkeyed(block.items.filter((item) => item !== null));
  if (items.length < least || items.length < 0.8 * block.items.length) return null;
  const sentences = block.items.length - items.length;
  return {
    values: items,
    form: block.form,
    lead: `${block.parent}\n${block.lead}`.trim(),
    at: block.start,
    sentences,
  };
}

/** `- name: billing` in every entry: the values are behind the key. */
function unkeyed(items: readonly Item[]): readonly Item[] {
  const key = items[0]?.value ?? '';
  if (!/^(?:name|id|label|key|intent|category|value|title|tag|class)$/i.test(key)) return items;
  const inner = items.map((item) => (item.value === key ? splitItem(item.description) : null));
  return inner.every((item) => item !== null) ? inner : items;
}

/** Sibling headings with a list under each: the headings are one enumeration, all the entries together another. */
function sections(blocks: readonly Block[]): Enumeration[] {
  const found: Enumeration[] = [];
  for (let i = 0; i < blocks.length; ) {
    const first = blocks[i]!;
    let j = i + 1;
    const same = (block: Block): boolean =>
      first.heading !== null &&
      block.heading !== null &&
      block.level === first.level &&
      block.parent === first.parent &&
      block.form === first.form &&
      ofBlock(block, 1) !== null;
    while (j < blocks.length && same(blocks[j]!)) j++;
    const run = blocks.slice(i, j).filter((block) => ofBlock(block, 1) !== null);
    if (run.length >= 2 && ofBlock(first, 1) !== null) {
      const lead = first.parent === '' ? first.lead : first.parent;
      const heads = run
        .map((block) => ({ value: block.heading!, description: '' }))
        .filter((v) => isValue(v.value));
      const items = run.flatMap((block) => block.items).filter((item) => item !== null);
      found.push({ values: items, form: 'sections', lead, at: first.start, sentences: 0 });
      if (heads.length >= 2)
        found.push({ values: heads, form: 'headings', lead, at: first.start, sentences: 0 });
    }
    i = j;
  }
  return found;
}

const MAX_COLUMNS = 12;

function tables(lines: readonly Line[], parents: ReadonlyMap<number, string>): Enumeration[] {
  const found: Enumeration[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (lines[i]!.marker !== 'row') continue;
    const rows: string[][] = [];
    const start = i;
    let header: string[] | null = null;
    for (; i < lines.length && lines[i]!.marker === 'row'; i++) {
      const cells = lines[i]!.text.slice(1, -1)
        .split('|')
        .map((cell) => cell.trim());
      if (cells.every((cell) => /^:?-{1,}:?$/.test(cell))) header = rows.pop() ?? null;
      else rows.push(cells);
    }
    const { lead } = context(lines, start, parents);
    for (let column = 0; column < Math.min(MAX_COLUMNS, rows[0]?.length ?? 0); column++) {
      const values = rows
        .map((cells) => ({
          value: unquote(cells[column] ?? ''),
          description: cells
            .slice(0, MAX_COLUMNS)
            .filter((_, k) => k !== column)
            .join('; '),
        }))
        .filter((item) => isValue(item.value) && !item.value.includes(SLOT));
      if (values.length >= 2 && values.length >= 0.8 * rows.length)
        found.push({
          values,
          form: 'table',
          lead: `${lead}\n${header?.[column] ?? ''}`.trim(),
          at: start,
          sentences: column,
        });
    }
  }
  return found;
}
