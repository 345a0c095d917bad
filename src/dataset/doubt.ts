import type { TokenLogprob } from '../wire/chat.ts';
import type { Targets } from './align.ts';
import type { OutputPlan } from './plan.ts';
import { choiceSlots } from './planSlots.ts';
import { softLabels } from './soft.ts';

/** Adds the teacher's doubt between labels to the targets of a bare label, or of the text fields of a JSON answer. */
export function withDoubt(plan: OutputPlan, targets: Targets, logprobs: readonly TokenLogprob[]): Targets {
  if (plan.kind !== 'text-answer') return targets;
  const doubtful = { ...targets };
  for (const { name, values } of choiceSlots(plan)) {
    const target = targets[name];
    if (target?.kind !== 'class' || name === plan.route?.name) continue;
    const value = values[target.index];
    const bare = plan.node.kind === 'choice';
    if (typeof value !== 'string' && !bare) continue;
    const soft = bare
      ? softLabels(values.map(String), target.index, logprobs)
      : softLabels(
          values.map((label) => `${inJson(String(label))}${closed}`),
          target.index,
          tokensOf(name, String(value), logprobs),
        );
    if (soft !== null) doubtful[name] = { ...target, soft };
  }
  return doubtful;
}

/** Stands for the quote behind a value, so that a label that is complete is no beginning of a longer one. */
const closed = '\u0000';

/** The tokens of a field's value: from the first letter to the closing quote; none where it does not stand there. */
function tokensOf(path: string, value: string, tokens: readonly TokenLogprob[]): TokenLogprob[] {
  const text = tokens.map(({ token }) => token).join('');
  const key = JSON.stringify(path.slice(path.lastIndexOf('.') + 1));
  const opening = new RegExp(`${key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*:\\s*"`, 'u').exec(text);
  if (opening === null) return [];
  const start = opening.index + opening[0].length;
  if (!text.startsWith(`${inJson(value)}"`, start)) return [];
  const end = start + inJson(value).length + 1;
  let at = 0;
  return tokens.flatMap((one): TokenLogprob[] => {
    const from = at;
    at += one.token.length;
    if (at <= start || from >= end) return [];
    const lead = one.token.slice(0, Math.max(0, start - from));
    const top = one.top.flatMap(({ token, logprob }) =>
      token.startsWith(lead) ? [{ token: untilQuote(token.slice(lead.length)), logprob }] : [],
    );
    return [{ ...one, token: untilQuote(one.token.slice(lead.length)), top }];
  });
}

function untilQuote(text: string): string {
  const quote = text.indexOf('"');
  return quote < 0 ? text : text.slice(0, quote) + closed;
}

function inJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
