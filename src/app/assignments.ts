import { open } from 'node:fs/promises';
import path from 'node:path';
import { parseJson } from '../base/json.ts';
import type { AssignmentRow } from '../traces/store.ts';
import type { Session } from './session.ts';

/** Rows given to the index at a time: small enough that the editor never stutters. */
const BATCH = 1000;

/**
 * Tells the index which task each call was found to belong to, as the analysis wrote it down: calls from before a task
 * was known carry no task of their own.
 */
export async function takeAssignments({ store, paths }: Session): Promise<void> {
  if (store === null) return;
  await store.sync();
  // Where the storage was cleared meanwhile there is nothing to tell.
  const file = await open(path.join(paths.root, 'assignments.jsonl')).catch(() => null);
  if (file === null) return;
  let rows: AssignmentRow[] = [];
  for await (const text of file.readLines()) {
    const row = parseJson(text) as (Omit<AssignmentRow, 'traceId'> & { readonly callId: string }) | undefined;
    if (row === undefined) continue;
    const { callId, taskId, version, kind } = row;
    rows.push({ traceId: callId, taskId, version, kind });
    if (rows.length < BATCH) continue;
    await store.setAssignments(rows);
    rows = [];
  }
  await store.setAssignments(rows);
}
