import type { Segment } from './task.ts';
import { maskedSpans } from './tokens.ts';

/** Slots that hold a part of a date, an address, a path or an id in every sample grow to the whole of it. */

/** Values of a sample by slot name. */
export type Values = Readonly<Record<string, string>>;

/** Characters of a neighbouring constant that may turn out to belong to a slot's date or number. */
const REACH = 40;

/** A slot that is part of a date, an id or an address in every sample grows to the whole of it. */
export function growMasked(segments: readonly Segment[], values: readonly Values[]): readonly Segment[] {
  const out = segments.map((segment) => ({ ...segment }));
  const sample = values.slice(0, 20);
  out.forEach((segment, i) => {
    if (segment.kind !== 'slot' || sample.length === 0) return;
    const [before, after] = [out[i - 1], out[i + 1]];
    const left = before?.kind === 'text' ? before.text.slice(-REACH) : '';
    const right = after?.kind === 'text' ? after.text.slice(0, REACH) : '';
    const reaches = sample.map((slots) => reachOf(left, slots[segment.name]!, right));
    const [l, r] = reaches[0]!;
    if (l + r === 0 || reaches.some((reach) => reach[0] !== l || reach[1] !== r)) return;
    if (before?.kind === 'text') before.text = before.text.slice(0, before.text.length - l);
    if (after?.kind === 'text') after.text = after.text.slice(r);
  });
  return joined(out);
}

/** How far the masked piece that covers the whole value reaches into the text on both sides. */
function reachOf(left: string, value: string, right: string): readonly [number, number] {
  const [start, end] = [left.length, left.length + value.length];
  if (value.length === 0 || value.length > 80) return [0, 0];
  const span = maskedSpans(left + value + right).find(([from, to]) => from <= start && to >= end);
  return span === undefined ? [0, 0] : [start - span[0], span[1] - end];
}

/** The end of a text that goes on in what follows it: from a scheme or a folder, or a word and what joins it to the next. */
const openEnd = /[a-z][a-z0-9+.-]*:\/\/[^\s"'`<>()[\]{}|,;]*$|[\w~./@-]*(?:\/|\w[-_.@])$/iu;
/** The beginning of a text that goes on from a word before it. */
const openStart = /^(?:[-_./@]\w[\w./@-]*)+(?=$|[\s"'`<>()[\]{}|,;:!?])/u;

/**
 * What every value is joined to without a blank belongs to it: `https://` and the folders that all paths share, the
 * letters of an id and the ending of a file. A copy of the value would lack them.
 */
export function growJoined(segments: readonly Segment[], values: readonly Values[]): readonly Segment[] {
  const out = segments.map((segment) => ({ ...segment }));
  out.forEach((segment, i) => {
    if (segment.kind !== 'slot' || values.length === 0) return;
    const [before, after] = [out[i - 1], out[i + 1]];
    const texts = values.map((slots) => slots[segment.name]!);
    if (before?.kind === 'text' && texts.every((text) => /^\w/u.test(text)))
      before.text = before.text.replace(openEnd, '');
    if (after?.kind === 'text' && texts.every((text) => /\w$/u.test(text)))
      after.text = after.text.replace(openStart, '');
  });
  return joined(out);
}

/** Joins neighbouring texts. */
export function joined(segments: readonly Segment[]): readonly Segment[] {
  const out: Segment[] = [];
  for (const segment of segments) {
    const before = out.at(-1);
    if (segment.kind === 'text' && segment.text === '') continue;
    if (segment.kind === 'text' && before?.kind === 'text') {
      out[out.length - 1] = { kind: 'text', text: before.text + segment.text };
    } else out.push(segment);
  }
  return out;
}
