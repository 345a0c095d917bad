import type { FamilyTemplate } from './family.ts';
import { slotLabel, textBefore } from './names.ts';
import type { Segment, TemplateMessage } from './task.ts';
import { anchorOf, MAIN_SLOT } from './template.ts';
import { median } from './timeline.ts';
import { datePattern, wordCount } from './tokens.ts';

const dates = new RegExp(
  `^\\W*(?:the )?(?:${datePattern})(?:[\\s,;T()/–-]*(?:(?:at|on|an?|it is|it's) )*(?:${datePattern}|\\d{4}))*\\W*$`,
  'iu',
);
const background =
  /^(?:context|contexts|document|documents|docs|passages?|sources?|snippets?|knowledge|history|conversation|examples?|chunks?|retrieved|search_results|results|background|memory|facts|articles?|policy|policies)$/u;

/** Is the whole value a date or a time? */
export function isDate(value: string): boolean {
  return value.length <= 80 && dates.test(value.trim());
}

/** Does this name announce material to work with, not the text to work on? */
export function isBackground(name: string): boolean {
  return background.test(name) || name.split('_').some((word) => background.test(word));
}

/** Several lines or items with one delimiter: retrieved examples, search results. */
export function looksLikeList(sample: readonly string[]): boolean {
  const listed = sample.filter((value) => {
    const lines = value.split('\n').filter((line) => line.trim() !== '');
    if (lines.length < 3) return false;
    const starts = new Map<string, number>();
    for (const line of lines) {
      const start = /^\s*(?:[-*•#>]+|\[?\d+[\]).:]|<\/?\w+|[\p{L}]+\s?\d*:)/u
        .exec(line)?.[0]
        .replace(/\d+/gu, '1')
        .trim();
      if (start !== undefined) starts.set(start, (starts.get(start) ?? 0) + 1);
    }
    return Math.max(0, ...starts.values()) >= Math.max(2, 0.3 * lines.length);
  });
  return listed.length >= 0.5 * sample.length;
}

/**
 * Gives the slots of a template their final names: `input` for the text the task works on, `date` for dates, the others
 * by what stands before them.
 * @param values some calls' values by provisional name.
 * @returns the renamed messages and the new name of each old one.
 */
export function renameSlots(
  template: FamilyTemplate,
  values: readonly Readonly<Record<string, string>>[],
): { messages: readonly TemplateMessage[]; names: ReadonlyMap<string, string> } {
  const labels = new Map<string, string>();
  const roles = new Map<string, string>();
  for (const message of template.messages) {
    message.segments.forEach((segment, i) => {
      if (segment.kind !== 'slot') return;
      labels.set(segment.name, slotLabel(textBefore(message.segments, i)));
      roles.set(segment.name, message.role);
    });
  }
  const main = mainSlot(labels, roles, values);
  const names = new Map<string, string>();
  const used = new Set([MAIN_SLOT, 'history']);
  for (const [old, label] of labels) {
    if (old === main) {
      names.set(old, MAIN_SLOT);
      continue;
    }
    const texts = values.flatMap((slots) => slots[old] ?? []);
    const allDates = texts.length > 0 && texts.filter(isDate).length >= 0.95 * texts.length;
    const base = allDates && !/date|time/u.test(label) ? 'date' : label === '' ? 'slot' : label;
    let name = base;
    for (let k = 2; used.has(name); k++) name = `${base}_${k}`;
    used.add(name);
    names.set(old, name);
  }
  const messages = template.messages.map(({ role, segments }) => ({
    role,
    segments: renamed(segments, names),
  }));
  return { messages, names };
}

/** Calls are read with the new names as the values were: where the main slot is another one now, the anchor is told. */
function renamed(segments: readonly Segment[], names: ReadonlyMap<string, string>): readonly Segment[] {
  const anchor = names.get(anchorOf(segments) ?? '');
  const plain = segments.map(
    (segment): Segment =>
      segment.kind === 'slot' ? { kind: 'slot', name: names.get(segment.name)! } : segment,
  );
  if (anchorOf(plain) === anchor) return plain;
  return plain.map((segment) =>
    segment.kind === 'slot' && segment.name === anchor ? { ...segment, anchor: true } : segment,
  );
}

/**
 * The slot that the task works on: of those in user messages that do not announce background material the one with the
 * most text; without any such, the one with the most text at all.
 */
function mainSlot(
  labels: ReadonlyMap<string, string>,
  roles: ReadonlyMap<string, string>,
  values: readonly Readonly<Record<string, string>>[],
): string | undefined {
  const size = (name: string): number => median(values.map((slots) => wordCount(slots[name] ?? '')));
  const width = new Map([...labels.keys()].map((name) => [name, size(name)]));
  const widest = (names: readonly string[]): string | undefined =>
    names.reduce<string | undefined>(
      (best, name) => (best === undefined || width.get(name)! > width.get(best)! ? name : best),
      undefined,
    );
  const all = [...labels.keys()];
  const telling = all.filter(
    (name) =>
      width.get(name)! >= 2 &&
      !isBackground(labels.get(name)!) &&
      !looksLikeList(values.map((slots) => slots[name] ?? '')),
  );
  const foreground = telling.length > 0 ? telling : all;
  const ofUser = foreground.filter((name) => roles.get(name) === 'user');
  return widest(ofUser) ?? widest(foreground);
}
