import { canonicalJson, isObject, type Json, type JsonObject } from '../base/json.ts';
import type { ModelInput, Span, Target } from './example.ts';
import { evaluate, isAtOffsets } from './formula.ts';
import { itemsOf } from './itemForms.ts';
import type { RecordList, RecordSpan } from './plan.ts';
import { placesOf, spanValue } from './spans.ts';

/** A tagged place of one field. */
interface Mark {
  readonly span: Span;
  readonly field: RecordSpan;
}

/** The items, as flat objects, that tagged places stand for, in the order of the input; null where an item lacks its anchor. */
export function recordItems(
  node: RecordList,
  spansOf: (slot: string) => readonly Span[],
  input: ModelInput,
): JsonObject[] | null {
  const marks = node.spans.flatMap((field) =>
    spansOf(field.slot.name).map((span): Mark => ({ span, field })),
  );
  marks.sort((a, b) => comparePlaces(a.span, b.span, input));
  const groups = grouped(node, marks, input);
  if (node.byKind) groups.sort((a, b) => kindOf(a) - kindOf(b));
  const items = groups.map((group) => itemOf(node, group, input));
  return items.every((item) => item !== null) ? items : null;
}

/** The combination of an item's closed values; -1 without an anchor. */
function kindOf(marks: readonly Mark[]): number {
  return marks.find(({ field }) => field.combination !== null)?.field.combination ?? -1;
}

function grouped(node: RecordList, marks: readonly Mark[], input: ModelInput): Mark[][] {
  if (node.rule === 'near') return aroundAnchors(marks);
  const rank = new Map((node.sequence ?? node.keys).map((key, i) => [key, i]));
  const groups: Mark[][] = [];
  for (const mark of marks) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const again = group?.some(({ field }) => field.key === mark.field.key) ?? true;
    const fresh =
      last === undefined ||
      again ||
      (node.rule === 'order' && rank.get(mark.field.key)! < rank.get(last.field.key)!) ||
      (node.rule === 'line' && newLine(last.span, mark.span, input));
    if (fresh) groups.push([mark]);
    else group!.push(mark);
  }
  return groups;
}

/** Each mark with the anchor that is nearest to it of those that have no such field yet. */
function aroundAnchors(marks: readonly Mark[]): Mark[][] {
  const groups = marks.filter(({ field }) => field.combination !== null).map((anchor) => [anchor]);
  const others = marks.filter(({ field }) => field.combination === null);
  if (groups.length === 0 && others.length > 0) return [others];
  for (const mark of others) {
    let best: { group: Mark[]; far: number } | null = null;
    for (const group of groups) {
      if (group.some(({ field }) => field.key === mark.field.key)) continue;
      const far = distance(mark.span, group[0]!.span);
      if (best === null || far < best.far) best = { group, far };
    }
    // One too many has no item: that leaves the answer to the teacher.
    if (best === null) groups.push([mark]);
    else best.group.push(mark);
  }
  return groups;
}

/** Characters between two places; infinite in different slots. */
function distance(a: Span, b: Span): number {
  return a.slot === b.slot ? Math.max(a.start - b.end, b.start - a.end) : Number.POSITIVE_INFINITY;
}

function newLine(a: Span, b: Span, input: ModelInput): boolean {
  return a.slot !== b.slot || (input.slots[a.slot] ?? '').slice(a.end, b.start).includes('\n');
}

function itemOf(node: RecordList, marks: readonly Mark[], input: ModelInput): JsonObject | null {
  const anchor = marks.find(({ field }) => field.combination !== null);
  if (anchor === undefined) return null;
  const combination = node.combinations[anchor.field.combination!] ?? [];
  const item: [string, Json][] = [];
  for (const key of node.keys) {
    const constant = node.constants[key];
    const at = node.closed.indexOf(key);
    const mark = marks.find(({ field }) => field.key === key);
    if (constant !== undefined) item.push([key, constant]);
    else if (at >= 0) {
      const value = combination[at] ?? null;
      if (value !== null || !node.omitted?.includes(key)) item.push([key, value]);
    } else if (mark !== undefined) {
      const value = spanValue(mark.field.slot, [mark.span], input);
      if (value === null) return null;
      item.push([key, value]);
    } else {
      const value = absentValue(node.spans.find((span) => span.key === key));
      if (value !== undefined) item.push([key, value]);
    }
  }
  return withFormulas(node, Object.fromEntries(item), marks, input);
}

