import { isArray } from '../../base/json.ts';
import { normaliserChains } from '../normaliser.ts';
import type { PlanNode, SpanSlot } from '../plan.ts';
import { alignSpan, alignSpanList } from '../spans.ts';
import type { Sample } from './place.ts';

/** Values must be copied at least this often for a field to be read off the input. */
const leastCopied = 0.9;
const joiners: readonly string[] = ['; ', ', ', ' ', ' and '];
/** Enough samples to judge a normaliser by. */
const judged = 400;
const glance = 30;

/** A span node with the normalisers under which the values are found in the input; null where too few are. */
export function inferSpan(
  samples: readonly Sample[],
  name: string,
): { readonly node: PlanNode; readonly copied: number } | null {
  const some = spread(samples);
  const numbers = some.filter((sample) => typeof sample.value === 'number').length;
  const texts = some.filter((sample) => typeof sample.value === 'string').length;
  if (Math.max(numbers, texts) < leastCopied * some.length) return null;
  const type = numbers > texts ? 'number' : 'string';
  let best: { slot: SpanSlot; copied: number } | null = null;
  for (const normalisers of normaliserChains) {
    const slot: SpanSlot = { name, normalisers, type };
    // A glance first: most chains fit nothing, and looking for places is the costly part.
    const least = Math.max(best?.copied ?? 0, leastCopied) / 2;
    if (normalisers.length > 0 && shareCopied(slot, some.slice(0, glance)) < least) continue;
    const copied = shareCopied(slot, some);
    if (best === null || copied > best.copied + 0.005) best = { slot, copied };
    if (best.copied > 0.995) break;
  }
  if (best === null || best.copied < leastCopied / 2) return null;
  const { slot, copied } = withJoiner(best.slot, best.copied, some);
  return copied < leastCopied ? null : { node: { kind: 'span', slot }, copied };
}

function withJoiner(slot: SpanSlot, copied: number, samples: readonly Sample[]) {
  let best = { slot, copied };
  for (const join of joiners) {
    const joined = { ...slot, join };
    const share = shareCopied(joined, samples);
    if (share > best.copied) best = { slot: joined, copied: share };
  }
  return best;
}

/** A list of copied texts; null where too few are copied. Lists that are always empty say nothing. */
export function inferSpanList(samples: readonly Sample[], name: string): PlanNode | null {
  const some = spread(samples.filter((sample) => isArray(sample.value) && sample.value.length > 0));
  if (some.length === 0) return null;
  const first = isArray(some[0]!.value) ? some[0]!.value[0] : null;
  const type = typeof first === 'number' ? 'number' : 'string';
  for (const distinct of [undefined, 'seen', 'sorted'] as const)
    for (const normalisers of normaliserChains) {
      const slot: SpanSlot = { name, normalisers, type };
      const node = { kind: 'span-list', slot, ...(distinct === undefined ? {} : { distinct }) } as const;
      const share = (samples: readonly Sample[]): number =>
        samples.filter((sample) => alignSpanList(node, sample.value, sample.input, {}) === null).length /
        samples.length;
      if (share(some.slice(0, glance)) < leastCopied / 2) continue;
      if (share(some) >= leastCopied) return node;
    }
  return null;
}

function shareCopied(slot: SpanSlot, samples: readonly Sample[]): number {
  const hits = samples.filter((sample) => alignSpan(slot, sample.value, sample.input, {}) === null);
  return hits.length / samples.length;
}

function spread<T>(items: readonly T[]): readonly T[] {
  if (items.length <= judged) return items;
  const step = items.length / judged;
  return Array.from({ length: judged }, (_, i) => items[Math.floor(i * step)]!);
}
