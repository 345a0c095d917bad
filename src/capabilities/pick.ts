import type { Enumeration } from './enumeration.ts';
import type { JsonExamples } from './example.ts';
import type { Item } from './item.ts';
import { foldLabel } from './reading.ts';

/**
 * Which of a prompt's lists are the labels? Its wording and form give a prior; where answers were seen, the list that
 * contains them wins.
 * @param observed folded label -> count.
 */
export function pickLabels(
  lists: readonly Enumeration[],
  text: string,
  observed: ReadonlyMap<string, number>,
): readonly Item[] {
  const fallbacks = fallbackLabels(text);
  const chosen = choose(lists, observed, prior);
  if (chosen.length === 0) return [];
  // Within one list "Info" and "INFO" are two labels; across lists another spelling is the same one.
  const items: Item[] = [];
  const seen = new Set<string>();
  for (const values of [...chosen.map((list) => list.values), fallbacks]) {
    items.push(...values.filter((item) => !seen.has(foldLabel(item.value))));
    for (const item of values) seen.add(foldLabel(item.value));
  }
  return items;
}

/**
 * Assigns lists to the fields of a JSON answer.
 * @param fields paths the answer has, from examples in the prompt or from answers.
 */
export function bindFields(
  lists: readonly Enumeration[],
  text: string,
  fields: ReadonlySet<string>,
  example: JsonExamples,
  observed: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Map<string, readonly Item[]> {
  const bound = new Map<string, readonly Item[]>();
  const free: string[] = [];
  for (const path of fields) {
    const shown = example.fields.get(path);
    if (shown !== undefined && shown.alternatives.length > 0)
      bound.set(
        path,
        shown.alternatives.map((value) => ({ value, description: '' })),
      );
    else if (shown === undefined || shown.open || shown.literals.length > 0) free.push(path);
  }
  const used = new Set<Enumeration>();
  const bind = (path: string, list: Enumeration): void => {
    used.add(list);
    const literals = (example.fields.get(path)?.literals ?? []).map((value) => ({ value, description: '' }));
    const seen = new Set(list.values.map((item) => item.value));
    bound.set(path, [...list.values, ...literals.filter((item) => !seen.has(item.value))]);
  };
  for (const { path, list } of bindings(lists, text, free, observed))
    if (!bound.has(path) && !used.has(list)) bind(path, list);
  const rest = free.filter((path) => !bound.has(path) && !observed.has(path) && !prose.test(path));
  if (rest.length === 1 && example.fields.get(rest[0]!)?.open === true) {
    const likely = lists.filter((list) => !used.has(list) && prior(list) > 1.5 && list.form !== 'headings');
    const best = likely.sort((a, b) => prior(b) - prior(a))[0];
    if (best !== undefined) bind(rest[0]!, best);
  }
  return bound;
}

/** Names of fields that are written freely. */
const prose =
  /(?:^|[._])(?:reason(?:ing)?|explanation|rationale|summary|text|message|comment|note|description|title|name|confidence|score|quote|evidence|answer|date|time|id|url|email)$/i;

const MAX_FIELDS = 200;

/** Pairs of a field and a list in falling order of how well they fit. */
function bindings(
  lists: readonly Enumeration[],
  text: string,
  fields: readonly string[],
  observed: ReadonlyMap<string, ReadonlyMap<string, number>>,
): { readonly path: string; readonly list: Enumeration }[] {
  const pairs: { path: string; list: Enumeration; score: number }[] = [];
  for (const path of fields.slice(0, MAX_FIELDS)) {
    const seen = observed.get(path);
    const counts = new Map<string, number>();
    for (const [value, count] of seen ?? [])
      counts.set(foldLabel(value), (counts.get(foldLabel(value)) ?? 0) + count);
    const name = path.replaceAll('[]', '').split('.').at(-1) ?? path;
    const isHeading = calledHeading(name, text);
    for (const list of lists) {
      const named = namesField(list, name, isHeading);
      const covered = counts.size === 0 ? 0 : coverage(list, counts);
      if (counts.size > 0 && covered < 0.5) continue;
      if (counts.size === 0 && named <= 0) continue;
      pairs.push({ path, list, score: 20 * covered + named + prior(list) });
    }
  }
  return pairs.sort((a, b) => b.score - a.score);
}

/** Does the prompt say that a field is the heading under which something is listed? */
function calledHeading(name: string, text: string): boolean {
  const words = new RegExp(
    `["'\`]?${escapeRegex(name)}["'\`]?[^.\\n]{0,60}\\b(?:heading|section|group)`,
    'iu',
  );
  return words.test(text);
}

/** How clearly a list says that it holds the values of a field. */
function namesField(list: Enumeration, name: string, isHeading: boolean): number {
  const word = escapeRegex(name.replace(/(ies|s)$/i, ''));
  const lead = list.lead.split('\n').at(-1) ?? '';
  let score = 0;
  if (new RegExp(`(^|[^\\p{L}\\p{N}])${word}(y|ies|s|es)?([^\\p{L}\\p{N}]|$)`, 'iu').test(lead)) score += 6;
  if (isHeading) score += list.form === 'headings' ? 8 : -4;
  else if (list.form === 'headings') score -= 4;
  return score;
}

/** The lists that together hold the answers: one, or several of one kind that each add some. */
function choose(
  lists: readonly Enumeration[],
  observed: ReadonlyMap<string, number>,
  score: (list: Enumeration) => number,
): readonly Enumeration[] {
  const ranked = lists
    .map((list) => ({ list, prior: score(list), covered: coverage(list, observed) }))
    .sort((a, b) => b.covered - a.covered || b.prior - a.prior);
  const best = ranked[0];
  if (best === undefined) return [];
  if (observed.size === 0 || best.covered < 0.3) {
    const byPrior = ranked.sort((a, b) => b.prior - a.prior)[0]!;
    return byPrior.prior > 0 && best.covered === 0 && observed.size === 0 ? [byPrior.list] : [];
  }
  const close = ranked
    .filter((entry) => entry.covered >= best.covered - 0.02)
    .sort((a, b) => b.prior - a.prior);
  const chosen = [close[0]!.list];
  const have = new Set(chosen[0]!.values.map((item) => foldLabel(item.value)));
  for (const { list } of ranked) {
    const added = list.values.filter((item) => !have.has(foldLabel(item.value)));
    const hits = added.filter((item) => observed.has(foldLabel(item.value)));
    if (list.form !== chosen[0]!.form || hits.length < Math.max(1, added.length / 2)) continue;
    chosen.push(list);
    for (const item of added) have.add(foldLabel(item.value));
  }
  return chosen;
}

/** Share of the answers that are in the list. */
function coverage(list: Enumeration, observed: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of observed.values()) total += count;
  if (total === 0) return 0;
  let hits = 0;
  const seen = new Set<string>();
  for (const item of list.values) {
    const key = foldLabel(item.value);
    if (!seen.has(key)) hits += observed.get(key) ?? 0;
    seen.add(key);
  }
  return hits / total;
}

