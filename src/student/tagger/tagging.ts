import type { Span, Target } from '../../dataset/example.ts';
import { kindOfTag, type PlacedToken, type TagGroup, type TagSlot } from './scheme.ts';

/** Tags of the tokens for the spans of an example; null where a span cuts a token. */
export function tagsOf(
  group: TagGroup,
  tokens: readonly PlacedToken[],
  targets: Readonly<Record<string, Target>>,
): Int32Array | null {
  const tags = new Int32Array(tokens.length);
  const inner = new Set(group.regions.map(({ inner: kind }) => kind));
  const regions = new Set(group.regions.map(({ region }) => region));
  // Regions first, so that what lies inside writes over them.
  const ordered = [...group.slots].sort(
    (a, b) =>
      Number(regions.has(b.kind)) - Number(regions.has(a.kind)) ||
      Number(inner.has(a.kind)) - Number(inner.has(b.kind)),
  );
  const painted = new Set<string>();
  const common = commonSlots(group, targets);
  for (const { slot, kind, classes, common: isCommon = false } of ordered) {
    const target = targets[slot];
    if (target?.kind !== 'spans' || !fits(classes, targets) || isCommon !== common.has(slot)) continue;
    painted.add(slot);
    const empty = group.regions.find((region) => region.inner === kind)?.empty;
    for (const span of target.spans) {
      const done =
        span.start < span.end || empty === undefined
          ? paint(tags, tokens, span, kind)
          : paintEmpty(tags, tokens, span, empty);
      if (!done) return null;
    }
  }
  // Choices that no kind stands for leave their place untagged.
  if (!group.slots.every(({ slot }) => targets[slot] === undefined || painted.has(slot))) return null;
  return group.calls === undefined || readsBack(group, group.calls, tokens, tags, targets) ? tags : null;
}

/** Slots that have their value from the place of another call's. */
function commonSlots(group: TagGroup, targets: Readonly<Record<string, Target>>): ReadonlySet<string> {
  const found = new Set<string>();
  const byPlace = new Map<string, string>();
  for (const { slot, kind, common } of group.slots) {
    const target = common ? targets[slot] : undefined;
    const span = target?.kind === 'spans' ? target.spans[0] : undefined;
    if (span === undefined) continue;
    const place = `${kind} ${span.slot} ${span.start}`;
    const other = byPlace.get(place);
    if (other === undefined) byPlace.set(place, slot);
    else found.add(other).add(slot);
  }
  return found;
}

/** Are the calls of the answer in the order of their places? */
function readsBack(
  group: TagGroup,
  calls: NonNullable<TagGroup['calls']>,
  tokens: readonly PlacedToken[],
  tags: Int32Array,
  targets: Readonly<Record<string, Target>>,
): boolean {
  const [wanted, read] = [targets[calls.choice], calledTools(group, calls, tokens, tags)[calls.choice]];
  return wanted?.kind === 'class' && read?.kind === 'class' && wanted.index === read.index;
}

function fits(classes: TagSlot['classes'], targets: Readonly<Record<string, Target>>): boolean {
  return Object.entries(classes ?? {}).every(([slot, index]) => {
    const target = targets[slot];
    return target?.kind === 'class' && target.index === index;
  });
}

function paint(tags: Int32Array, tokens: readonly PlacedToken[], span: Span, kind: number): boolean {
  let first = true;
  let covered = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.slot !== span.slot || token.end <= span.start || token.start >= span.end) continue;
    if (token.start < span.start || token.end > span.end) return false;
    tags[i] = first ? 1 + 2 * kind : 2 + 2 * kind;
    first = false;
    covered++;
  }
  return covered > 0;
}

/** Marks the token that ends where a span of no length is. */
function paintEmpty(tags: Int32Array, tokens: readonly PlacedToken[], span: Span, kind: number): boolean {
  const i = tokens.findIndex((token) => token.slot === span.slot && token.end === span.start);
  if (i >= 0) tags[i] = 1 + 2 * kind;
  return i >= 0;
}

/** Spans by slot for a tagging. */
export function spansOf(
  group: TagGroup,
  tokens: readonly PlacedToken[],
  tags: ArrayLike<number>,
): Record<string, Target> {
  const targets: Record<string, Target> = {};
  if (group.calls !== undefined) return calledTools(group, group.calls, tokens, tags);
  if (group.slots.some(({ occurrence }) => occurrence > 0)) return itemSpans(group, tokens, tags);
  for (const { slot, kind } of group.slots) {
    const region = group.regions.find((r) => r.region === kind);
    const empty = group.regions.find((r) => r.inner === kind)?.empty;
    const spans =
      region === undefined
        ? plainSpans(tokens, tags, kind)
        : regionSpans(tokens, tags, [kind, region.inner, region.empty]);
    if (empty !== undefined) {
      spans.push(...emptySpans(tokens, tags, empty));
      spans.sort((a, b) => a.start - b.start);
    }
    targets[slot] = { kind: 'spans', spans: group.single.includes(slot) ? spans.slice(0, 1) : spans };
  }
  return targets;
}

