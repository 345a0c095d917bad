import { buildTask, inTime, unassignedCall } from './build.ts';
import type { Digest } from './digest.ts';
import { draftTasks } from './drafts.ts';
import type { AssignedCall, Task, TaskEdits } from './task.ts';

/** Tasks, the calls that belong to them and the calls that belong to none, each in order of time. */
export interface Discovery {
  readonly tasks: readonly Task[];
  readonly assigned: readonly AssignedCall[];
  readonly unassigned: readonly AssignedCall[];
}

/**
 * The whole analysis of a log.
 * @param digests in order of time.
 * @param known tasks of an earlier analysis, whose ids are kept.
 */
export function discover(
  digests: readonly Digest[],
  edits: TaskEdits,
  known: readonly Task[] = [],
): Discovery {
  const { drafts, homeless } = draftTasks(digests, edits, known);
  const built = drafts.map((draft) => buildTask(draft, edits));
  const outside = built.flatMap((task) => task.outside);
  return {
    tasks: built.map(({ task }) => task).sort((a, b) => b.calls - a.calls),
    assigned: built.flatMap((task) => task.assigned).sort(inTime),
    unassigned: [...outside, ...homeless.map(({ call }) => unassignedCall(call, 'ad-hoc'))].sort(inTime),
  };
}