/** The item with what follows from its other fields, in the order of the keys; null where something does not. */
function withFormulas(
  node: RecordList,
  item: JsonObject,
  marks: readonly Mark[],
  input: ModelInput,
): JsonObject | null {
  if (node.formulas === undefined) return item;
  const whole: Record<string, Json> = { ...item };
  const places = Object.fromEntries(marks.map(({ field, span }) => [field.key, span]));
  for (const [key, formula] of Object.entries(node.formulas)) {
    const value = evaluate(formula, whole, input, places);
    if (value === undefined) return null;
    whole[key] = value;
  }
  return Object.fromEntries(node.keys.flatMap((key) => (key in whole ? [[key, whole[key]!]] : [])));
}

/** What an item has without a place for a field; undefined where the field is left out. */
function absentValue(span: RecordSpan | undefined): Json | undefined {
  if (span === undefined || span.absent === 'omit') return undefined;
  return span.absent === 'null' ? null : span.absent.value;
}

/** Finds the places of every item and notes them by slot; else says why not. */
export function alignRecords(
  node: RecordList,
  list: Json,
  input: ModelInput,
  targets: Record<string, Target>,
): string | null {
  const value = itemsOf(node.form ?? {}, list);
  if (value === null) return `${node.name} is not a list`;
  const found = new Map<string, Span[]>(node.spans.map(({ slot }) => [slot.name, []]));
  const taken: Span[] = [];
  let last: Span | null = null;
  let kind = -1;
  for (const item of value) {
    if (!isObject(item)) return `${node.name} holds what is not an object`;
    const combination = combinationOf(node, item);
    if (combination < 0) return `${node.name} holds values that are too rare to learn`;
    const anchored = node.spans.find((span) => span.combination === combination)!;
    if (node.byKind && combination !== kind) last = null;
    kind = combination;
    const isMeant = (place: Span): boolean =>
      isAtOffsets(place, anchored.key, Object.entries(node.formulas ?? {}), item, input);
    const anchor = nextPlace(anchored, item, input, taken, last, isMeant);
    if (anchor === null) return `${node.name}: ${anchored.key} is not copied from the input`;
    note(anchored, anchor);
    last = anchor;
    for (const span of node.spans) {
      const own = item[span.key];
      if (span.combination !== null || own === undefined || own === null) continue;
      const place = nearestPlace(span, own, input, taken, anchor);
      if (place !== null) note(span, place);
      else if (canonicalJson(own) !== canonicalJson(absentValue(span) ?? null))
        return `${node.name}: ${span.key} is not copied from the input`;
    }
  }
  for (const [name, spans] of found) targets[name] = { kind: 'spans', spans };
  const again = recordItems(node, (name) => found.get(name) ?? [], input);
  return again !== null && canonicalJson(again) === canonicalJson(value)
    ? null
    : `${node.name} lists its items in another way than the input has them`;

  function note(span: RecordSpan, place: Span): void {
    taken.push(place);
    found.get(span.slot.name)!.push(place);
  }
}

/** The values of an item's closed keys, as one text. */
export function closedValues(item: JsonObject, closed: readonly string[]): string {
  return canonicalJson(closed.map((key) => item[key] ?? null));
}

function combinationOf(node: RecordList, item: JsonObject): number {
  const key = closedValues(item, node.closed);
  return node.combinations.findIndex((values) => canonicalJson(values) === key);
}

/** The first free place after the last anchor. */
function nextPlace(
  span: RecordSpan,
  item: JsonObject,
  input: ModelInput,
  taken: readonly Span[],
  last: Span | null,
  isMeant: (place: Span) => boolean,
): Span | null {
  for (const place of freePlaces(span, item[span.key] ?? null, input, taken))
    if ((last === null || comparePlaces(last, place, input) < 0) && isMeant(place)) return place;
  return null;
}

function nearestPlace(
  span: RecordSpan,
  value: Json,
  input: ModelInput,
  taken: readonly Span[],
  anchor: Span,
): Span | null {
  let best: Span | null = null;
  for (const place of freePlaces(span, value, input, taken))
    if (best === null || distance(place, anchor) < distance(best, anchor)) best = place;
  return best;
}

function* freePlaces(
  { slot }: RecordSpan,
  value: Json,
  input: ModelInput,
  taken: readonly Span[],
): Generator<Span> {
  if (typeof value !== slot.type) return;
  for (const place of placesOf(String(value), slot, input))
    if (!taken.some((o) => o.slot === place.slot && place.start < o.end && o.start < place.end)) yield place;
}

function comparePlaces(a: Span, b: Span, input: ModelInput): number {
  if (a.slot === b.slot) return a.start - b.start;
  const slots = Object.keys(input.slots);
  return slots.indexOf(a.slot) - slots.indexOf(b.slot);
}
