import type { Json } from '../../base/json.ts';
import { jsonStyle, spread } from '../habit.ts';
import { isStructure, readPython } from '../notations/python.ts';
import { cellsOf, type TableHabit } from '../notations/table.ts';
import { readXml, repeatedPaths, writeXml, type XmlHabit, xmlSteps } from '../notations/xml.ts';
import { readYaml, writeYaml, yamlHabits } from '../notations/yaml.ts';
import type { OutputPlan, TextStyle } from '../plan.ts';
import { plainStyle, readText, writeText } from '../style.ts';
import type { TextObservation } from './infer.ts';
import { inferNode } from './node.ts';
import { tally } from './values.ts';

/** Answers in a notation other than JSON: what they hold is planned as JSON is, and written in the teacher's way. */

const judged = 200;
/** Share of the answers that come back byte for byte. */
const leastWritten = 0.9;
/** Share of the answers that have what shows a notation. */
const leastShown = 0.5;

/** The plan of answers in YAML, XML, Python's notation, or tables with a head; null where they are something else. */
export function inferNotation(observations: readonly TextObservation[]): OutputPlan | null {
  const frame = frameOf(observations);
  const texts = spread(observations, judged).map(({ text }) => bodyOf(text, frame) ?? '');
  const styles = [
    linesStyle(texts),
    pythonStyle(texts),
    yamlStyle(texts),
    xmlStyle(texts),
    headedStyle(texts),
  ];
  return firstPlan(styles, frame, observations);
}

/** The plan of answers of lines with as many cells each, without a head. */
export function inferRows(observations: readonly TextObservation[]): OutputPlan | null {
  const frame = frameOf(observations);
  const texts = spread(observations, judged).map(({ text }) => bodyOf(text, frame) ?? '');
  return firstPlan([rowsStyle(texts)], frame, observations);
}

type Frame = Pick<TextStyle, 'prefix' | 'suffix'>;
type Habit = Partial<TextStyle> & Pick<TextStyle, 'format'>;

function firstPlan(
  habits: readonly (Habit | null)[],
  frame: Frame,
  observations: readonly TextObservation[],
): OutputPlan | null {
  for (const habit of habits) {
    if (habit === null) continue;
    const style: TextStyle = { ...plainStyle, ...habit, ...frame };
    const samples = observations.flatMap(({ text, input }) => {
      const value = readText(text, style);
      return value === undefined || writeText(value, style) !== text ? [] : [{ value, input }];
    });
    if (samples.length < leastWritten * observations.length) continue;
    const node = inferNode(samples, { name: '', schema: null });
    return node.kind === 'unknown'
      ? { kind: 'unplannable', reason: node.reason }
      : { kind: 'text-answer', node, style };
  }
  return null;
}

