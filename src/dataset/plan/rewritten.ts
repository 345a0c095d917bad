import type { ModelInput } from '../example.ts';
import { spread } from '../habit.ts';
import { normalise, normaliserChains } from '../normaliser.ts';
import type { Change, PlanNode } from '../plan.ts';
import { alignRewritten, byWord, type Edit, editsBetween } from '../rewrite.ts';
import type { Place, Sample } from './place.ts';
import { tally } from './values.ts';

const judged = 400;
/** Share of a text's words that must be the input's, and of the texts that must be explained. */
const leastKept = 0.4;
const leastExplained = 0.9;
/** Seen less often, a way of replacing is a slip. */
const leastSeen = 5;
const leastShare = 0.01;
/** Different parts that a fixed text stands for: fewer are rather spelled in another way. */
const leastReplaced = 3;
const mostSpelled = 300;

interface Replaced extends Edit {
  readonly own: string;
  readonly context: ModelInput['context'];
}

/**
 * The plan of texts that are one of the inputs with parts replaced: by a fixed text each ("[EMAIL]"), by the same value in
 * another form (dates, numbers, capitals), or by another spelling of a closed set. null where they are something else.
 */
export function inferRewritten(
  samples: readonly Sample[],
  place: Place,
): (PlanNode & { kind: 'rewritten' }) | null {
  const some = spread(samples, judged);
  if (some.length < 20 || some.some(({ value }) => typeof value !== 'string')) return null;
  const from = slotOf(some);
  if (from === null) return null;
  const edits = some.flatMap(({ value, input }): Replaced[] => {
    const text = (input.slots[from] ?? '').trim();
    const found = editsBetween(text, String(value))?.edits ?? [];
    return found.map((edit) => ({
      ...edit,
      own: text.slice(edit.start, edit.end),
      context: input.context,
    }));
  });
  const least = Math.max(leastSeen, leastShare * edits.length);
  const name = place.name || 'answer';
  const changes: Change[] = [];
  let rest = edits;
  const add = (
    as: string | null,
    normalisers: readonly string[],
    more: Partial<Change['slot']> = {},
  ): void => {
    const label = as ?? (normalisers.join('+') || 'spelling');
    changes.push({ slot: { name: `${name} ${label}`, normalisers, type: 'string', ...more }, as });
  };
  for (let chain = bestChain(rest, least); chain !== null; chain = bestChain(rest, least)) {
    const own = chain;
    add(null, own);
    rest = rest.filter((edit) => !isMade(edit, own));
  }
  for (const text of fixedTexts(rest, least)) add(text, []);
  const fixed = new Set(changes.map(({ as }) => as));
  const spelled = spellings(rest.filter(({ text }) => !fixed.has(text)));
  if (Object.keys(spelled).length > 0) add(null, ['lower'], { spelled });
  const node = { kind: 'rewritten', from, changes } as const;
  const explained = some.filter(({ value, input }) => alignRewritten(node, value, input, {}) === null);
  return changes.length > 0 && explained.length >= leastExplained * some.length ? node : null;
}

/** The slot of the input that shares the most words with the texts; null where none shares enough. */
function slotOf(samples: readonly Sample[]): string | null {
  const few = spread(samples, 60);
  let best: { slot: string; kept: number } | null = null;
  for (const slot of Object.keys(few[0]?.input.slots ?? {})) {
    let [kept, all] = [0, 0];
    for (const { value, input } of few) {
      const text = String(value);
      kept += editsBetween((input.slots[slot] ?? '').trim(), text)?.kept ?? 0;
      all += text.split(/\s+/u).length;
    }
    if (kept >= leastKept * all && kept > (best?.kept ?? 0)) best = { slot, kept };
  }
  return best?.slot ?? null;
}

/** The normalisers that make the most of these edits; null where none makes enough. */
function bestChain(edits: readonly Replaced[], least: number): readonly string[] | null {
  let best: { chain: readonly string[]; count: number } | null = null;
  for (const chain of normaliserChains) {
    if (chain.length === 0) continue;
    const count = edits.filter((edit) => isMade(edit, chain)).length;
    if (count >= least && count > (best?.count ?? 0)) best = { chain, count };
  }
  return best?.chain ?? null;
}

function isMade({ own, text, context }: Replaced, chain: readonly string[]): boolean {
  return normalise(own, chain, context) === text;
}

/** Texts that stand for others; several of them with something between are no text of their own. */
function fixedTexts(edits: readonly Replaced[], least: number): string[] {
  const found = tally(edits.map(({ text }) => text)).flatMap(({ value, count }) => {
    const text = String(value);
    const replaced = new Set(edits.filter((edit) => edit.text === text).map(({ own }) => own)).size;
    return count >= least && (replaced >= leastReplaced || !/\p{Ll}/u.test(text)) ? [text] : [];
  });
  return found.filter(
    (text) => !(/\s/u.test(text) && found.some((other) => other !== text && text.includes(other))),
  );
}

/** "u" is "you", "pls" is "please": what is always replaced by the same. */
function spellings(edits: readonly Replaced[]): Record<string, string> {
  const found: Record<string, string> = {};
  const pairs = tally(
    edits.flatMap(({ own, text }) =>
      byWord({ start: 0, end: own.length, text }, own).map((edit) => [
        own.slice(edit.start, edit.end).toLowerCase(),
        edit.text,
      ]),
    ),
  );
  for (const { value, count } of pairs) {
    const [own, text] = value as readonly [string, string];
    if (count < 2 || Object.hasOwn(found, own) || Object.keys(found).length >= mostSpelled) continue;
    found[own] = text;
  }
  return found;
}
