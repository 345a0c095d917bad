import { readAnswer, signature } from '../capabilities/reading.ts';
import type { OutputPlan } from '../dataset/plan.ts';
import type { Answer } from '../wire/chat.ts';

/** The first capability of `blocked` that an answer uses, as the catalogue names it; null where it uses none. */
export function blockedUse(
  plan: OutputPlan,
  answer: Answer,
  blocked: ReadonlyMap<string, string>,
): string | null {
  let found: string | null = null;
  const several = plan.kind === 'text-answer' && plan.style.format === 'list';
  const separator = several ? plan.style.itemSeparator : null;
  const labelled = plan.kind !== 'text-answer' || ['choice', 'subset', 'constant'].includes(plan.node.kind);
  const style = plan.kind === 'text-answer' ? plan.style : { begun: '', cut: '' };
  const text = answer.text === null ? null : style.begun + answer.text + style.cut;
  readAnswer({ ...answer, text }, { separator, firstLine: false, dictionaries: [] }, (id) => {
    // A text that copies or words something is no label, though the catalogue may have counted it as one.
    if (labelled || !id.startsWith('label:')) found ??= blocked.get(signature(id)) ?? null;
  });
  return found;
}

/** Ids by what the spellings of one capability share, for `blockedUse`. */
export function blockedIds(ids: readonly string[]): ReadonlyMap<string, string> {
  return new Map(ids.map((id) => [signature(id), id]));
}
