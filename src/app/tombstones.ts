import { firesDropped, reopened, tombstones } from '../capabilities/tombstone.ts';
import type { RoutingPolicy } from '../routing/policy.ts';
import { toCall } from '../traces/call.ts';
import { answerOf } from '../wire/chat.ts';
import { setVerdict } from './edits.ts';
import { changeEdits, report, type Session, savePolicy } from './session.ts';

/** Rows looked at per refresh: the rest waits for the next one, so that the editor never stutters. */
const PER_REFRESH = 200;

/**
 * One teacher answer that uses a dropped capability reopens it: from then on it is routed, its bucket is not served any
 * more, and the user is told. Looks at what the teacher answered since the last time, for tasks that have a student.
 */
export async function watchTombstones(session: Session): Promise<void> {
  const store = session.store!;
  for (const policy of session.policies) {
    const stones = stonesOf(session, policy);
    if (stones === null) continue;
    const rows = store
      .latest({ taskId: policy.taskId, limit: PER_REFRESH })
      .filter((row) => row.servedBy === 'teacher' && row.startMs > session.tombstonesSeenMs);
    for (const row of rows) {
      const trace = await store.read(row.id);
      const call = trace === null ? null : toCall(trace);
      if (!call?.response) continue;
      for (const id of firesDropped(stones, answerOf(call.response), call.request))
        await reopen(session, policy, id);
    }
  }
  session.tombstonesSeenMs = store.latest({ limit: 1 })[0]?.startMs ?? session.tombstonesSeenMs;
}

function stonesOf(session: Session, policy: RoutingPolicy) {
  const task = session.tasks.find((t) => t.id === policy.taskId);
  const drop = session.cards.get(policy.taskId)?.capabilities.drop ?? [];
  if (task === undefined || drop.length === 0) return null;
  const open = session.edits.verdicts[task.id] ?? {};
  return tombstones(task, {
    drop: drop.filter((id) => open[id] === undefined || open[id] === 'drop'),
  });
}

async function reopen(session: Session, policy: RoutingPolicy, capabilityId: string): Promise<void> {
  changeEdits(session, (edits) => setVerdict(edits, policy.taskId, capabilityId, 'route'));
  const { message, next } = reopened(capabilityId);
  const current = session.policies.find((p) => p.taskId === policy.taskId) ?? policy;
  const bucket = { bucket: capabilityId, serve: false, threshold: 1, n: 0, errors: 0, reason: message };
  savePolicy(session, {
    ...current,
    buckets: [...current.buckets.filter((b) => b.bucket !== capabilityId), bucket],
  });
  await session.gateway?.reload();
  report(session, { id: `tombstone ${policy.taskId} ${capabilityId}`, severity: 'warning', message, next });
}