/** A code fence and what stands around it, or the white space at the end, where (nearly) all answers have the same. */
function frameOf(observations: readonly TextObservation[]): Frame {
  const frames = tally(
    spread(observations, judged).map(({ text }): Json => {
      const fenced = /^((?:[^`]*\n)?```[a-z]*\n)[^`]*(\n```[^`]*)$/u.exec(text);
      return fenced === null ? ['', /\s*$/u.exec(text)?.[0] ?? ''] : [fenced[1]!, fenced[2]!];
    }),
  );
  const [prefix, suffix] = (frames[0]?.value ?? ['', '']) as readonly [string, string];
  return { prefix, suffix };
}

function bodyOf(text: string, { prefix, suffix }: Frame): string | null {
  if (!text.startsWith(prefix) || !text.endsWith(suffix)) return null;
  return text.slice(prefix.length, text.length - suffix.length);
}

/** An object of JSON on each line. */
function linesStyle(texts: readonly string[]): Habit | null {
  const lines = texts.flatMap((text) => (text === '' ? [] : text.split('\n')));
  const objects = lines.filter((line) => /^\{.*\}$/u.test(line));
  if (lines.length <= texts.length || objects.length < leastWritten * lines.length) return null;
  const style = jsonStyle(objects.map((text) => ({ text, scope: '' })));
  return style === null ? null : { ...style, format: 'lines' };
}

function pythonStyle(texts: readonly string[]): Habit | null {
  const read = texts.filter((text) => /^[[{]/u.test(text) && isStructure(readPython(text)));
  return read.length >= leastWritten * texts.length ? { format: 'python' } : null;
}

/** Records alone are lines of pairs, which have a habit of their own: a list or a record within shows YAML. */
function yamlStyle(texts: readonly string[]): Habit | null {
  const deep = texts.filter(
    (text) => /^[^\n]+:\n *(?:- |[^\n]+:)/mu.test(text) || /^- [^\n]+: .*\n {2}\S/mu.test(text),
  );
  if (deep.length < leastShown * texts.length) return null;
  const read = texts.flatMap((text) => {
    const value = readYaml(text);
    return value === undefined ? [] : [{ text, value }];
  });
  if (read.length < leastWritten * texts.length) return null;
  let best: { yaml: (typeof yamlHabits)[number]; count: number } | null = null;
  for (const yaml of yamlHabits) {
    const count = read.filter(({ text, value }) => writeYaml(value, yaml) === text).length;
    if (count > (best?.count ?? 0)) best = { yaml, count };
  }
  return best === null ? null : { format: 'yaml', yaml: best.yaml };
}

/** Elements that are all texts are one wording around a few values; those that come again show a structure. */
function xmlStyle(texts: readonly string[]): Habit | null {
  if (texts.filter((text) => /^<[\p{L}_]/u.test(text)).length < leastWritten * texts.length) return null;
  const lists = [...new Set(texts.flatMap(repeatedPaths))];
  if (lists.length === 0) return null;
  const read = texts.flatMap((text) => {
    const value = readXml(text, lists);
    return value === undefined ? [] : [{ text, value }];
  });
  let best: { xml: XmlHabit; count: number } | null = null;
  for (const step of xmlSteps)
    for (const closesEmpty of [false, true]) {
      const xml: XmlHabit = { lists, step, closesEmpty };
      const count = read.filter(({ text, value }) => writeXml(value, xml) === text).length;
      if (count > (best?.count ?? 0)) best = { xml, count };
    }
  return best === null ? null : { format: 'xml', xml: best.xml };
}

const markdown: TableHabit['row'] = ['| ', ' | ', ' |'];
const rowForms: readonly TableHabit['row'][] = [
  markdown,
  ...[',', ';', '\t', ', ', '|', ' | '].map((between): TableHabit['row'] => ['', between, '']),
];
const mostHead = 6;

/** Tables below lines that are always the same, the last of which names the cells. */
function headedStyle(texts: readonly string[]): Habit | null {
  const lines = texts.map((text) => text.split('\n'));
  const head: string[] = [];
  for (let i = 0; i < mostHead; i++) {
    const [line] = tally(lines.map((own): Json => own[i] ?? null));
    if (typeof line?.value !== 'string' || line.count < 0.95 * texts.length) break;
    head.push(line.value);
  }
  const names = head.filter((line) => !/^[\s|:-]*$/u.test(line)).at(-1);
  if (names === undefined || lines.every((own) => own.length <= head.length)) return null;
  for (const row of rowForms) {
    const keys = cellsOf(names, row);
    if (keys === null || keys.length < 2 || new Set(keys).size < keys.length || keys.includes('')) continue;
    if (areRows(lines, head.length, row, keys.length)) return { format: 'table', table: { head, row, keys } };
  }
  return null;
}

const looseForms: readonly TableHabit['row'][] = ['- ', '* ', ''].flatMap((before) =>
  [',', ';', '\t', ', ', '|', ' | ', ': ', ' - ', ' — ', ' x '].map((between): TableHabit['row'] => [
    before,
    between,
    '',
  ]),
);

function rowsStyle(texts: readonly string[]): Habit | null {
  const lines = texts.map((text) => text.split('\n'));
  if (lines.filter((own) => own.length > 1).length < leastShown * texts.length) return null;
  for (const row of looseForms) {
    const cells = cellsOf(lines[0]?.[0] ?? '', row)?.length ?? 0;
    if (cells < 2 || !areRows(lines, 0, row, cells)) continue;
    return {
      format: 'table',
      table: { head: [], row, keys: Array.from({ length: cells }, (_, i) => `cell ${i + 1}`) },
    };
  }
  return null;
}

function areRows(
  texts: readonly (readonly string[])[],
  from: number,
  row: TableHabit['row'],
  cells: number,
): boolean {
  const right = texts.filter((lines) =>
    lines.slice(from).every((line) => cellsOf(line, row)?.length === cells),
  );
  return right.length >= leastWritten * texts.length;
}
