import type { Example } from './example.ts';
import { mostRouted } from './plan/values.ts';
import type { OutputPlan } from './plan.ts';
import { shortSlots } from './planSlots.ts';

/** The plan, or why it is none: where nearly every answer has a free field, what is left is no task to train on. */
export function withoutFree(plan: OutputPlan, examples: readonly Example[]): OutputPlan {
  if (plan.kind === 'unplannable') return plan;
  const short = new Set(shortSlots(plan).map(({ name }) => name));
  const reason = freeReason(examples, (slot) => !short.has(slot));
  return reason === null ? plan : { kind: 'unplannable', reason };
}

/** Why answers with texts in slots that count as free leave too few others; null where they do not. */
export function freeReason(
  examples: readonly Example[],
  isFree: (slot: string) => boolean = () => true,
): string | null {
  const own = examples.filter(({ split }) => split !== 'test');
  const counts = new Map<string, number>();
  let free = 0;
  for (const { targets } of own) {
    const texts = Object.entries(targets ?? {}).filter(
      ([name, target]) => target.kind === 'text' && isFree(name),
    );
    if (texts.length > 0) free++;
    for (const [name] of texts) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (own.length === 0 || free <= mostRouted * own.length) return null;
  const names = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const share = Math.floor((100 * free) / own.length);
  const which = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ' and others' : ''}`;
  return `In ${share} % of the answers something is free (${which}): neither closed nor copied from the input, so a local student could promise too few of them. A closed list of values in the prompt, or a copy of the input's own words, could be learned.`;
}
