import type { ChatResponse } from '../wire/chat.ts';
import { HISTORY_SLOT, MAIN_SLOT } from './template.ts';

/** Fewer calls, or fewer orders, may be alike by chance. */
const leastCalls = 20;
const leastOrders = 5;
const nearlyAll = 0.95;
/** Longer texts are no lists of labels, and of many slots there are too many pairs. */
const longestList = 4000;
const mostSlots = 12;

interface Filled {
  readonly slots: Readonly<Record<string, string>>;
  readonly response: ChatResponse;
}

/**
 * Slots that together hold the same words in every call, each time in another order: a list of labels that the client
 * shuffles. Its order says nothing about the answer where answers name an item, rather than its number or letter.
 */
export function shuffledSlots(names: readonly string[], samples: readonly Filled[]): ReadonlySet<string> {
  const others = names
    .filter((name) => name !== MAIN_SLOT && name !== HISTORY_SLOT)
    .filter((name) => samples.every(({ slots }) => (slots[name] ?? '').length <= longestList));
  if (others.length === 0 || others.length > mostSlots || samples.length < leastCalls) return new Set();
  const tried = [
    others,
    ...others.map((name) => [name]),
    ...others.flatMap((a, i) => others.slice(i + 1).map((b) => [a, b])),
  ];
  const found = tried.find((own) => areShuffled(own, samples));
  return new Set(found ?? []);
}

function areShuffled(names: readonly string[], samples: readonly Filled[]): boolean {
  const orders = new Set<string>();
  const bags = new Map<string, number>();
  for (const { slots } of samples) {
    const words = wordsOf(names.map((name) => slots[name] ?? '').join('\n'));
    if (orders.size < leastOrders) orders.add(words.join(' '));
    const bag = words.sort().join(' ');
    bags.set(bag, (bags.get(bag) ?? 0) + 1);
    // Most calls agree or there is nothing to find: no need to read them all.
    if (bags.size > leastOrders + 0.2 * samples.length) return false;
  }
  const [usual, count] = [...bags].reduce((a, b) => (b[1] > a[1] ? b : a));
  if (orders.size < leastOrders || count < nearlyAll * samples.length) return false;
  const items = new Set(usual.split(' ').filter((word) => word.length >= 3));
  const naming = samples.filter(({ response }) =>
    wordsOf(`${response.text ?? ''} ${response.toolCalls.map((call) => call.arguments).join(' ')}`).some(
      (word) => items.has(word),
    ),
  );
  return items.size >= 3 && naming.length >= 0.9 * samples.length;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_-]*[\p{L}\p{N}_][\p{L}\p{N}_-]*/gu) ?? [];
}
