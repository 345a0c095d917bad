import { firesDropped, reopened, type Tombstones, tombstones, usesOf } from '../capabilities/tombstone.ts';
import { inputSlotsOf } from '../dataset/input.ts';
import type { RoutingPolicy } from '../routing/policy.ts';
import { createMatcher } from '../tasks/matcher.ts';
import type { Task } from '../tasks/task.ts';
import { toCall } from '../traces/call.ts';
import type { Call } from '../traces/trace.ts';
import { answerOf } from '../wire/chat.ts';
import { reopen as reopenedEdits } from './edits.ts';
import { readJsonFile, writeJsonFile } from './files.ts';
import { changeEdits, report, type Session, savePolicy } from './session.ts';

/** Rows looked at per refresh: the rest waits for the next one, so that the editor never stutters. */
const PER_REFRESH = 200;
/** A longer backlog (the editor was closed for days) is looked at from its newest end only. */
const BACKLOG = 5000;

interface Watched {
  readonly policy: RoutingPolicy;
  readonly task: Task;
  readonly stones: Tombstones;
}

/**
 * One teacher answer that uses a dropped capability reopens it: from then on it is routed, its bucket is not served any
 * more, and the user is told. Looks at what the teacher answered since the last time, for tasks that have a student; the
 * place is remembered, so that calls answered while nobody looked are not missed.
 */
export async function watchTombstones(session: Session): Promise<void> {
  const store = session.store!;
  const newest = store.latest({ limit: 1 })[0];
  if (newest === undefined) return;
  const watched = new Map(session.policies.flatMap((policy) => watchedBy(session, policy)));
  const seen = lastSeen(session);
  if (watched.size === 0 || seen === null) return remember(session, newest.id);
  const backlog = store.latest({ limit: BACKLOG }).filter((row) => row.place > seen);
  const rows = backlog.reverse().slice(0, PER_REFRESH);
  const match = createMatcher([...watched.values()].map(({ task }) => task));
  for (const row of rows) {
    if (row.servedBy !== 'teacher' || (row.taskId !== null && !watched.has(row.taskId))) continue;
    const trace = await store.read(row.id);
    const call = trace === null ? null : toCall(trace);
    if (!call?.response) continue;
    const found = match(call.request);
    const own = watched.get(found?.taskId ?? row.taskId ?? '');
    if (own === undefined) continue;
    const input = inputSlotsOf(own.task)
      .map((name) => found?.slots[name] ?? '')
      .join('\n')
      .trim();
    for (const id of firesDropped(own.stones, answerOf(call.response), call.request, input))
      await reopen(session, own, id, await bucketsOf(session, own, id, call));
  }
  const last = rows.at(-1);
  if (last !== undefined) remember(session, last.id);
}

/** Place of the last row that was looked at; null where there is none to go on from. */
function lastSeen(session: Session): number | null {
  const { traceId } = readJsonFile<{ traceId: string | null }>(
    session.paths.watched,
    { traceId: null },
    session.ports.log,
  );
  return traceId === null ? null : (session.store!.find(traceId)?.place ?? null);
}

function remember(session: Session, traceId: string): void {
  writeJsonFile(session.paths.watched, { traceId });
}

function watchedBy(session: Session, policy: RoutingPolicy): [string, Watched][] {
  const task = session.tasks.find((t) => t.id === policy.taskId);
  const drop = session.cards.get(policy.taskId)?.capabilities.drop ?? [];
  const open = session.edits.verdicts[policy.taskId] ?? {};
  const closed = drop.filter((id) => open[id] === undefined || open[id] === 'drop');
  if (task === undefined || closed.length === 0) return [];
  return [[task.id, { policy, task, stones: tombstones(task, { drop: closed }) }]];
}

/**
 * Buckets whose certificate says nothing any more: the capability's own; and where it had never fired before the student
 * was trained, so that no calibration call spoke of it, those of the whole answer and of what the student took it for.
 */
async function bucketsOf(
  session: Session,
  { task, stones }: Watched,
  id: string,
  call: Call,
): Promise<string[]> {
  const known = session.catalogues.get(task.id)?.capabilities.find((c) => c.id === id);
  const trainedMs = session.cards.get(task.id)?.createdMs ?? 0;
  const firedBefore = known?.firstSeenMs != null && known.firstSeenMs < trainedMs;
  if (firedBefore) return [id];
  const { trace } = call;
  const asked = trace.source === 'audit' ? await session.store!.read(trace.id.replace(/-audit$/, '')) : trace;
  const taken = asked?.route?.bucket ?? null;
  const tools = answerOf(call.response!).toolCalls.map((tool) => tool.name);
  return [
    ...new Set([
      id,
      ...usesOf(stones, answerOf(call.response!)),
      ...(tools.length > 1 ? [`tool:${tools.join('+')}`] : []),
      ...(taken === null ? [] : [taken]),
    ]),
  ];
}

async function reopen(
  session: Session,
  { task, policy }: Watched,
  capabilityId: string,
  buckets: readonly string[],
): Promise<void> {
  if (session.edits.verdicts[task.id]?.[capabilityId] === 'route') return;
  const atMs = session.ports.clock.now();
  changeEdits(session, (edits) => reopenedEdits(edits, task.id, capabilityId, atMs));
  const current = session.policies.find((p) => p.taskId === task.id) ?? policy;
  const closed = buckets.filter(
    (name) => name === capabilityId || current.buckets.some((b) => b.bucket === name && b.serve),
  );
  const { message, next } = reopened(capabilityId, closed);
  savePolicy(session, {
    ...current,
    buckets: [
      ...current.buckets.filter((b) => !closed.includes(b.bucket)),
      ...closed.map((bucket) => ({ bucket, serve: false, threshold: 1, n: 0, errors: 0, reason: message })),
    ],
  });
  await session.gateway?.reload();
  report(session, {
    id: `tombstone ${task.id} ${capabilityId}`,
    severity: 'warning',
    message: `${task.name}: ${message}`,
    next,
  });
}
