import { AppError } from '../base/error.ts';
import { costOf } from '../capabilities/cost.ts';
import { choicesOf } from '../capabilities/set.ts';
import type { Actions } from '../protocol.ts';
import type { RunOptions } from './app.ts';
import { takeAssignments } from './assignments.ts';
import { applyChoice } from './choices.ts';
import { setCost, setVerdict } from './edits.ts';
import { runJob } from './jobs.ts';
import { changeEdits, named, type Session, tookTasks } from './session.ts';

/** Finds tasks and counts capabilities over everything captured so far. */
export async function analyseTasks(
  session: Session,
  _params: null,
  options: RunOptions,
): Promise<{ tasks: number }> {
  const result = await runJob(
    session,
    { title: 'Analysing traffic', taskId: null },
    options,
    (signal, onProgress) =>
      session.worker().request(
        'analyse',
        {
          storage: session.ports.storage,
          edits: session.edits.tasks,
          verdicts: session.edits.verdicts,
          costs: session.edits.costs,
          nowMs: session.ports.clock.now(),
        },
        { signal, onProgress },
      ),
  );
  tookTasks(session);
  session.tasks = result.tasks;
  session.unassigned = result.unassigned;
  session.young = result.young;
  session.analysedCalls = result.calls;
  session.catalogues.clear();
  for (const catalogue of result.catalogues) session.catalogues.set(catalogue.taskId, catalogue);
  await session.gateway?.reload();
  await takeAssignments(session);
  return { tasks: result.tasks.length };
}

export async function renameTask(
  session: Session,
  { taskId, name }: Actions['task.rename'][0],
): Promise<null> {
  taskOf(session, taskId);
  const trimmed = name.trim();
  if (trimmed === '') throw new AppError('bad-input', 'A task needs a name.');
  changeEdits(session, ({ tasks, ...edits }) => ({
    ...edits,
    tasks: { ...tasks, names: { ...tasks.names, [taskId]: trimmed } },
  }));
  session.tasks = named(session.tasks, session.edits);
  return null;
}

export async function mergeTask(
  session: Session,
  params: Actions['task.merge'][0],
  options: RunOptions,
): Promise<null> {
  taskOf(session, params.taskId);
  taskOf(session, params.into);
  if (params.taskId === params.into) throw new AppError('bad-input', 'A task cannot be merged into itself.');
  changeEdits(session, ({ tasks, ...edits }) => ({
    ...edits,
    tasks: { ...tasks, merges: { ...tasks.merges, [params.taskId]: params.into } },
  }));
  await analyseTasks(session, null, options);
  return null;
}

export async function splitTask(
  session: Session,
  params: Actions['task.split'][0],
  options: RunOptions,
): Promise<null> {
  const version = taskOf(session, params.taskId).versions.find((v) => v.version === params.version);
  if (version === undefined)
    throw new AppError('bad-input', `Task ${params.taskId} has no version ${params.version}.`);
  changeEdits(session, ({ tasks, ...edits }) => ({
    ...edits,
    tasks: { ...tasks, splits: [...tasks.splits, version.template.hash] },
  }));
  await analyseTasks(session, null, options);
  const apart = session.tasks.find((task) =>
    task.versions.some(({ template }) => template.hash === version.template.hash),
  );
  if (apart !== undefined && apart.id !== params.taskId)
    changeEdits(session, ({ tasks, ...edits }) => ({
      ...edits,
      tasks: { ...tasks, splitTasks: [...(tasks.splitTasks ?? []), apart.id] },
    }));
  return null;
}

/** Keeps, routes or drops a capability by the user's word; null goes back to the proposal. Counted anew at once. */
export async function setCapabilityVerdict(
  session: Session,
  params: Actions['capability.setVerdict'][0],
  options: RunOptions,
): Promise<null> {
  taskOf(session, params.taskId);
  changeEdits(session, (edits) => setVerdict(edits, params.taskId, params.capabilityId, params.verdict));
  await analyseTasks(session, null, options);
  await applyChoice(session, taskOf(session, params.taskId), params.capabilityId);
  return null;
}

export async function setCapabilityCost(
  session: Session,
  params: Actions['capability.setCost'][0],
  options: RunOptions,
): Promise<null> {
  taskOf(session, params.taskId);
  const { dollars } = params;
  if (dollars !== null && !(dollars >= 0 && Number.isFinite(dollars))) {
    throw new AppError('bad-input', 'The cost of a wrong answer is a number of dollars, zero or more.');
  }
  const cost = dollars === null ? null : costOf(dollars);
  changeEdits(session, (edits) => setCost(edits, params.taskId, params.capabilityId, cost));
  await analyseTasks(session, null, options);
  return null;
}

export async function signCapabilities(
  session: Session,
  { taskId, by }: Actions['capabilities.sign'][0],
): Promise<null> {
  const task = taskOf(session, taskId);
  if (by.trim() === '') throw new AppError('bad-input', 'A signature needs a name.');
  const catalogue = session.catalogues.get(taskId);
  if (catalogue === undefined)
    throw new AppError('not-enough-data', `${task.name} has no capability set to agree to yet.`, {
      next: 'Find tasks first.',
    });
  const choices = choicesOf(catalogue, session.edits.verdicts[taskId]);
  const signature = { by: by.trim(), atMs: session.ports.clock.now(), choices };
  changeEdits(session, (edits) => ({ ...edits, signed: { ...edits.signed, [taskId]: signature } }));
  return null;
}

export function taskOf(session: Session, taskId: string): Session['tasks'][number] {
  const task = session.tasks.find((t) => t.id === taskId);
  if (task !== undefined) return task;
  const known = session.tasks.map((t) => t.id).join(', ') || 'none yet';
  throw new AppError('not-found', `There is no task ${taskId}. Tasks: ${known}.`);
}
