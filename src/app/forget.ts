import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isObject, parseJson } from '../base/json.ts';
import type { FieldProfile, OutputShape, Task } from '../tasks/task.ts';
import { type Session, storeTasks } from './session.ts';

/** What was deleted: traces by id, or everything. */
export interface Deleted {
  /** null: every trace. */
  readonly ids: ReadonlySet<string> | null;
  /** Tasks that traces were deleted of; those of which all were. */
  readonly touched: ReadonlySet<string>;
  readonly emptied: ReadonlySet<string>;
}

/**
 * What analysis wrote down of deleted traces goes with them: which task they belonged to, the examples it noted. A task
 * without calls goes too, unless it has a student: that stays, as the user was told. The next analysis counts anew. What a
 * killed training had learned of them is not gone on with.
 */
export async function forget(session: Session, { ids, touched, emptied }: Deleted): Promise<void> {
  await session.store?.sync();
  await forgetAssignments(path.join(session.paths.root, 'assignments.jsonl'), ids);
  const hasStudent = new Set(session.policies.filter((p) => p.bundle !== null).map((p) => p.taskId));
  const isGone = (id: string): boolean => (ids === null || emptied.has(id)) && !hasStudent.has(id);
  const left = session.tasks
    .filter((task) => !isGone(task.id))
    .map((task) =>
      ids === null || touched.has(task.id) ? withoutExamples(task, sitesOf(session, task)) : task,
    );
  for (const { id } of session.tasks) {
    if (ids === null || touched.has(id))
      await rm(path.join(session.paths.root, 'checkpoints', id), { recursive: true, force: true });
    if (!isGone(id)) continue;
    session.catalogues.delete(id);
    await rm(path.join(session.paths.capabilities, `${id}.json`), { force: true });
  }
  if (session.tasks.length > 0) storeTasks(session, left);
}

async function forgetAssignments(file: string, ids: ReadonlySet<string> | null): Promise<void> {
  if (ids === null) return rm(file, { force: true });
  const old = await open(file).catch(() => null);
  if (old === null) return;
  const draft = `${file}.${process.pid}.tmp`;
  const fresh = await open(draft, 'w');
  try {
    for await (const line of old.readLines()) {
      const row = parseJson(line);
      if (isObject(row) && !ids.has(String(row['callId']))) await fresh.appendFile(`${line}\n`);
    }
  } finally {
    await fresh.close();
  }
  await rename(draft, file);
}

/** Call sites that the last calls of the task still name. */
function sitesOf({ store }: Session, task: Task): readonly string[] {
  const named = new Set(store?.latest({ taskId: task.id, limit: 1000 }).map((row) => row.site));
  return task.sites.filter((site) => named.has(site));
}

function withoutExamples(task: Task, sites: readonly string[]): Task {
  const slots = task.slots.map((slot) => ({ ...slot, examples: [] }));
  return { ...task, slots, sites, output: withoutRareValues(task.output) };
}

/** A value that was seen once may have been the deleted call's. */
function withoutRareValues(output: OutputShape): OutputShape {
  const bare = (field: FieldProfile): FieldProfile => ({
    ...field,
    values: field.values.filter((v) => v.count > 1),
  });
  switch (output.kind) {
    case 'labels':
    case 'multi-label':
    case 'label-then-text':
      return { ...output, values: output.values.filter((v) => v.count > 1) };
    case 'json':
      return { ...output, fields: output.fields.map(bare) };
    case 'tools':
      return {
        ...output,
        tools: output.tools.map((tool) => ({ ...tool, fields: tool.fields.map(bare) })),
      };
    default:
      return output;
  }
}
