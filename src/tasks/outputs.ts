import { isObject } from '../base/json.ts';
import { answerText, jsonAnswer, labelOf } from './answers.ts';
import type { Digest } from './digest.ts';
import { spread } from './family.ts';

/** What the answers of some calls are made of, as far as it tells tasks apart. */
export interface Outputs {
  readonly form: 'tools' | 'json' | 'labels' | 'text' | 'none';
  /** Tools called, keys of JSON objects, short answers; empty for free text. */
  readonly values: ReadonlySet<string>;
  /** Answers per distinct value: below a few, two samples of one set may well differ. */
  readonly repeats: number;
}

/** Answers up to this length may be labels. */
const SHORT = 60;

export function outputsOf(digests: readonly Digest[]): Outputs {
  const values = new Map<string, Set<string>>();
  const forms = new Map<Outputs['form'], number>();
  const note = (form: Outputs['form'], found: readonly string[]): void => {
    forms.set(form, (forms.get(form) ?? 0) + 1);
    const set = values.get(form) ?? new Set<string>();
    values.set(form, set);
    for (const value of found) set.add(value);
  };
  for (const { call } of spread(digests, 400)) {
    if (call.response === null || call.trace.servedBy === 'student') continue;
    const text = answerText(call.response, call.request);
    const json = jsonAnswer(text);
    if (call.response.toolCalls.length > 0)
      note(
        'tools',
        call.response.toolCalls.map(({ name }) => name),
      );
    else if (json !== undefined) note('json', isObject(json) ? Object.keys(json) : []);
    else note(text.length <= SHORT ? 'labels' : 'text', text.length <= SHORT ? [labelOf(text)] : []);
  }
  const [form] = [...forms].reduce((a, b) => (b[1] > a[1] ? b : a), ['none', 0] as const);
  const found = values.get(form) ?? new Set<string>();
  // Short answers that hardly repeat are text.
  if (form === 'labels' && found.size > 0.5 * (forms.get('labels') ?? 0))
    return { form: 'text', values: new Set(), repeats: 0 };
  return { form, values: found, repeats: (forms.get(form) ?? 0) / Math.max(1, found.size) };
}

/** Share of the smaller set that is in the other; 1 where either is empty. */
export function containment(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 1;
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  let common = 0;
  for (const value of small) if (large.has(value)) common++;
  return common / small.size;
}
