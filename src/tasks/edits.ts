import type { TaskEdits } from './task.ts';

/** Nothing said by the user. */
export const noEdits: TaskEdits = { names: {}, merges: {}, splits: [] };

/** The id that a task ends up in after the user's merges; cycles end where they began. */
export function mergedId(id: string, edits: TaskEdits): string {
  const seen = new Set([id]);
  let current = id;
  for (
    let next = edits.merges[current];
    next !== undefined && !seen.has(next);
    next = edits.merges[current]
  ) {
    seen.add(next);
    current = next;
  }
  return current;
}
