import type { Segment } from './task.ts';
import { compileSegments } from './template.ts';
import { median } from './timeline.ts';
import { wordCount } from './tokens.ts';

/**
 * Is a part of a prompt that comes again and again material or instruction? Ten documents, each asked about thirty times,
 * are material of one task; ten phrases that say what to do are ten tasks. Material stands in a place of its own: behind
 * a colon, in a tag, below a heading, between fences.
 */

/** Places that hold instructions, whatever their form. */
const instructive =
  /(?:task|instruction|goal|objective|role|rule|label|categor|option|class|choice|intent|queue|format|schema|example|guideline|aufgabe|tâche|tarea)s?\W*$/iu;
const place =
  /(?:^|\n)[^\n]{0,60}?([\p{L}\p{N}][\p{L}\p{N} _'’()/-]{0,40})["'*`]*[ \t]*[:=：][\s"'`*<([{-]*$|<([a-z][\w-]{0,30})(?:\s[^<>]*)?>\s*$|(?:^|\n)#{1,4} ([^\n]{1,60})\n\s*$|(?:^|\n)(?:"""|```\w*|-{3,})\s*$/iu;

/** Does this text open a place for material? */
export function opensPlace(before: string): boolean {
  const found = place.exec(before.slice(-200));
  return found !== null && !instructive.test(found[1] ?? found[2] ?? found[3] ?? '');
}

/** Words of a part that is more than a value. */
const WIDE = 8;

/**
 * Do these texts of one template differ in material only: do all wide slots whose values come again stand in places of
 * their own? False where no wide slot repeats.
 */
export function differInMaterial(segments: readonly Segment[], texts: readonly string[]): boolean {
  const match = compileSegments(segments);
  const values = new Map<string, string[]>();
  for (const text of texts) {
    const slots: Record<string, string> = {};
    if (!match(text, slots)) continue;
    for (const name in slots) values.set(name, [...(values.get(name) ?? []), slots[name]!]);
  }
  let found = false;
  for (const [i, segment] of segments.entries()) {
    if (segment.kind === 'text') continue;
    const own = values.get(segment.name) ?? [];
    const repeats = own.length >= 2 * new Set(own).size;
    if (!repeats || median(own.map(wordCount)) < WIDE) continue;
    const before = segments[i - 1];
    if (before?.kind !== 'text' || !opensPlace(before.text)) return false;
    found = true;
  }
  return found;
}
