import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/error.ts';
import { isArray, isObject, type Json, parseJson } from '../base/json.ts';
import type { Log } from '../base/log.ts';
import { modelInputOf } from '../dataset/input.ts';
import type { Prediction } from '../evaluation/prediction.ts';
import { type AuditState, audit, auditOptions, initialAudit } from '../routing/audit.ts';
import {
  afterFailure,
  afterSuccess,
  type BreakerState,
  beginTrial,
  circuitAt,
  closedBreaker,
} from '../routing/breaker.ts';
import { type Asked, decideAfter, decideBefore } from '../routing/decide.ts';
import { auditProbability } from '../routing/defaults.ts';
import type { Reason, RoutingPolicy } from '../routing/policy.ts';
import { createMatcher } from '../tasks/matcher.ts';
import { createPinMatcher } from '../tasks/pins.ts';
import type { Task, TaskMatch } from '../tasks/task.ts';
import type { TraceRoute } from '../traces/trace.ts';
import type { Answer, ChatRequest } from '../wire/chat.ts';
import type { Worker } from '../worker/client.ts';
import { type Counts, createTally, type Tally } from './tally.ts';

/** What became of a call that the students were asked about. */
export type Consulted =
  | {
      readonly kind: 'student';
      readonly answer: Answer;
      readonly route: TraceRoute;
      readonly audited: boolean;
    }
  | {
      readonly kind: 'teacher';
      readonly reason: Reason;
      /** The task whose policy had a say; null where none had. */
      readonly taskId: string | null;
      readonly route: TraceRoute | null;
      /** A silent prediction that is still on its way; it never rejects. */
      readonly later: Promise<TraceRoute> | null;
    };

export interface Question {
  readonly request: ChatRequest;
  /** What only the gateway knows to be beyond a student (headers), in words. */
  readonly teacherOnly: readonly string[];
  readonly bypassed: boolean;
  /** `x-understudy-task`: the task that the caller says this is; null where it says nothing. */
  readonly pin: string | null;
}

/** The students behind the gateway: tasks, policies and the worker that predicts. */
export interface Students {
  /** False while no task has an active policy: then no request needs to be read before it is forwarded. */
  readonly active: boolean;
  /** A student was trained for this workspace once, whether it answers now or not. */
  readonly known: boolean;
  /** Never throws: whatever goes wrong, the teacher answers. */
  consult(question: Question): Promise<Consulted>;
  /** An audited answer was compared with the teacher's. */
  audited(taskId: string, agree: boolean): void;
  /** How long a teacher took for a call of this task, milliseconds. */
  teacherTook(taskId: string, ms: number): void;
  reload(): Promise<void>;
  stats(): Readonly<Record<string, Counts>>;
}

export interface StudentsOptions {
  readonly storage: string;
  readonly worker: Worker | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly draw: () => number;
}

/** One student at work: the same object from one reading of the policies to the next, as long as its bundle is the same. */
interface Live {
  task: Task;
  policy: RoutingPolicy;
  readonly tally: Tally;
  breaker: BreakerState;
  audits: AuditState | null;
  rolledBack: string | null;
  loaded: 'no' | 'loading' | 'yes' | { readonly failed: string };
}

