import type { Digest } from './digest.ts';
import type { Family } from './family.ts';
import { isGenericSystem } from './instructions.ts';

/**
 * Calls that no template matches but that plainly come from a task's code: the same specific instructions above another
 * user message, or, for a task whose calls bring their own tools, the same client settings with tools of their own.
 */
export function assignStrays(
  tasks: readonly (readonly Family[])[],
  rest: readonly Digest[],
): { strays: readonly Digest[][]; homeless: readonly Digest[] } {
  const bySystem = new Map<string, number>();
  const byClient = new Map<string, number | null>();
  tasks.forEach((families, task) => {
    for (const family of families) {
      const { systemKey, system } = family.digests[0]!;
      if (!isGenericSystem(system)) bySystem.set(systemKey, task);
      if (!family.varying) continue;
      const client = clientOf(family.digests[0]!);
      // A client that two tasks share tells nothing.
      byClient.set(client, byClient.has(client) && byClient.get(client) !== task ? null : task);
    }
  });
  const strays: Digest[][] = tasks.map(() => []);
  const homeless: Digest[] = [];
  for (const digest of rest) {
    let task = isGenericSystem(digest.system) ? undefined : bySystem.get(digest.systemKey);
    if (task === undefined && digest.tools.tools.length > 0)
      task = byClient.get(clientOf(digest)) ?? undefined;
    if (task === undefined) homeless.push(digest);
    else strays[task]!.push(digest);
  }
  return { strays, homeless };
}

/** The settings that a piece of client code sends with every call. */
export function clientOf({ call, format }: Digest): string {
  const { request, trace } = call;
  const { temperature, topP, maxTokens, stop } = request.sampling;
  return JSON.stringify([
    trace.provider,
    request.model,
    temperature,
    topP,
    maxTokens,
    stop,
    request.toolChoice,
    request.parallelToolCalls,
    format.kind,
  ]);
}
