import type { Json } from '../../base/json.ts';
import type { Task } from '../../tasks/task.ts';
import type { ChoiceSlot, OutputPlan, PlanNode, TextStyle } from '../plan.ts';
import { choiceSlots, nodeSlots } from '../planSlots.ts';
import { plainStyle, readList, readPairs, readText, unwrapText } from '../style.ts';
import type { TextObservation } from './infer.ts';
import { labelReason } from './labelText.ts';
import { inferSubset } from './list.ts';
import { inferNode } from './node.ts';
import { inferNotation, inferRows } from './notation.ts';
import { inferShortText } from './shortText.ts';
import { inferSpanList } from './span.ts';
import { inferTemplate } from './template.ts';
import { isClosed, learnable, mostClasses, type Tally, tally } from './values.ts';
import { inferWordTags } from './wordTags.ts';

/** The plan of answers that are plain text: lines of pairs, labels, lists, copied or worded texts. */
export function inferText(observations: readonly TextObservation[], task: Task): OutputPlan {
  const doubt = labelReason(observations);
  if (doubt !== null) return { kind: 'unplannable', reason: doubt };
  const noted = inferNotation(observations);
  if (noted?.kind === 'text-answer') return noted;
  const pairs = inferPairs(observations);
  if (pairs !== null) return pairs;
  const tags = inferTags(observations);
  if (tags !== null) return tags;
  const closed = inferLabels(observations, task) ?? inferSeveral(observations, task);
  return (
    (closed === null ? null : (inferWorded(observations, closed) ?? closed)) ??
    rowsOf(observations) ??
    inferWhole(observations) ??
    noted ?? { kind: 'unplannable', reason: freeTextReason(observations, task) }
  );
}

function rowsOf(observations: readonly TextObservation[]): OutputPlan | null {
  const rows = inferRows(observations);
  return rows?.kind === 'text-answer' ? rows : null;
}

/** Fewer values are learned as they are. */
const leastValues = 16;
/** Share of the values to learn at most, in place of all of them. */
const mostWorded = 0.6;

/**
 * A closed set of texts may be one wording around a few values (a line of name, age and city): where that has far
 * fewer values to learn, it is what the teacher means, and tomorrow's texts are other ones.
 */
function inferWorded(observations: readonly TextObservation[], closed: OutputPlan): OutputPlan | null {
  const values = valuesIn(choiceSlots(closed));
  if (values < leastValues) return null;
  const samples = observations.map(({ text, input }) => ({ value: text, input }));
  const node = inferTemplate(samples, { name: 'answer', schema: null }, inferNode);
  if (node === null) return null;
  const { choices, spans } = nodeSlots(node);
  return valuesIn(choices) + spans.length <= mostWorded * values ? plain(node) : null;
}

function valuesIn(slots: readonly ChoiceSlot[]): number {
  return slots.reduce((sum, slot) => sum + slot.values.length, 0);
}

const plain = (node: PlanNode): OutputPlan => ({ kind: 'text-answer', node, style: plainStyle });

const keySeparators = [':** ', ': ', ' = ', '=', ':\t', '\t', ':'];
const lineBreaks = ['\n- ', '\n* ', '\n• ', '\n'];

/** Answers of several lines, each a key and its value. */
function inferPairs(observations: readonly TextObservation[]): OutputPlan | null {
  const several = observations.filter((o) => o.text.includes('\n')).length;
  if (several < 0.5 * observations.length) return null;
  for (const itemSeparator of lineBreaks)
    for (const keySeparator of keySeparators) {
      const style: TextStyle = {
        ...plainStyle,
        format: 'pairs',
        prefix: itemSeparator.slice(1),
        suffix: endOf(observations),
        itemSeparator,
        keySeparator,
      };
      const read = observations.flatMap(({ text, input }) => {
        const body = unwrapText(text, style);
        const value = body === null ? undefined : readPairs(body, style);
        return value === undefined ? [] : [{ value: value as Json, input }];
      });
      if (read.length < 0.95 * observations.length) continue;
      const keys = new Set(read.flatMap(({ value }) => Object.keys(value as object)));
      if (keys.size > 30 || keys.size < 2 || [...keys].some((key) => key.length > 40)) continue;
      const node = inferNode(read, { name: '', schema: null });
      if (node.kind === 'object') return { kind: 'text-answer', node, style };
      if (node.kind === 'unknown') return { kind: 'unplannable', reason: node.reason };
    }
  return null;
}

/** White space that (nearly) every answer ends in. */
function endOf(observations: readonly TextObservation[]): string {
  const ends = tally(observations.map(({ text }) => /\s*$/u.exec(text)?.[0] ?? ''));
  return ends[0] !== undefined && ends[0].count >= 0.9 * observations.length ? String(ends[0].value) : '';
}

function inferLabels(observations: readonly TextObservation[], task: Task): OutputPlan | null {
  const tallies = tally(observations.map((o) => o.text));
  const known = task.output.kind === 'labels' && tallies.length <= mostClasses;
  if (!known && !isClosed(tallies, observations.length)) return null;
  const values = learnable(tallies).map((entry) => entry.value);
  if (values.length === 0) return null;
  return values.length === 1
    ? plain({ kind: 'constant', value: values[0]! })
    : plain({ kind: 'choice', slot: { name: 'label', values } });
}