export function createStudents({ storage, worker, clock, log, draw }: StudentsOptions): Students {
  let live = new Map<string, Live>();
  /** The last load of each task; never rejects. */
  const loads = new Map<string, Promise<void>>();
  let match: (request: ChatRequest) => TaskMatch | null = () => null;
  let matchPinned: (pin: string, request: ChatRequest) => TaskMatch | null = () => null;
  const isActive = ({ policy }: Live): boolean => policy.mode !== 'off';

  worker?.onCrash(() => {
    for (const entry of live.values()) {
      if (!isActive(entry)) continue;
      entry.loaded = 'no';
      // The next call would do it as well; this way it finds the student loaded.
      setTimeout(() => load(entry), 250).unref();
    }
  });

  const load = (entry: Live): void => {
    const { bundle, taskId } = entry.policy;
    if (worker === null || bundle === null || entry.loaded === 'loading' || entry.loaded === 'yes') return;
    entry.loaded = 'loading';
    // One after the other: of two bundles of a task, the one asked for last is the one that stays.
    const request = (loads.get(taskId) ?? Promise.resolve()).then(() =>
      worker.request('load', { taskId, bundle: path.resolve(storage, bundle) }),
    );
    const settled = request.then(
      () => {
        entry.loaded = 'yes';
      },
      (error: Error) => {
        const isPassing = error instanceof AppError && error.code === 'worker-crashed';
        entry.loaded = isPassing ? 'no' : { failed: error.message };
        log.warn(`the student of ${taskId} was not loaded: ${error.message}`);
      },
    );
    loads.set(taskId, settled);
  };

  const ask = async (entry: Live, found: TaskMatch): Promise<Asked> => {
    const { policy, task } = entry;
    if (worker === null) return { kind: 'failed', message: 'no worker' };
    if (entry.loaded !== 'yes') {
      const reason =
        typeof entry.loaded === 'object' ? entry.loaded.failed : 'the student is still being loaded';
      if (entry.loaded === 'no') load(entry);
      return { kind: 'failed', message: reason };
    }
    const started = clock.monotonic();
    const inputs = [modelInputOf(task, found.slots)];
    const predicted: Promise<Asked> = worker.request('predict', { taskId: task.id, inputs }).then(
      ({ predictions }) => {
        const prediction = predictions[0];
        if (prediction === undefined) return { kind: 'failed', message: 'the worker gave no prediction' };
        return { kind: 'predicted', prediction, elapsedMs: clock.monotonic() - started };
      },
      (error: Error) => ({ kind: 'failed', message: error.message }),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Asked>((resolve) => {
      timer = setTimeout(() => resolve({ kind: 'late' }), policy.deadlineMs);
    });
    const outcome = await Promise.race([predicted, late]);
    clearTimeout(timer);
    return outcome;
  };

  const settle = (entry: Live, asked: Asked): void => {
    // A student that is still being loaded is no sign of a broken one.
    if (entry.loaded === 'loading') return;
    const failed = asked.kind !== 'predicted';
    entry.breaker = failed ? afterFailure(entry.breaker, clock.monotonic()) : afterSuccess(entry.breaker);
    if (asked.kind === 'predicted') entry.tally.studentTook(asked.elapsedMs);
  };

  const consult = async (question: Question): Promise<Consulted> => {
    const request =
      question.teacherOnly.length === 0
        ? question.request
        : { ...question.request, teacherOnly: [...question.request.teacherOnly, ...question.teacherOnly] };
    const { pin } = question;
    const isPinned = pin !== null && pin.trim() !== '';
    const found = isPinned ? matchPinned(pin, request) : match(request);
    const entry = found === null ? undefined : live.get(found.taskId);
    if (found === null || entry === undefined)
      return { kind: 'teacher', reason: 'no-task', taskId: null, route: null, later: null };

    const circuit = circuitAt(entry.breaker, clock.monotonic());
    const before = decideBefore({
      policy: policyOf(entry),
      match: found,
      request,
      bypassed: question.bypassed,
      circuit,
      version: entry.task.versions.find(({ version }) => version === found.version) ?? null,
      draw: draw(),
    });
    const routeOf = (reason: string, asked: Asked | null): TraceRoute =>
      traceRoute(found, reason, asked?.kind === 'predicted' ? asked : null);
    if (!before.ask) {
      if (before.reason === 'task-off')
        return { kind: 'teacher', reason: before.reason, taskId: null, route: null, later: null };
      entry.tally.routed(before.reason);
      return {
        kind: 'teacher',
        reason: before.reason,
        taskId: found.taskId,
        route: routeOf(before.reason, null),
        later: null,
      };
    }
    if (circuit === 'trial') entry.breaker = beginTrial(entry.breaker, clock.monotonic());

    const asking = ask(entry, found).then((asked) => {
      settle(entry, asked);
      return asked;
    });
    if (before.silent !== null) {
      const reason = before.silent;
      const later = asking.then((asked) => {
        const after = decideAfter(entry.policy, asked, before, request);
        entry.tally.routed(after.reason);
        return routeOf(after.reason, asked);
      });
      return { kind: 'teacher', reason, taskId: found.taskId, route: null, later };
    }
    const asked = await asking;
    const after = decideAfter(policyOf(entry), asked, before, request);
    entry.tally.routed(after.reason);
    const route = routeOf(after.reason, asked);
    if (after.route === 'teacher' || asked.kind !== 'predicted' || asked.prediction.answer === null)
      return { kind: 'teacher', reason: after.reason, taskId: found.taskId, route, later: null };
    return { kind: 'student', answer: asked.prediction.answer, route, audited: isAudited(entry) };
  };

  const isAudited = (entry: Live): boolean => {
    const { certificate, auditShare } = entry.policy;
    if (certificate === null || auditShare <= 0) return false;
    const { served, servedPerDay } = entry.tally.pace(clock.now());
    const watching = entry.audits?.standing === 'watch';
    return draw() < Math.max(auditShare, auditProbability(certificate, { served, servedPerDay, watching }));
  };

  return {
    get active() {
      for (const entry of live.values()) if (isActive(entry)) return true;
      return false;
    },
    get known() {
      for (const { policy } of live.values()) if (policy.bundle !== null) return true;
      return false;
    },
    consult: (question) =>
      consult(question).catch((error: Error) => {
        log.error('a call could not be routed', error);
        return { kind: 'teacher', reason: 'student-failed', taskId: null, route: null, later: null };
      }),
    audited: (taskId, agree) => {
      const entry = live.get(taskId);
      if (entry?.policy.certificate === null || entry === undefined) return;
      const options = auditOptions(entry.policy.certificate);
      entry.audits = audit(entry.audits ?? initialAudit(options), agree, options);
      entry.tally.audited(agree);
      if (entry.audits.standing !== 'rollback' || entry.rolledBack !== null) return;
      const { disagreements, audits } = entry.audits;
      entry.rolledBack = `${disagreements} of ${audits} audited answers differed from the teacher's`;
      log.warn(`the student of ${taskId} was taken back: ${entry.rolledBack}`);
    },
    teacherTook: (taskId, ms) => live.get(taskId)?.tally.teacherTook(ms),
    reload: async () => {
      const tasks = await readList<Task>(path.join(storage, 'tasks.json'), isTask);
      const policies = await readList<RoutingPolicy>(path.join(storage, 'policies.json'), isPolicy);
      const before = live;
      live = new Map();
      for (const policy of policies) {
        const task = tasks.find(({ id }) => id === policy.taskId);
        if (task === undefined) continue;
        const old = before.get(task.id);
        const isSame = old !== undefined && old.policy.bundle === policy.bundle;
        live.set(task.id, isSame ? carriedOn(old, task, policy) : startedAnew(task, policy, old));
      }
      match = createMatcher(tasks);
      matchPinned = createPinMatcher(tasks);
      for (const entry of live.values()) if (isActive(entry)) load(entry);
      for (const [taskId, old] of before) {
        const now = live.get(taskId);
        const isUnused = now === undefined || !isActive(now);
        if (isUnused && old.loaded === 'yes') unload(taskId, now);
      }
    },
    stats: () =>
      Object.fromEntries(
        [...live].map(([taskId, { tally, rolledBack, loaded, policy }]) => [
          taskId,
          {
            ...tally.counts(),
            mode: policy.mode,
            rolledBack,
            student: typeof loaded === 'object' ? loaded.failed : loaded,
          },
        ]),
      ),
  };

  function startedAnew(task: Task, policy: RoutingPolicy, old: Live | undefined): Live {
    const tally = old?.tally ?? createTally(clock.now());
    return { task, policy, tally, breaker: closedBreaker(), audits: null, rolledBack: null, loaded: 'no' };
  }

  /** What is under way (a bundle being loaded, an answer awaited) goes on with the new policy. */
  function carriedOn(entry: Live, task: Task, policy: RoutingPolicy): Live {
    if (!sameCertificate(entry.policy, policy)) {
      entry.rolledBack = null;
      entry.audits = null;
    }
    if (typeof entry.loaded === 'object') entry.loaded = 'no';
    entry.task = task;
    entry.policy = policy;
    return entry;
  }

  function unload(taskId: string, entry: Live | undefined): void {
    if (entry !== undefined) entry.loaded = 'no';
    // A worker that is gone has unloaded it already.
    worker?.request('unload', { taskId }).catch(() => {});
  }
}

/** The policy with a roll-back that the host may not have written down yet. */
function policyOf({ policy, rolledBack }: Live): RoutingPolicy {
  return rolledBack === null || policy.rolledBack !== undefined ? policy : { ...policy, rolledBack };
}

function sameCertificate(a: RoutingPolicy, b: RoutingPolicy): boolean {
  return JSON.stringify(a.certificate) === JSON.stringify(b.certificate);
}

function traceRoute(
  { taskId, version }: TaskMatch,
  reason: string,
  asked: { readonly prediction: Prediction; readonly elapsedMs: number } | null,
): TraceRoute {
  return {
    taskId,
    version,
    reason,
    answer: asked?.prediction.answer ?? null,
    confidence: asked?.prediction.confidence ?? null,
    bucket: asked?.prediction.bucket ?? null,
    studentMs: asked?.elapsedMs ?? null,
    audit: null,
  };
}

async function readList<T>(file: string, isItem: (value: Json) => boolean): Promise<T[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return []; // Nothing was discovered or decided yet: the teacher answers everything.
  }
  const value = parseJson(text);
  return isArray(value) ? (value.filter(isItem) as unknown[] as T[]) : [];
}

const isTask = (value: Json): boolean =>
  isObject(value) && typeof value['id'] === 'string' && isArray(value['versions']);
const isPolicy = (value: Json): boolean =>
  isObject(value) && typeof value['taskId'] === 'string' && typeof value['mode'] === 'string';
