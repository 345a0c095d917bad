import { isArray, type Json } from '../../base/json.ts';
import { spread } from '../habit.ts';
import type { PlanNode, WordTags } from '../plan.ts';
import { alignTags, countedWords, readTag } from '../wordTags.ts';
import type { Place, Sample } from './place.ts';
import { tally } from './values.ts';

const judged = 400;
const leastSamples = 20;
/** Share of the lists that have a tag for each word. */
const leastCounted = 0.95;
/** More kinds of tags leave each too few words. */
const mostKinds = 60;

/** The plan of lists that hold a tag for each word of the input; null where they hold something else. */
export function inferWordTags(
  samples: readonly Sample[],
  place: Place,
): (PlanNode & { kind: 'word-tags' }) | null {
  const some = spread(samples, judged);
  if (some.length < leastSamples || !some.every(({ value }) => isArray(value))) return null;
  const lists = some.map(({ value }) => value as readonly Json[]);
  const lengths = new Set(lists.map((list) => list.length));
  const tags = tally(lists.flat());
  if (lengths.size < 3 || tags.length < 2 || tags.length > 2 * mostKinds) return null;
  if (!tags.every(({ value }) => typeof value === 'string')) return null;
  const counted = countedBy(some);
  if (counted === null) return null;
  const names = tags.map(({ value }) => String(value));
  const outside = names.includes('O') ? 'O' : names[0]!;
  const begins = names.every((tag) => tag === outside || /^[BI]-./su.test(tag));
  const kinds = [...new Set(names.flatMap((tag) => readTag(tag, { outside, begins })?.kind ?? []))];
  const scope = place.name || 'tag';
  const node = {
    kind: 'word-tags',
    ...counted,
    outside,
    begins,
    kinds: kinds.map((tag) => ({
      tag,
      slot: { name: `${scope}=${tag}`, normalisers: [], type: 'string' as const },
    })),
  } as const;
  const right = some.filter(({ value, input }) => alignTags(node, value, input, {}) === null);
  return kinds.length <= mostKinds && right.length >= leastCounted * some.length ? node : null;
}

/** The slot and the words whose number is that of the tags; null where there is none. */
function countedBy(samples: readonly Sample[]): Pick<WordTags, 'from' | 'by'> | null {
  for (const from of Object.keys(samples[0]?.input.slots ?? {}))
    for (const by of ['spaces', 'tokens'] as const) {
      const right = samples.filter(
        ({ value, input }) =>
          isArray(value) && value.length === countedWords(input.slots[from] ?? '', by).length,
      );
      if (right.length >= leastCounted * samples.length) return { from, by };
    }
  return null;
}
