import type { Json } from '../base/json.ts';
import type { ModelInput, Span, Target } from './example.ts';
import type { Change, PlanNode } from './plan.ts';
import { copiedText } from './spans.ts';
import { gapsOf } from './template.ts';

/** Answers that are a text of the input with parts of it replaced: redacted, spelled out, dates in one form. */

/** A replaced part of a text: characters [start, end), and what stands there instead. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

type Rewritten = PlanNode & { readonly kind: 'rewritten' };

/** Longer texts take too long to compare. */
const mostWords = 500;

/**
 * What has to be replaced in a text to give another one, word by word from left to right, each edit as narrow as spaces
 * and marks around it allow. null where something was put in or taken out without anything in its place.
 */
export function editsBetween(before: string, after: string): { edits: Edit[]; kept: number } | null {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  let head = 0;
  while (head < a.length && head < b.length && a[head]!.text === b[head]!.text) head++;
  let tail = 0;
  const least = Math.min(a.length, b.length) - head;
  while (tail < least && a[a.length - 1 - tail]!.text === b[b.length - 1 - tail]!.text) tail++;
  const [mine, theirs] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  if (mine.length > mostWords || theirs.length > mostWords) return null;
  const edits: Edit[] = [];
  let kept = head + tail;
  for (const run of runsOf(mine, theirs)) {
    if (run === 'kept') {
      kept++;
      continue;
    }
    const [i, from, j, to] = run;
    const start = (mine[i] ?? a[head + i])?.start ?? before.length;
    const end = from > i ? mine[from - 1]!.end : start;
    const text = theirs
      .slice(j, to)
      .map((word) => word.text)
      .join('');
    const edit = narrowed({ start, end, text }, before, isMark);
    if (edit.start === edit.end || edit.text === '') return null;
    edits.push(edit);
  }
  return { edits, kept };
}

