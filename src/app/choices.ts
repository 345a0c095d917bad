import { isAsked } from '../capabilities/request.ts';
import { capabilitySet } from '../capabilities/set.ts';
import { inputSlotsOf } from '../dataset/input.ts';
import type { AskedKinds } from '../routing/policy.ts';
import type { Task } from '../tasks/task.ts';
import { type Session, savePolicy } from './session.ts';

/**
 * Kinds of request that the set leaves to the teacher: what was dropped, and what the user routed. What is routed only
 * because it was rare stands in the calibration rows as it came, and the certificate speaks of it.
 */
export function askedKinds(session: Session, task: Task): AskedKinds {
  const catalogue = session.catalogues.get(task.id);
  if (catalogue === undefined) return { ids: [], slots: [] };
  const { verdicts, signed } = session.edits;
  const { route, drop } = capabilitySet(catalogue, verdicts[task.id], signed[task.id]);
  const own = route.filter((id) => (verdicts[task.id]?.[id] ?? 'keep') !== 'keep');
  return { ids: [...own, ...drop].filter(isAsked), slots: inputSlotsOf(task) };
}

/**
 * Lets a choice of the user reach the calls that come in now. A kind of answer that is kept from now on is served only once
 * a student was trained for it; kinds of request are known by themselves.
 */
export async function applyChoice(session: Session, task: Task, capabilityId: string): Promise<void> {
  const policy = session.policies.find((candidate) => candidate.taskId === task.id);
  const chosen = session.edits.verdicts[task.id]?.[capabilityId];
  if (policy === undefined || policy.bundle === null) return;
  const isLeft = chosen !== undefined && chosen !== 'keep';
  const reason = `${capabilityId} was left to the teacher after the student was trained`;
  savePolicy(session, {
    ...policy,
    asked: askedKinds(session, task),
    buckets: policy.buckets.map((bucket) =>
      isLeft && concerns(bucket.bucket, capabilityId) ? { ...bucket, serve: false, reason } : bucket,
    ),
  });
  await session.gateway?.reload();
}

/** A bucket of several tools concerns each of them. */
function concerns(bucket: string, capabilityId: string): boolean {
  if (bucket === capabilityId) return true;
  if (!bucket.startsWith('tool:') || !capabilityId.startsWith('tool:')) return false;
  return bucket.slice(5).split('+').includes(capabilityId.slice(5));
}
