import { isLine, textFeatures } from './features.ts';

/**
 * Finds groups of texts that come from one template, among texts of many templates and of none: the most widely shared
 * feature (a line, the first or last words) names a candidate group, which its caller accepts or refuses. Every text is
 * looked at once per feature it has, so the cost grows with the number of texts, not with their pairs.
 */

/** Decides about a candidate group; returns the indices of its texts that belong together, or null to refuse it. */
export type Judge = (indices: readonly number[]) => readonly number[] | null;

/** Candidates refused in a row before the search ends: what follows is rarer still. */
const PATIENCE = 300;

/**
 * @param smallest groups of fewer texts are not looked at.
 * @param largest features that more texts share are ignored: what all have in common tells them apart no better.
 * @param linesFirst candidates from whole lines go before all others: of many templates each has a line of its own, while
 * any of them may begin or end alike.
 * @returns disjoint groups of indices into `texts`; texts in none are left out.
 */
export function clusterTexts(
  texts: readonly string[],
  smallest: number,
  judge: Judge,
  largest = texts.length,
  linesFirst = false,
): readonly (readonly number[])[] {
  const postings = new Map<number, number[]>();
  texts.forEach((text, i) => {
    for (const feature of textFeatures(text)) {
      const posting = postings.get(feature);
      if (posting === undefined) postings.set(feature, [i]);
      else posting.push(i);
    }
  });
  const rank = (feature: number): number => (linesFirst && isLine(feature) ? 0 : 1);
  const candidates = [...postings]
    .filter(([, posting]) => posting.length >= smallest && posting.length <= largest)
    .sort(([f, a], [g, b]) => rank(f) - rank(g) || b.length - a.length)
    .map(([, posting]) => posting);
  const taken = new Uint8Array(texts.length);
  const groups: (readonly number[])[] = [];
  const refused = new Set<string>();
  let misses = 0;
  for (const posting of candidates) {
    if (misses >= PATIENCE) break;
    const free = posting.filter((i) => taken[i] === 0);
    if (free.length < smallest) continue;
    const key = `${free.length}:${free[0]}:${free.at(-1)}`;
    if (refused.has(key)) continue;
    const group = judge(free);
    if (group === null || group.length < smallest) {
      refused.add(key);
      misses++;
      continue;
    }
    misses = 0;
    for (const i of group) taken[i] = 1;
    groups.push(group);
  }
  return groups;
}
