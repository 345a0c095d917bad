import { sha256 } from '../base/hash.ts';
import { normaliseText } from '../base/text.ts';
import type { Example, ModelInput } from '../dataset/example.ts';
import { canonicalAnswer } from '../evaluation/compare.ts';
import type { Answer } from '../wire/chat.ts';

/** The lowest rung: answers to training inputs that come again. Plain data, stored in the bundle. */
export type Cache = Readonly<Record<string, Answer>>;

/** Remembers the newest inputs whose answers never conflicted. */
export function buildCache(examples: readonly Example[], slots: readonly string[], largest = 20000): Cache {
  const found = new Map<string, { answer: Answer; canonical: string; steady: boolean }>();
  for (const { input, answer, declined } of examples) {
    if (declined === true) continue;
    const key = cacheKey(input, slots);
    const canonical = canonicalAnswer(answer);
    const before = found.get(key);
    const steady = before === undefined || (before.steady && before.canonical === canonical);
    found.delete(key);
    found.set(key, { answer, canonical, steady });
  }
  const kept = [...found].filter(([, entry]) => entry.steady).slice(-largest);
  return Object.fromEntries(kept.map(([key, entry]) => [key, entry.answer]));
}

export function cacheKey(input: ModelInput, slots: readonly string[]): string {
  const text = slots.map((slot) => normaliseText(input.slots[slot] ?? '')).join('\u0001');
  const context = Object.values(input.context).join('\u0001');
  return sha256(`${text}\u0002${context}`).slice(0, 24);
}
