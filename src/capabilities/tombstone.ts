import type { Task } from '../tasks/task.ts';
import type { Answer, ChatRequest } from '../wire/chat.ts';
import type { CapabilitySet } from './capability.ts';
import { type ReadOptions, readAnswer, readOptions, signature } from './reading.ts';
import { isAsked, readRequest } from './request.ts';

/**
 * What is left of a dropped capability: enough to recognise it in a teacher's answer. One such answer reopens the
 * capability and voids the certificate of its bucket. Plain data.
 */
export interface Tombstones {
  readonly taskId: string;
  readonly read: ReadOptions;
  /** Signature -> id of the dropped capability. Labels are folded: another spelling is the same label. */
  readonly signatures: Readonly<Record<string, string>>;
  /** Does any signature concern the request (images, turns, languages) rather than the answer? */
  readonly watchesRequest: boolean;
}

/** Tombstones of everything that a capability set drops. */
export function tombstones(task: Pick<Task, 'id' | 'output'>, set: Pick<CapabilitySet, 'drop'>): Tombstones {
  const signatures: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const id of set.drop) signatures[signature(id)] = id;
  return { taskId: task.id, read: readOptions(task), signatures, watchesRequest: set.drop.some(isAsked) };
}

/**
 * Does this teacher's answer use anything dropped? Pure and fast: one walk over the answer, no state.
 * @param request null where only the answer counts. @param input what a student would read of the request.
 * @returns ids of the dropped capabilities that fired, each once; empty for nearly every answer.
 */
export function firesDropped(
  stones: Tombstones,
  answer: Answer,
  request: ChatRequest | null,
  input = '',
): string[] {
  const fired = new Set<string>();
  const visit = (id: string): void => {
    const dropped = stones.signatures[signature(id)];
    if (dropped !== undefined) fired.add(dropped);
  };
  readAnswer(answer, stones.read, visit);
  if (stones.watchesRequest && request !== null) readRequest(request, input, visit);
  return [...fired];
}

/** Everything that an answer uses, as the catalogue names it. */
export function usesOf(stones: Tombstones, answer: Answer): string[] {
  const used = new Set<string>();
  readAnswer(answer, stones.read, (id) => used.add(id));
  return [...used];
}

/**
 * What to tell the user when a tombstone stirs.
 * @param buckets kinds of calls whose certificate is void from now on.
 */
export function reopened(
  capabilityId: string,
  buckets: readonly string[],
): { readonly message: string; readonly next: string } {
  const others = buckets.filter((bucket) => bucket !== capabilityId);
  const also = others.length === 0 ? '' : `, and so is that of ${others.join(', ')}`;
  return {
    message: `The teacher used ${capabilityId}, which was dropped. It is routed to the teacher again. Its certificate is void${also}.`,
    next: 'Find tasks and train again to serve it.',
  };
}
