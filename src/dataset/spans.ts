import { canonicalJson, isArray, type Json } from '../base/json.ts';
import type { ModelInput, Span, Target } from './example.ts';
import { normalise } from './normaliser.ts';
import { type PlaceHabits, usualPlace } from './places.ts';
import type { PlanNode, SpanSlot } from './plan.ts';
import { acrossCalls } from './planSlots.ts';
import { foldedPlaces } from './windows.ts';

type Targets = Record<string, Target>;

/**
 * Finds the place a value was copied from and notes it as the slot's target; else says why not.
 * @param isMeant tells the one place that other fields speak of.
 */
export function alignSpan(
  slot: SpanSlot,
  value: Json,
  input: ModelInput,
  targets: Targets,
  habits?: PlaceHabits,
  isMeant?: (place: Span) => boolean,
): string | null {
  if (typeof value !== slot.type) return `${slot.name} is not a ${slot.type}`;
  const text = String(value);
  const parts = slot.join ? text.split(slot.join) : [text];
  const spans: Span[] = [];
  for (const part of parts) {
    const occupied = slot.apart ? spans : taken(targets, spans);
    const places = habits?.has(slot.name) ? freePlaces(part, slot, input, occupied) : [];
    const span =
      meantPlace(part, slot, input, occupied, isMeant) ??
      usualPlace(habits, slot.name, places, input) ??
      findSpan(part, slot, input, occupied) ??
      (slot.common ? commonPlace(slot, value, input, targets) : null);
    if (span === null) return `${slot.name} is not copied from the input`;
    spans.push(span);
  }
  // The tagger gives places in the order of the input.
  const slots = Object.keys(input.slots);
  spans.sort((a, b) => slots.indexOf(a.slot) - slots.indexOf(b.slot) || a.start - b.start);
  targets[slot.name] = { kind: 'spans', spans, ...(slot.apart ? { apart: true } : {}) };
  // What is written in another order than it stands in the input would be rendered differently.
  return spanValue(slot, spans, input) === value ? null : `${slot.name} is not written as usual`;
}

function meantPlace(
  part: string,
  slot: Copying,
  input: ModelInput,
  occupied: readonly Span[],
  isMeant: ((place: Span) => boolean) | undefined,
): Span | null {
  return isMeant === undefined ? null : (freePlaces(part, slot, input, occupied).find(isMeant) ?? null);
}

/** The place from which an earlier call of the tool has the same value. */
function commonPlace(slot: SpanSlot, value: Json, input: ModelInput, targets: Targets): Span | null {
  const family = acrossCalls(slot.name);
  for (const [name, target] of Object.entries(targets))
    if (target.kind === 'spans' && name !== slot.name && acrossCalls(name) === family)
      if (spanValue(slot, target.spans, input) === value) return target.spans[0] ?? null;
  return null;
}

type SpanList = PlanNode & { readonly kind: 'span-list' };

export function alignSpanList(
  node: SpanList,
  value: Json,
  input: ModelInput,
  targets: Targets,
): string | null {
  const { slot } = node;
  if (!isArray(value)) return `${slot.name} is not a list`;
  const spans: Span[] = [];
  for (const item of value) {
    if (typeof item !== slot.type) return `${slot.name} holds what is not a ${slot.type}`;
    const found =
      node.distinct === undefined
        ? nextPlace(slot, String(item), input, spans)
        : everyPlace(slot, String(item), input);
    if (found.length === 0) return `${slot.name} is not copied from the input`;
    spans.push(...found);
  }
  if (node.distinct !== undefined) {
    const slots = Object.keys(input.slots);
    spans.sort((a, b) => slots.indexOf(a.slot) - slots.indexOf(b.slot) || a.start - b.start);
    if (canonicalJson(spanListValue(node, spans, input)) !== canonicalJson(value))
      return `${slot.name} is not written in its usual order`;
  }
  targets[slot.name] = { kind: 'spans', spans };
  return null;
}

function nextPlace(slot: SpanSlot, item: string, input: ModelInput, before: readonly Span[]): Span[] {
  const span = findSpan(item, slot, input, before, before.at(-1));
  return span === null ? [] : [span];
}