/** The text with its edits made, which are in their order and apart. */
function edited(text: string, edits: readonly Edit[]): string {
  let out = '';
  let at = 0;
  for (const edit of edits) {
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
}

/** The text that tagged places give; an overlapping place is left as it is. */
export function rewrittenText(
  node: Rewritten,
  spansOf: (slot: string) => readonly Span[],
  input: ModelInput,
): string | null {
  const places = node.changes.flatMap((change) =>
    spansOf(change.slot.name)
      .filter(({ slot }) => slot === node.from)
      .map((span) => ({ span, change })),
  );
  places.sort((a, b) => a.span.start - b.span.start || b.span.end - a.span.end);
  const edits: Edit[] = [];
  for (const { span, change } of places) {
    if (span.start < (edits.at(-1)?.end ?? 0)) continue;
    const text = change.as ?? copiedText(change.slot, span, input);
    if (text === null) return null;
    edits.push({ start: span.start, end: span.end, text });
  }
  return edited(input.slots[node.from] ?? '', edits).trim();
}

/** Finds what was replaced and notes the places by slot; else says why not. */
export function alignRewritten(
  node: Rewritten,
  value: Json,
  input: ModelInput,
  targets: Record<string, Target>,
): string | null {
  const text = input.slots[node.from] ?? '';
  const found = typeof value === 'string' ? editsBetween(text.trim(), value) : null;
  if (found === null) return 'a text is not the input with parts of it replaced';
  const shift = text.length - text.trimStart().length;
  const spans = new Map<string, Span[]>(node.changes.map(({ slot }) => [slot.name, []]));
  for (const edit of found.edits) {
    const moved = { ...edit, start: edit.start + shift, end: edit.end + shift };
    const changes = changesOf(node.changes, moved, text, input.context);
    if (changes === null) return 'a part of the input is replaced in an unusual way';
    for (const { change, start, end } of changes)
      spans.get(change.slot.name)!.push({ slot: node.from, start, end });
  }
  // What is copied elsewhere in the answer may be replaced here.
  for (const { slot } of node.changes)
    targets[slot.name] = {
      kind: 'spans',
      spans: spans.get(slot.name)!,
      ...(slot.apart ? { apart: true } : {}),
    };
  return null;
}

interface Changed {
  readonly change: Change;
  readonly start: number;
  readonly end: number;
}

/** Which changes make an edit: one of them, or several with what stands between them. */
export function changesOf(
  changes: readonly Change[],
  edit: Edit,
  text: string,
  context: ModelInput['context'],
): Changed[] | null {
  for (const { start, end, text: wanted } of [edit, narrowed(edit, text, () => true)]) {
    const change = changes.find(
      ({ as, slot }) => (as ?? copiedText(slot, { slot: '', start, end }, inputOf(text, context))) === wanted,
    );
    if (change !== undefined && start < end) return [{ change, start, end }];
  }
  return severalChanges(changes, edit, text) ?? changesByWord(changes, edit, text, context);
}

function changesByWord(
  changes: readonly Change[],
  edit: Edit,
  text: string,
  context: ModelInput['context'],
): Changed[] | null {
  const words = byWord(edit, text);
  if (words.length < 2) return null;
  const found = words.map((word) => changesOf(changes, word, text, context));
  return found.some((made) => made === null) ? null : found.flatMap((made) => made ?? []);
}

/** The words of an edit that replaces as many words as it has, those that differ; else the edit itself. */
export function byWord(edit: Edit, text: string): Edit[] {
  const own = wordsOf(text.slice(edit.start, edit.end));
  const other = wordsOf(edit.text);
  if (own.length !== other.length) return [edit];
  return own.flatMap((word, i) => {
    const whole = { start: edit.start + word.start, end: edit.start + word.end, text: other[i]!.text };
    const narrow = narrowed(whole, text, isMark);
    return narrow.start < narrow.end ? [narrow] : [];
  });
}

function inputOf(text: string, context: ModelInput['context']): ModelInput {
  return { slots: { '': text }, context };
}

/** "[NAME], [PHONE]" for "Ann Ray, 555 1234". */
function severalChanges(changes: readonly Change[], edit: Edit, text: string): Changed[] | null {
  const known = changes.flatMap((change) => (change.as === null ? [] : [{ change, as: change.as }]));
  const parts: (string | null)[] = [];
  const made: Change[] = [];
  let rest = edit.text;
  while (rest !== '') {
    const next = known
      .map(({ change, as }) => ({ change, as, at: rest.indexOf(as) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at || b.as.length - a.as.length)[0];
    const before = next === undefined ? rest : rest.slice(0, next.at);
    if (before !== '') parts.push(before);
    if (next === undefined) break;
    parts.push(null);
    made.push(next.change);
    rest = rest.slice(next.at + next.as.length);
  }
  const gaps = made.length < 2 ? null : gapsOf(parts, text.slice(edit.start, edit.end));
  if (gaps === null || gaps.some((gap) => gap.trim() === '')) return null;
  const found: Changed[] = [];
  let at = edit.start;
  let g = 0;
  for (const part of parts) {
    const length = part === null ? gaps[g]!.length : part.length;
    if (part === null) found.push({ change: made[g++]!, start: at, end: at + length });
    at += length;
  }
  return found;
}

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Words with the space before them. */
function wordsOf(text: string): Word[] {
  return [...text.matchAll(/\s*\S+|\s+$/gu)].map(({ 0: word, index }) => ({
    text: word,
    start: index,
    end: index + word.length,
  }));
}

/** Runs of words that differ, as [start, end) of both texts, and words that both have. */
function* runsOf(
  a: readonly Word[],
  b: readonly Word[],
): Generator<'kept' | readonly [number, number, number, number]> {
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] =
        a[i]!.text === b[j]!.text
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
  let [i, j] = [0, 0];
  let [from, to] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i]!.text === b[j]!.text) {
      if (i > from || j > to) yield [from, i, to, j];
      yield 'kept';
      [i, j] = [i + 1, j + 1];
      [from, to] = [i, j];
    } else if (j >= b.length || (i < a.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!))
      i++;
    else j++;
  }
  if (i > from || j > to) yield [from, i, to, j];
}

function isMark(character: string): boolean {
  return !/[\p{L}\p{N}]/u.test(character);
}

/** Without what both texts begin and end in, cut where no word or number is cut. */
function narrowed(edit: Edit, text: string, may: (character: string) => boolean): Edit {
  const own = text.slice(edit.start, edit.end);
  const other = edit.text;
  const most = Math.min(own.length, other.length);
  let head = 0;
  while (head < most && own[head] === other[head] && may(own[head]!)) head++;
  while (head > 0 && (cuts(own, head) || cuts(other, head))) head--;
  let tail = 0;
  const left = most - head;
  while (tail < left && own.at(-1 - tail) === other.at(-1 - tail) && may(own.at(-1 - tail)!)) tail++;
  while (tail > 0 && (cuts(own, own.length - tail) || cuts(other, other.length - tail))) tail--;
  return {
    start: edit.start + head,
    end: edit.end - tail,
    text: other.slice(head, other.length - tail),
  };
}

function cuts(text: string, at: number): boolean {
  return at > 0 && at < text.length && /^[\p{L}\p{M}\p{N}]{2}$/u.test(text.slice(at - 1, at + 1));
}
