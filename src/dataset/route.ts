import { tooRare } from './align.ts';
import type { Example, Target } from './example.ts';
import type { ChoiceSlot, OutputPlan } from './plan.ts';

/** Fewer calls than this, or a smaller share of all, are left to the student's doubt. */
const leastRouted = 12;
const leastShare = 0.015;
/** Reasons told apart; the others share one. */
const mostReasons = 2;

/**
 * Calls whose answers the plan cannot express are a kind of their own that can be learned: the student passes them on
 * with the reason. Adds the choice of passing on to the plan and to the examples, where there are enough of them.
 */
export function withRoute(
  plan: OutputPlan,
  examples: readonly Example[],
): { readonly plan: OutputPlan; readonly examples: readonly Example[] } {
  if (plan.kind === 'unplannable') return { plan, examples };
  const counts = new Map<string, number>();
  for (const { unplanned, split } of examples)
    if (unplanned !== null && split !== 'test' && isLasting(unplanned))
      counts.set(unplanned, (counts.get(unplanned) ?? 0) + 1);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (total < Math.max(leastRouted, leastShare * examples.length)) return { plan, examples };
  const named = [...counts]
    .filter(([, count]) => count >= leastRouted)
    .sort((a, b) => b[1] - a[1])
    .slice(0, mostReasons)
    .map(([reason]) => reason);
  const rest = named.length < counts.size ? ['the answer is written in an unusual way'] : [];
  const route: ChoiceSlot = { name: 'stays with the teacher', values: [null, ...named, ...rest] };
  const classOf = (unplanned: string | null): Target => {
    const at = unplanned === null ? 0 : route.values.indexOf(unplanned);
    return { kind: 'class', index: at < 0 ? route.values.length - 1 : at };
  };
  return {
    plan: { ...plan, route },
    examples: examples.map((example) =>
      example.targets === null && (example.unplanned === null || !isLasting(example.unplanned))
        ? example
        : { ...example, targets: { ...example.targets, [route.name]: classOf(example.unplanned) } },
    ),
  };
}

/** More traffic mends rare values, and what the user dropped is watched by itself. */
function isLasting(reason: string): boolean {
  return !reason.endsWith(tooRare) && !reason.endsWith('was dropped');
}