const announces =
  /label|categor|class|intent|topic|option|sentiment|one of|exactly one|choose|choice|pick|select|possible|allowed|valid|permitted|answer|reply|respond|output|return|tag|type|value|department|queue|team|priority|emotion|route|bucket|verdict|severity|status/gi;
const warns =
  /rule|guideline|instruction|\bnotes?\b|step|example|constraint|remember|important|requirement|do not|don't|never|always|context|background|about you|feature|capabilit|handles|input|field|column|key/gi;

/** How much a list looks like the labels of the task, answers unseen. */
function prior(list: Enumeration): number {
  const lead = list.lead.split('\n').slice(-2).join(' ');
  const near = list.lead.split('\n').at(-1) ?? '';
  let score = Math.log2(list.values.length) / 2;
  score += Math.min(2, matches(lead, announces)) * 1.5 + Math.min(2, matches(near, announces));
  score -= Math.min(2, matches(near, warns)) * 2;
  const words =
    list.values.reduce((sum, item) => sum + item.value.split(/\s+/).length, 0) / list.values.length;
  score -= Math.max(0, words - 2) * 1.5;
  if (list.values.every((item) => /^[\p{L}\p{N}_.:/-]+$/u.test(item.value))) score += 1;
  if (list.form === 'table' && list.values.every((item) => /^[\d.]+$/.test(item.value))) score -= 4;
  if (list.form === 'headings') score -= 3;
  if (list.form === 'definitions') score -= 0.5;
  return score - 1.5 * list.sentences;
}

function matches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** "If nothing fits, reply with `other`": a label outside the list. */
function fallbackLabels(text: string): Item[] {
  const found: Item[] = [];
  const pattern =
    /\b(?:otherwise|if (?:nothing|none|no|unsure|you are|you're|it does|the|in doubt|uncertain|unclear)|when in doubt|else)\b[^.\n]{0,120}?\b(?:reply|answer|respond|return|output|use|say|write|choose|pick|classify)(?: it| this)?(?: only| just)?(?: with| as)?\s*:?\s*(?:["'`“]([^"'`”\n]{1,40})["'`”]|([A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)+|[A-Z]{3,}))/giu;
  for (const match of text.matchAll(pattern)) {
    const value = (match[1] ?? match[2] ?? '').trim();
    if (value !== '' && !/\s.*\s/.test(value)) found.push({ value, description: 'fallback' });
  }
  return found;
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
