import type { PlanNode } from './plan.ts';

export type TemplateParts = readonly (string | PlanNode)[];

/** The texts that stand in a template's gaps; null where the text is not worded so. */
export function templateGaps(
  parts: TemplateParts,
  text: string,
): { readonly node: PlanNode; readonly text: string }[] | null {
  const gaps = gapsOf(
    parts.map((part) => (typeof part === 'string' ? part : null)),
    text,
  );
  if (gaps === null) return null;
  const nodes = parts.filter((part) => typeof part !== 'string');
  return nodes.map((node, i) => ({ node, text: gaps[i]! }));
}

/** The same over constants and gaps (null): each gap is as short as it can be. */
export function gapsOf(parts: readonly (string | null)[], text: string): string[] | null {
  const gaps: string[] = [];
  let at = 0;
  let open = false;
  for (const [i, part] of parts.entries()) {
    if (part === null) {
      open = true;
      continue;
    }
    const last = i === parts.length - 1;
    const found = !open
      ? text.startsWith(part, at)
        ? at
        : -1
      : last
        ? tailOf(text, part, at)
        : text.indexOf(part, at);
    if (found < 0) return null;
    if (open) gaps.push(text.slice(at, found));
    at = found + part.length;
    open = false;
  }
  if (open) gaps.push(text.slice(at));
  else if (at !== text.length) return null;
  return gaps;
}

function tailOf(text: string, part: string, from: number): number {
  const at = text.length - part.length;
  return at >= from && text.endsWith(part) ? at : -1;
}
