import { priceOf } from '../capabilities/prices.ts';
import type { Task } from '../tasks/task.ts';
import type { Usage } from '../traces/store.ts';

const DAY_MS = 86_400_000;

/**
 * What the task costs in a month at list prices and the rate of its whole history, US dollars.
 * @returns null where no model's price is known.
 */
export function monthlyCost(task: Task, usage: readonly Usage[]): number | null {
  let dollars = 0;
  let priced = 0;
  for (const sum of usage) {
    const price = priceOf(sum.model);
    if (sum.servedBy !== 'teacher' || price === null) continue;
    dollars += (sum.inputTokens * price.inputPerMillion + sum.outputTokens * price.outputPerMillion) / 1e6;
    priced += sum.calls;
  }
  if (priced === 0) return null;
  const days = Math.max(1, (task.lastMs - task.firstMs) / DAY_MS);
  return (dollars / priced) * (task.calls / days) * 30;
}