/** The list of tools whose calls are tagged, in the order of the input; none where answers never call these. */
function calledTools(
  group: TagGroup,
  { choice, lists, tools }: NonNullable<TagGroup['calls']>,
  tokens: readonly PlacedToken[],
  tags: ArrayLike<number>,
): Record<string, Target> {
  const called = marksOf(group, tokens, tags).map(({ kind }) => tools[kind]!);
  const index = lists.findIndex(
    (list) => list.length === called.length && list.every((tool, i) => tool === called[i]),
  );
  return index < 0 ? {} : { [choice]: { kind: 'class', index } };
}

/**
 * Spans in the order of the input; a field that comes again begins the next call of the tool. What is said once for all
 * calls begins none.
 */
function itemSpans(
  group: TagGroup,
  tokens: readonly PlacedToken[],
  tags: ArrayLike<number>,
): Record<string, Target> {
  const marks = marksOf(group, tokens, tags);
  const shared = new Set(group.slots.flatMap(({ kind, common }) => (common ? [kind] : [])));
  const forAll = new Map(marks.filter(({ kind }) => shared.has(kind)).map((mark) => [mark.field, mark]));
  const items: Map<number, Mark>[] = forAll.size > 0 ? [new Map()] : [];
  for (const mark of marks) {
    if (shared.has(mark.kind)) continue;
    if (items.at(-1)?.has(mark.field) ?? true) items.push(new Map());
    items.at(-1)!.set(mark.field, mark);
  }
  const targets: Record<string, Target> = {};
  for (const { slot, kind, occurrence, classes } of group.slots) {
    const field = group.plain?.[kind] ?? kind;
    const item = items[occurrence];
    const mark = item?.get(field) ?? (item === undefined ? undefined : forAll.get(field));
    targets[slot] ??= { kind: 'spans', spans: mark === undefined ? [] : [mark.span] };
    if (classes === undefined || mark?.kind !== kind) continue;
    for (const [choice, index] of Object.entries(classes)) targets[choice] = { kind: 'class', index };
  }
  return targets;
}

interface Mark {
  readonly kind: number;
  /** The kind without what it stands for beside its field. */
  readonly field: number;
  readonly span: Span;
}

/** Every tagged span in the order of the input. */
function marksOf(group: TagGroup, tokens: readonly PlacedToken[], tags: ArrayLike<number>): Mark[] {
  const kinds = [...new Set(group.slots.map(({ kind }) => kind))];
  const places = new Map(tokens.map((token, i) => [`${token.slot} ${token.start}`, i]));
  return kinds
    .flatMap((kind) =>
      plainSpans(tokens, tags, kind).map((span) => ({ kind, field: group.plain?.[kind] ?? kind, span })),
    )
    .sort(
      (a, b) => places.get(`${a.span.slot} ${a.span.start}`)! - places.get(`${b.span.slot} ${b.span.start}`)!,
    );
}

function plainSpans(tokens: readonly PlacedToken[], tags: ArrayLike<number>, kind: number): Span[] {
  const spans: { slot: string; start: number; end: number }[] = [];
  let open = false;
  tokens.forEach((token, i) => {
    const begins = tags[i] === 1 + 2 * kind;
    const last = spans.at(-1);
    if (begins || (tags[i] === 2 + 2 * kind && !open))
      spans.push({ slot: token.slot, start: token.start, end: token.end });
    else if (tags[i] === 2 + 2 * kind && last !== undefined && last.slot === token.slot) last.end = token.end;
    open = begins || tags[i] === 2 + 2 * kind;
  });
  return spans;
}

/** One region from its first token, or that of a span inside it, to the last. */
function regionSpans(
  tokens: readonly PlacedToken[],
  tags: ArrayLike<number>,
  kinds: readonly number[],
): Span[] {
  let first = -1;
  let last = -1;
  tokens.forEach((_, i) => {
    const own = kindOfTag(tags[i]!);
    if (!kinds.includes(own)) return;
    if (first < 0) first = i;
    last = i;
  });
  if (first < 0) return [];
  return [{ slot: tokens[first]!.slot, start: tokens[first]!.start, end: tokens[last]!.end }];
}

function emptySpans(tokens: readonly PlacedToken[], tags: ArrayLike<number>, kind: number): Span[] {
  return tokens.flatMap(({ slot, end }, i) => (tags[i] === 1 + 2 * kind ? [{ slot, start: end, end }] : []));
}