/** A tag for each word of the input, between spaces or commas or line by line. */
function inferTags(observations: readonly TextObservation[]): OutputPlan | null {
  for (const itemSeparator of [' ', '\n', ', ', ',']) {
    const style: TextStyle = { ...plainStyle, format: 'list', suffix: endOf(observations), itemSeparator };
    const samples = observations.flatMap(({ text, input }) => {
      const value = readText(text, style);
      return value === undefined ? [] : [{ value, input }];
    });
    const node = inferWordTags(samples, { name: '', schema: null });
    if (node !== null) return { kind: 'text-answer', node, style };
  }
  return null;
}

const separators: readonly Partial<TextStyle>[] = [
  { itemSeparator: '\n- ', prefix: '- ' },
  { itemSeparator: '\n* ', prefix: '* ' },
  { itemSeparator: '\n• ', prefix: '• ' },
  { itemSeparator: '\n', numbered: '. ' },
  { itemSeparator: '\n', numbered: ') ' },
  ...[', ', '\n', '; ', ' | ', ',', ';', '|'].map((itemSeparator) => ({ itemSeparator })),
];

/** More values than this are rather copied than chosen, where they are copies. */
const mostSaid = 40;

/** Items between separators: a subset of a closed set, or texts copied from the input. */
function inferSeveral(observations: readonly TextObservation[], task: Task): OutputPlan | null {
  const given = task.output.kind === 'multi-label' ? task.output.separator : null;
  const suffix = endOf(observations);
  for (const habit of separators) {
    const style: TextStyle = { ...plainStyle, format: 'list', suffix, ...habit };
    const lists = observations.flatMap(({ text, input }) => {
      const body = unwrapText(text, style);
      const value = body === null ? undefined : readList(body, style);
      return value === undefined ? [] : [{ value, input }];
    });
    if (lists.length < 0.95 * observations.length) continue;
    const parts = lists.flatMap(({ value }) => value);
    const marked = style.prefix !== '' || style.numbered !== null;
    if (!marked && given !== style.itemSeparator && parts.length < lists.length * 1.05) continue;
    const tallies = tally(parts);
    const node = inferSubset(
      lists.map(({ value }) => value),
      'label',
      observations.length,
    );
    // Names and amounts may recur without being a closed set: many values that are all copied are read.
    const many = tallies.length > mostSaid;
    const copied = node === null || many ? copiedList(lists, tallies, style) : null;
    if (copied !== null) return copied;
    if (node !== null && node.values.length > 1) return { kind: 'text-answer', node, style };
  }
  return null;
}

/** Items copied from the input; the answer for "none" is the one that is no copy and comes again and again. */
function copiedList(
  lists: readonly { readonly value: readonly string[]; readonly input: TextObservation['input'] }[],
  tallies: readonly Tally[],
  style: TextStyle,
): OutputPlan | null {
  const alone = tally(lists.filter(({ value }) => value.length === 1).map(({ value }) => value[0]!));
  const likely = alone.find(({ value, count }) => {
    const everywhere = tallies.find((entry) => entry.value === value)?.count;
    return (
      count >= 3 &&
      everywhere === count &&
      /^(?:none|n\/a|null|nothing|-|\[\]|no\b.*)\.?$/iu.test(String(value))
    );
  });
  const none = likely === undefined ? '' : String(likely.value);
  const samples = lists.map(({ value, input }) => ({
    value: value.length === 1 && value[0] === none ? [] : value,
    input,
  }));
  const span = inferSpanList(samples, 'items');
  return span === null ? null : { kind: 'text-answer', node: span, style: { ...style, none } };
}

/** The text as one value: copied, worded around what is copied, or short and written from the input. */
function inferWhole(observations: readonly TextObservation[]): OutputPlan | null {
  const samples = observations.map(({ text, input }) => ({ value: text, input }));
  const node = inferNode(samples, { name: 'answer', schema: null });
  if (node.kind !== 'unknown') return plain(node);
  const short = inferShortText(samples, 'answer');
  return short === null ? null : plain(short);
}

function freeTextReason(observations: readonly TextObservation[], task: Task): string {
  if (task.output.kind === 'text' && task.output.reason !== '')
    return task.output.short === undefined
      ? `The answers are free text: ${task.output.reason}. ${nothingToRepeat}`
      : `The answers are short texts that can neither be copied nor be written from the input: ${task.output.reason}.`;
  const distinct = new Set(observations.map((o) => o.text)).size;
  const words = observations.map((o) => o.text.split(/\s+/).length).sort((a, b) => a - b);
  const median = words[Math.floor(words.length / 2)] ?? 0;
  return `The answers are free text: ${distinct} different ones in ${observations.length} calls, typically of ${median} words. ${nothingToRepeat}`;
}

const nothingToRepeat =
  'There is nothing closed to choose from and nothing to copy, so a student cannot promise to repeat them.';