/** Every place of a value that is a word of its own, or the first one. */
function everyPlace(slot: SpanSlot, item: string, input: ModelInput): Span[] {
  const places = [...placesOf(item, slot, input)];
  const alone = places.filter((at) => standsAlone(input.slots[at.slot] ?? '', at.start, at.end));
  return alone.length > 0 ? alone : places.slice(0, 1);
}

/** The value that spans stand for; null for none. */
export function spanValue(slot: SpanSlot, spans: readonly Span[], input: ModelInput): string | number | null {
  if (spans.length === 0) return null;
  const used = slot.join ? spans : spans.slice(0, 1);
  const texts = used.map((span) => copiedText(slot, span, input));
  if (texts.some((text) => text === null)) return null;
  const joined = texts.join(slot.join ?? '');
  return slot.type === 'number' ? Number(joined) : joined;
}

export function spanListValue(
  { slot, distinct }: SpanList,
  spans: readonly Span[],
  input: ModelInput,
): (string | number)[] {
  const values = spans.flatMap((span) => {
    const text = copiedText(slot, span, input);
    return text === null ? [] : [slot.type === 'number' ? Number(text) : text];
  });
  if (distinct === undefined) return values;
  const once = [...new Set(values)];
  return distinct === 'seen' ? once : once.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** What the teacher writes for a place; null where its normalisers do not apply or give none of the known values. */
export function copiedText(slot: SpanSlot, span: Span, input: ModelInput): string | null {
  const text = normalise(spanText(span, input), slot.normalisers, input.context);
  if (text === null || slot.spelled === undefined) return text;
  return Object.hasOwn(slot.spelled, text) ? slot.spelled[text]! : null;
}

export function spanText(span: Span, input: ModelInput): string {
  return (input.slots[span.slot] ?? '').slice(span.start, span.end);
}

type Masked = PlanNode & { kind: 'masked-span' };

/** The tagged region with each parameter inside it replaced by the placeholder; null where there is no region. */
export function maskedText(
  node: Masked,
  regions: readonly Span[],
  params: readonly Span[],
  input: ModelInput,
): string | null {
  const region = regions[0];
  if (region === undefined) return null;
  const text = input.slots[region.slot] ?? '';
  let out = '';
  let at = region.start;
  for (const param of params) {
    if (param.start < at || param.end > region.end) return null;
    out += text.slice(at, param.start) + node.placeholder;
    at = param.end;
  }
  return out + text.slice(at, region.end);
}

/**
 * Finds the region whose constant parts are the template's and whose variable parts are the parameters.
 * @param list null where the answer leaves the parameters out: then the constant parts alone say where they are.
 */
export function alignMasked(
  node: Masked,
  value: Json,
  list: Json,
  input: ModelInput,
  targets: Targets,
): string | null {
  if (typeof value !== 'string') return `${node.slot.name} is not a text`;
  const parts = value.split(node.placeholder);
  if (list === null && parts.length > 1) return alignUnlisted(node, parts, input, targets);
  const values = list ?? [];
  if (!isArray(values)) return `${node.params} is not a list`;
  if (parts.length !== values.length + 1) return `${node.slot.name} and its parameters differ in number`;
  const whole = parts.reduce((text, part, i) => text + (i === 0 ? '' : String(values[i - 1])) + part, '');
  for (const [slot, text] of Object.entries(input.slots)) {
    const start = text.lastIndexOf(whole);
    if (start < 0 || whole === '') continue;
    const spans: Span[] = [];
    let at = start;
    parts.forEach((part, i) => {
      if (i > 0) {
        const end = at + String(values[i - 1]).length;
        spans.push({ slot, start: at, end });
        at = end;
      }
      at += part.length;
    });
    targets[node.slot.name] = { kind: 'spans', spans: [{ slot, start, end: start + whole.length }] };
    targets[node.params] = { kind: 'spans', spans };
    return null;
  }
  return `${node.slot.name} is not copied from the input`;
}

function alignUnlisted(
  node: Masked,
  parts: readonly string[],
  input: ModelInput,
  targets: Targets,
): string | null {
  const pattern = new RegExp(`${parts.map(escaped).join('(.*?)')}(?=\\s*$)`, 'dsu');
  for (const [slot, text] of Object.entries(input.slots)) {
    const found = pattern.exec(text)?.indices;
    if (found === undefined || parts.join('') === '') continue;
    const spans = found.map((place): Span => ({ slot, start: place?.[0] ?? 0, end: place?.[1] ?? 0 }));
    targets[node.slot.name] = { kind: 'spans', spans: spans.slice(0, 1) };
    targets[node.params] = { kind: 'spans', spans: spans.slice(1) };
    return null;
  }
  return `${node.slot.name} is not copied from the input`;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

function taken(targets: Targets, more: readonly Span[]): Span[] {
  const spans = [...more];
  for (const target of Object.values(targets))
    if (target.kind === 'spans' && !target.apart) spans.push(...target.spans);
  return spans;
}

/** The first free place, on token boundaries, whose normalised text is the wanted one. */
export function findSpan(
  wanted: string,
  slot: Copying,
  input: ModelInput,
  occupied: readonly Span[],
  after?: Span,
): Span | null {
  let within: Span | null = null;
  for (const place of placesOf(wanted, slot, input)) {
    const { slot: where, start, end } = place;
    if (within !== null && within.slot !== where) return within;
    if (after !== undefined && after.slot === where && start < after.end) continue;
    if (occupied.some((other) => other.slot === where && start < other.end && other.start < end)) continue;
    // Lists are read from left to right; else a word of its own is meant rather than a part of one ("node" in "node-7").
    if (after !== undefined || standsAlone(input.slots[where] ?? '', start, end)) return place;
    within ??= place;
  }
  return within;
}

function freePlaces(wanted: string, slot: Copying, input: ModelInput, occupied: readonly Span[]): Span[] {
  return [...placesOf(wanted, slot, input)].filter(
    (place) => !occupied.some((o) => o.slot === place.slot && place.start < o.end && o.start < place.end),
  );
}

/** The place of a value that stands nowhere else in the input; null where there are several. */
export function onlyPlace(slot: SpanSlot, span: Span, input: ModelInput): Span | null {
  const wanted = copiedText(slot, span, input);
  let first: Span | null = null;
  for (const place of placesOf(wanted ?? '', slot, input)) {
    if (first !== null) return null;
    first = place;
  }
  return first;
}

/** What places are looked for by. */
type Copying = Pick<SpanSlot, 'normalisers' | 'spelled'>;

/** Every place, on token boundaries, that the teacher would write as the wanted text, slot by slot. */
export function* placesOf(value: string, by: Copying, input: ModelInput): Generator<Span> {
  const chain = by.normalisers;
  const wanted = by.spelled === undefined ? value : (normalise(value, chain, input.context) ?? '');
  if (wanted === '') return;
  for (const [slot, text] of Object.entries(input.slots)) {
    const places =
      chain.length === 0 ? verbatimPlaces(text, wanted) : foldedPlaces(text, wanted, chain, input.context);
    for (const { start, end } of places) yield { slot, start, end };
  }
}

function standsAlone(text: string, start: number, end: number): boolean {
  return /^$|[\s([{"'“]/u.test(text[start - 1] ?? '') && /^$|[\s)\]}"'”.,;:!?]/u.test(text[end] ?? '');
}

const wordCharacter = /[\p{L}\p{N}]/u;

function onBoundary(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return true;
  const [left, right] = [text[at - 1]!, text[at]!];
  if (!wordCharacter.test(left) || !wordCharacter.test(right)) return true;
  return /\p{N}/u.test(left) !== /\p{N}/u.test(right);
}

function* verbatimPlaces(text: string, wanted: string): Generator<{ start: number; end: number }> {
  for (let start = text.indexOf(wanted); start >= 0; start = text.indexOf(wanted, start + 1)) {
    const end = start + wanted.length;
    if (onBoundary(text, start) && onBoundary(text, end)) yield { start, end };
  }
}
