import { exactRate } from '../base/binomial.ts';
import { toAppError } from '../base/error.ts';
import { meanPrice } from '../capabilities/prices.ts';
import type { GatewayStats } from '../gateway/control.ts';
import type { LiveState } from '../protocol.ts';
import { DISK_FULL } from '../traces/journal.ts';
import type { Usage } from '../traces/store.ts';
import { analyseTasks } from './analysis.ts';
import { takeAssignments } from './assignments.ts';
import type { Figures } from './figures.ts';
import { report, type Session, savePolicy, takeOver } from './session.ts';
import { watchTombstones } from './tombstones.ts';

/** What happens once a second: new traces into the index, figures out of it, and now and then an analysis. */
export async function refresh(session: Session): Promise<void> {
  const { store } = session;
  if (store === null) return;
  await takeOverOthers(session);
  const { added, damaged } = await store.sync();
  if (damaged.length > 0) {
    report(session, {
      id: 'journal-damage',
      severity: 'warning',
      message: `${damaged.length} damaged ${damaged.length === 1 ? 'line' : 'lines'} of the journal could not be read; the rest was.`,
      next: null,
    });
  }
  const before = session.figures;
  session.figures = await readFigures(session);
  if (added > 0) await watchTombstones(session);
  if (added > 0 || before.shed !== session.figures.shed || before.total !== session.figures.total)
    session.changed();
  if (session.settings.autoAnalyse) await analyseWhenWorthIt(session);
}

/** A second window, or the command line, may have analysed, trained or switched on the same workspace. */
async function takeOverOthers(session: Session): Promise<void> {
  const others = takeOver(session);
  if (others.tasks) {
    await takeAssignments(session);
    // What another one has just analysed need not be analysed again.
    session.analysedCalls = session.figures.total;
  }
  if (others.any) session.changed();
}

async function readFigures(session: Session): Promise<Figures> {
  const store = session.store!;
  const now = session.ports.clock.now();
  const totals = store.totals(now);
  const live = new Map<string, LiveState>();
  const usage = new Map<string, readonly Usage[]>();
  for (const task of session.tasks) {
    const used = store.usage({ taskId: task.id }).filter((sum) => sum.servedBy === 'teacher');
    usage.set(task.id, used);
    const policy = session.policies.find((p) => p.taskId === task.id);
    if (policy !== undefined && policy.mode !== 'off')
      live.set(task.id, liveOf(session, task.id, { sinceMs: policy.sinceMs ?? 0, used }));
  }
  const stats = await session.gateway?.stats().catch(() => null);
  tellRecorder(session, stats?.recorder.problem ?? null);
  return {
    total: totals.traces,
    today: totals.today,
    bytes: totals.bytes,
    shed: stats?.recorder.shed ?? session.figures.shed,
    live,
    rolledBack: keepRollBacks(session, stats?.tasks ?? {}),
    usage,
  };
}

/** Roll-backs outlive the gateway that decided them: only a new certificate clears one. */
function keepRollBacks(session: Session, tasks: GatewayStats['tasks']): Map<string, string> {
  for (const policy of session.policies) {
    const why = tasks[policy.taskId]?.rolledBack;
    if (why && policy.rolledBack === undefined) savePolicy(session, { ...policy, rolledBack: why });
  }
  return new Map(
    session.policies.flatMap(({ taskId, rolledBack }) => (rolledBack ? [[taskId, rolledBack]] : [])),
  );
}

/** Capture that cannot write is a problem while it lasts; calls go on without it. */
function tellRecorder(session: Session, problem: string | null): void {
  const shown = session.problems.get('recorder');
  if (problem === null) {
    if (shown !== undefined && session.problems.delete('recorder')) session.changed();
    return;
  }
  const message = `Capture pauses: ${problem}. Calls go on, and what does not fit into memory is not recorded.`;
  const next =
    problem === DISK_FULL
      ? 'Capture resumes by itself once there is room on the disk.'
      : 'Capture tries again with the next calls.';
  if (shown?.message !== message) report(session, { id: 'recorder', severity: 'error', message, next });
}

function liveOf(
  session: Session,
  taskId: string,
  { sinceMs, used }: { readonly sinceMs: number; readonly used: readonly Usage[] },
): LiveState {
  const store = session.store!;
  const sums = store.tasks({ taskId, sinceMs })[0];
  const student = store.latency('student', taskId);
  const teacher = store.latency('teacher', taskId);
  const calls = sums?.calls ?? 0;
  const local = sums?.answeredLocally ?? 0;
  const audits = (sums?.agreed ?? 0) + (sums?.disagreed ?? 0);
  return {
    answeredLocally: exactRate(local, calls),
    byReason: sums?.byReason ?? {},
    audited: exactRate(sums?.disagreed ?? 0, audits),
    studentP50Ms: student.p50Ms,
    studentP99Ms: student.p99Ms,
    teacherP50Ms: teacher.p50Ms,
    teacherP99Ms: teacher.p99Ms,
    saved: savedDollars(session, taskId, used),
  };
}

/** What all calls answered here so far would have cost at the teacher's mean price: read from the index, so that it outlives every switch. */
function savedDollars(session: Session, taskId: string, used: readonly Usage[]): number {
  const local = session.store!.tasks({ taskId })[0]?.answeredLocally ?? 0;
  return (meanPrice(used, session.settings.prices).perCall ?? 0) * local;
}

/** First at 50 calls, then whenever the traffic has grown by a fifth. */
async function analyseWhenWorthIt(session: Session): Promise<void> {
  const { total } = session.figures;
  if (total < 50 || total < session.analysedCalls * 1.2 || session.jobs.size > 0) return;
  session.analysedCalls = total;
  await analyseTasks(session, null, {}).catch((thrown) => {
    const error = toAppError(thrown);
    report(session, { id: 'analyse', severity: 'warning', message: error.message, next: error.next });
  });
}
