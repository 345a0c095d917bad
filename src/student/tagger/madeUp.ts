import type { Example, ModelInput, Span } from '../../dataset/example.ts';
import type { OutputPlan } from '../../dataset/plan.ts';
import { renderAnswer } from '../../dataset/render.ts';
import { schemeOf } from './scheme.ts';

const word = /\p{L}{3,}/gu;

/**
 * The example with other constant words in its masked text, which nobody uses: every second word, or all where `every`, is
 * read from its end. What varies stays in its place, so the answer is known. null where nothing is masked.
 */
export function withMadeUpWords(example: Example, plan: OutputPlan, every: boolean): Example | null {
  const { targets } = example;
  const groups = Object.values(schemeOf(plan)?.groups ?? {});
  const spansOf = (name: string | undefined): readonly Span[] => {
    const target = name === undefined ? undefined : targets?.[name];
    return target?.kind === 'spans' ? target.spans : [];
  };
  const slots: Record<string, string> = { ...example.input.slots };
  let changed = 0;
  for (const { slots: own, regions } of groups)
    for (const { region, inner } of regions) {
      const nameOf = (kind: number): string | undefined => own.find((slot) => slot.kind === kind)?.slot;
      const varying = spansOf(nameOf(inner));
      for (const { slot, start, end } of spansOf(nameOf(region))) {
        const text = slots[slot] ?? '';
        let seen = 0;
        const body = text.slice(start, end).replace(word, (found, at: number) => {
          const [from, to] = [start + at, start + at + found.length];
          if (varying.some((span) => span.slot === slot && span.start < to && from < span.end)) return found;
          if (!every && seen++ % 2 > 0) return found;
          changed++;
          return [...found].reverse().join('');
        });
        slots[slot] = text.slice(0, start) + body + text.slice(end);
      }
    }
  if (changed === 0 || targets === null) return null;
  const input: ModelInput = { ...example.input, slots };
  const answer = renderAnswer(plan, { targets, input });
  return answer === null ? null : { ...example, input, answer };
}
