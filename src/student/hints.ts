import { canonicalJson } from '../base/json.ts';
import type { OutputPlan, PlanNode } from '../dataset/plan.ts';

/**
 * A coarse value that a finer choice decides is chosen on its own as well: the finer choices are weighed by how probable
 * their coarse value is (a product of experts, Hinton 2002), and the finer choice is one of those whose coarse value is
 * the likeliest of all together. Where it is wrong, the coarse value then is right more often. The answer stays
 * consistent, for the coarse value is still read off the finer choice.
 */
interface Hint {
  readonly slot: string;
  readonly from: string;
  /** Class of the hint by class of the choice; -1 where the hint does not know its value. */
  readonly classes: Int32Array;
}

/** How much a hint counts against the choice itself: 0.25 was best of 0.15 to 0.5 on held-out rows of 50 and 6 classes, and as good as those on 128 and 11. */
const trust = 0.25;
/** What a finer choice of another coarse value keeps, at most, of the probability of the one chosen. */
const justBelow = 0.999;

const known = new WeakMap<OutputPlan, readonly Hint[]>();

/** Class probabilities by choice slot with the hints heard. */
export function withHints(
  plan: OutputPlan,
  choices: ReadonlyMap<string, Float64Array>,
): ReadonlyMap<string, Float64Array> {
  const hints = hintsOf(plan);
  if (hints.length === 0) return choices;
  const heard = new Map(choices);
  for (const { slot, from, classes } of hints) {
    const [own, coarse] = [heard.get(from), choices.get(slot)];
    if (own === undefined || coarse === undefined) continue;
    const weighed = own.map((p, k) => p * Math.max(1e-6, coarse[classes[k]!] ?? 1e-6) ** trust);
    const led = coarseFirst(weighed, classes);
    const total = led.reduce((sum, p) => sum + p, 0);
    if (total > 0)
      heard.set(
        from,
        led.map((p) => p / total),
      );
  }
  return heard;
}

/** The weights with those of other coarse values held below the best of the coarse value that has most weight in all. */
function coarseFirst(weighed: Float64Array, classes: Int32Array): Float64Array {
  const sums = new Map<number, number>();
  weighed.forEach((p, k) => {
    sums.set(classes[k]!, (sums.get(classes[k]!) ?? 0) + p);
  });
  const [most] = [...sums].reduce((best, next) => (next[1] > best[1] ? next : best));
  const top = weighed.reduce((best, p, k) => (classes[k] === most ? Math.max(best, p) : best), 0);
  return weighed.map((p, k) => (classes[k] === most ? p : Math.min(p, justBelow * top)));
}

function hintsOf(plan: OutputPlan): readonly Hint[] {
  const before = known.get(plan);
  if (before !== undefined) return before;
  const found: Hint[] = [];
  if (plan.kind === 'text-answer') collect(plan.node, found);
  if (plan.kind === 'tool-answer') for (const tool of plan.tools) collect(tool.arguments, found);
  known.set(plan, found);
  return found;
}

function collect(node: PlanNode, found: Hint[]): void {
  if (node.kind === 'object') for (const field of node.fields) collect(field.node, found);
  if (node.kind === 'maybe') collect(node.node, found);
  if (node.kind !== 'derived' || node.hint === undefined) return;
  const index = new Map(node.hint.values.map((value, k) => [canonicalJson(value), k]));
  const classes = Int32Array.from(node.values, (value) => index.get(canonicalJson(value)) ?? -1);
  found.push({ slot: node.hint.name, from: node.from, classes });
}
