import { alignPart } from '../align.ts';
import { spread } from '../habit.ts';
import type { PlanNode } from '../plan.ts';
import { gapsOf } from '../template.ts';
import { apart } from './overlap.ts';
import type { InferNode, Place, Sample } from './place.ts';

/** Texts are compared on this many tokens of this many answers. */
const mostTokens = 400;
const compared = 60;
const mostGaps = 10;
/** Share of the texts that must be worded so. */
const leastWorded = 0.9;
/** Share of the texts whose gaps must be filled beside each other, and how many are tried. */
const leastFilled = 0.5;
const judged = 200;

/**
 * A text of constant pieces with copied or chosen values between them ("Meet {who} at {time}"); null where the texts
 * share no wording whose gaps can all be filled.
 */
export function inferTemplate(
  samples: readonly Sample[],
  place: Place,
  inferNode: InferNode,
): PlanNode | null {
  // A gap that is itself such a text has already been looked at as a part of the whole.
  if (samples.length < 20 || place.name.includes('{')) return null;
  const texts = samples.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
  if (texts.length < samples.length) return null;
  const common = spread(texts, compared)
    .map(pieces)
    .reduce((a, b) => commonPieces(a, b));
  const tried = [
    common,
    common.filter((piece) => /\S/u.test(piece)),
    // Days and times are values as wholes: "2026-03-01T17:00" is a day, a T and a time.
    common.filter((piece) => /\p{L}/u.test(piece)),
  ].flatMap((anchors) => {
    const parts = partsOf(anchors, texts);
    const node = parts === null ? null : fillGaps(parts, samples, place, inferNode);
    return node === null ? [] : [{ node, guesses: guessesIn(node) }];
  });
  return (
    tried.reduce<(typeof tried)[0] | null>(
      (best, next) => (best === null || next.guesses < best.guesses ? next : best),
      null,
    )?.node ?? null
  );
}

/** Gaps whose numbers would be guessed as classes, though numbers are rather read. */
function guessesIn(node: PlanNode & { kind: 'template' }): number {
  return node.parts.filter(
    (part) =>
      typeof part !== 'string' &&
      part.kind === 'choice' &&
      part.slot.values.every((value) => value === null || /\d/u.test(String(value))),
  ).length;
}

function pieces(text: string): string[] {
  return (text.match(/\p{L}[\p{L}\p{M}]*|\p{N}+|\s|[^\s\p{L}\p{N}]/gu) ?? []).slice(0, mostTokens);
}

/** The longest common subsequence of two token lists. */
function commonPieces(a: readonly string[], b: readonly string[]): string[] {
  const width = b.length + 1;
  const best = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      best[i * width + j] =
        a[i] === b[j]
          ? best[(i + 1) * width + j + 1]! + 1
          : Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!);
  const common: string[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      common.push(a[i]!);
      i++;
      j++;
    } else if (best[(i + 1) * width + j]! >= best[i * width + j + 1]!) i++;
    else j++;
  }
  return common;
}

/** Constants and gaps (null): anchors with nothing between them in any text grow together. */
function partsOf(anchors: readonly string[], texts: readonly string[]): (string | null)[] | null {
  if (anchors.length === 0) return null;
  const open: (string | null)[] = [null, ...anchors.flatMap((anchor) => [anchor, null])];
  const read = texts.flatMap((text) => gapsOf(open, text) ?? []);
  const gaps = anchors.length + 1;
  const used = Array.from({ length: gaps }, (_, g) => read.some((text, i) => i % gaps === g && text !== ''));
  const parts: (string | null)[] = used[0] ? [null] : [];
  anchors.forEach((anchor, i) => {
    const last = parts.at(-1);
    if (typeof last === 'string') parts[parts.length - 1] = last + anchor;
    else parts.push(anchor);
    if (used[i + 1]) parts.push(null);
  });
  const count = parts.filter((part) => part === null).length;
  return count === 0 || count > mostGaps ? null : parts;
}

function fillGaps(
  parts: readonly (string | null)[],
  samples: readonly Sample[],
  place: Place,
  inferNode: InferNode,
): (PlanNode & { kind: 'template' }) | null {
  const read = samples.flatMap(({ value, input }) => {
    const gaps = gapsOf(parts, String(value));
    return gaps === null ? [] : [{ gaps, input }];
  });
  if (read.length < leastWorded * samples.length) return null;
  const filled: (string | PlanNode)[] = [];
  let g = 0;
  for (const part of parts) {
    if (part !== null) {
      filled.push(part);
      continue;
    }
    const at = g++;
    const again = earlierGap(read, at);
    if (again >= 0) {
      filled.push({ kind: 'again', gap: again });
      continue;
    }
    const own = read.map(({ gaps, input }): Sample => ({ value: gaps[at] || null, input }));
    const node = inferNode(own, { name: `${place.name || 'text'}{${at}}`, schema: null });
    if (node.kind === 'unknown' || hasText(node)) return null;
    filled.push(node);
  }
  return aligned({ kind: 'template', parts: filled }, samples);
}

/**
 * The template, if its gaps can be filled beside each other: what an earlier gap copies a later one may copy in another
 * form, and is tagged by itself then. null where most texts cannot be filled so.
 */
function aligned(
  node: PlanNode & { kind: 'template' },
  samples: readonly Sample[],
): (PlanNode & { kind: 'template' }) | null {
  const some = spread(samples, judged);
  const share = (parts: readonly (string | PlanNode)[]): number =>
    some.filter(({ value, input }) => alignPart({ ...node, parts }, value, input, {}) === null).length /
    some.length;
  const own = share(node.parts);
  if (own >= leastWorded) return node;
  const first = node.parts.findIndex((part) => typeof part !== 'string');
  const parts = node.parts.map((part, i) => (typeof part === 'string' || i === first ? part : apart(part)));
  const other = share(parts);
  if (other > own + 0.05) return { ...node, parts };
  return own >= leastFilled ? node : null;
}

/** The first gap that (nearly) always holds what this one does, among texts that differ; -1 for none. */
function earlierGap(read: readonly { readonly gaps: readonly string[] }[], at: number): number {
  const own = read.filter(({ gaps }) => gaps[at] !== '');
  if (new Set(own.map(({ gaps }) => gaps[at])).size < 2) return -1;
  for (let gap = 0; gap < at; gap++)
    if (read.filter(({ gaps }) => gaps[gap] === gaps[at]).length >= 0.99 * read.length) return gap;
  return -1;
}

function hasText(node: PlanNode): boolean {
  return node.kind === 'text' || (node.kind === 'maybe' && hasText(node.node));
}
