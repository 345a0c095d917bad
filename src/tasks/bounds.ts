import { canonicalJson } from '../base/json.ts';
import type { ChatRequest } from '../wire/chat.ts';

/** A task with more of them sets them by call. */
const mostBounds = 20;

/** Where a request has the answer end and which tokens it may not have, as one text. */
export function boundsOf({ sampling }: ChatRequest): string {
  return canonicalJson([[...sampling.stop].sort(), sampling.bias ?? null]);
}

/** All bounds that come in these requests, the most frequent ones where there are too many. */
export function boundsIn(requests: readonly ChatRequest[]): string[] {
  const counts = new Map<string, number>();
  for (const request of requests) {
    const bounds = boundsOf(request);
    counts.set(bounds, (counts.get(bounds) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return sorted.slice(0, mostBounds).map(([bounds]) => bounds);
}
