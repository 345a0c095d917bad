import type { Prediction } from '../evaluation/prediction.ts';
import type { TaskMatch, TaskVersion } from '../tasks/task.ts';
import type { ChatRequest } from '../wire/chat.ts';
import { teacherOnly } from '../wire/teacherOnly.ts';
import type { Circuit } from './breaker.ts';
import type { Reason, RouteDecision, RoutingPolicy } from './policy.ts';
import { leftToTeacher } from './routed.ts';
import { answerConflict, notUnderstood } from './understood.ts';

/** Everything known about a call before the student is asked. Absent knowledge is null and leads to the teacher. */
export interface BeforeInput {
  /** The policy of the matched task. */
  readonly policy: RoutingPolicy | null;
  readonly match: TaskMatch | null;
  readonly request: ChatRequest;
  /** `x-understudy: off`. */
  readonly bypassed: boolean;
  /** May the student be asked? From the circuit breaker. */
  readonly circuit: Circuit;
  /** The matched version, to check tools, output format and prefill against; null skips what only it can tell. */
  readonly version?: TaskVersion | null;
  /** Uniform in [0, 1), drawn for this call alone: decides a canary's share. */
  readonly draw: number;
}

/** Ask the student. `silent`: its answer is recorded, the teacher answers. */
export interface Ask {
  readonly ask: true;
  readonly silent: 'shadow' | 'canary-teacher' | null;
}

export type TeacherDecision = Extract<RouteDecision, { readonly route: 'teacher' }>;
export type BeforeDecision = Ask | ({ readonly ask: false } & TeacherDecision);

/** How asking the student came out. */
export type Asked =
  | { readonly kind: 'predicted'; readonly prediction: Prediction; readonly elapsedMs: number }
  | { readonly kind: 'late' }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * May the student be asked at all? The teacher is the default branch: every line below names one thing that must hold,
 * and the student is asked only after the last one.
 */
export function decideBefore(input: BeforeInput): BeforeDecision {
  const { policy, match, request } = input;
  if (input.bypassed) return stay('bypassed');
  if (match === null) return stay('no-task');
  if (policy === null || policy.taskId !== match.taskId || !isActive(policy)) return stay('task-off');
  if (policy.rolledBack !== undefined) return stay('rolled-back', policy.rolledBack);
  if (policy.bundle === null) return stay('no-student');
  const known = policy.versions ?? [policy.version];
  if (!known.includes(match.version))
    return stay('version-unknown', `version ${match.version}, student knows ${known.join(', ')}`);
  if (policy.certificate === null && policy.mode !== 'shadow') return stay('not-certified');
  const only = teacherOnly(request);
  if (only !== null) return stay('teacher-only', only);
  const odd = notUnderstood(request, input.version ?? null);
  if (odd !== null) return stay('request-not-understood', odd);
  const left = leftToTeacher(policy.asked, request, match);
  if (left !== null) return stay('routed', left);
  if (input.circuit !== 'closed' && input.circuit !== 'trial') return stay('circuit-open');
  if (policy.mode === 'shadow') return { ask: true, silent: 'shadow' };
  if (policy.mode === 'canary' && !(input.draw < policy.canaryShare))
    return { ask: true, silent: 'canary-teacher' };
  return { ask: true, silent: null };
}

/**
 * May this answer be given? The detail of a silent decision says what would have happened otherwise, so that shadow
 * traffic shows the share a student would answer.
 */
export function decideAfter(
  policy: RoutingPolicy,
  asked: Asked,
  before: Ask,
  request: ChatRequest,
): RouteDecision {
  const obstacle = obstacleTo(policy, asked, request);
  const confidence = asked.kind === 'predicted' ? asked.prediction.confidence : null;
  if (before.silent !== null)
    return teacher(before.silent, confidence, obstacle === null ? 'would have answered' : obstacle.reason);
  if (obstacle !== null) return teacher(obstacle.reason, confidence, obstacle.detail);
  // Unreachable without a prediction; the type wants to hear it, and the teacher is the default branch.
  if (confidence === null || !isServing(policy)) return teacher('not-certified', confidence, null);
  return { route: 'student', reason: 'served', confidence };
}

interface Obstacle {
  readonly reason: Exclude<Reason, 'served'>;
  readonly detail: string | null;
}

function obstacleTo(policy: RoutingPolicy, asked: Asked, request: ChatRequest): Obstacle | null {
  if (asked.kind === 'late') return { reason: 'late', detail: `no answer within ${policy.deadlineMs} ms` };
  if (asked.kind === 'failed') return { reason: 'student-failed', detail: asked.message };
  const { prediction, elapsedMs } = asked;
  if (!(elapsedMs <= policy.deadlineMs)) return { reason: 'late', detail: `${Math.round(elapsedMs)} ms` };
  const { answer, confidence, bucket, reason } = prediction;
  if (answer === null || reason !== null) return { reason: 'no-answer', detail: reason };
  if (!(confidence >= 0 && confidence <= 1))
    return { reason: 'student-failed', detail: 'confidence out of range' };
  const certificate = policy.certificate;
  if (certificate === null) return { reason: 'not-certified', detail: null };
  const decision = policy.buckets.find((candidate) => candidate.bucket === bucket);
  if (decision?.serve !== true)
    return { reason: 'bucket-not-certified', detail: decision?.reason ?? `${bucket} has no certificate` };
  const threshold = Math.max(certificate.threshold, decision.threshold);
  if (!(confidence >= threshold))
    return { reason: 'below-threshold', detail: `threshold ${threshold.toFixed(3)}` };
  const conflict = answerConflict(request, answer);
  return conflict === null ? null : { reason: 'request-not-understood', detail: conflict };
}

function isActive(policy: RoutingPolicy): boolean {
  return policy.mode === 'shadow' || isServing(policy);
}

function isServing(policy: RoutingPolicy): boolean {
  return policy.mode === 'canary' || policy.mode === 'on';
}

function stay(reason: TeacherDecision['reason'], detail: string | null = null): BeforeDecision {
  return { ask: false, ...teacher(reason, null, detail) };
}

function teacher(
  reason: TeacherDecision['reason'],
  confidence: number | null,
  detail: string | null,
): TeacherDecision {
  return { route: 'teacher', reason, confidence, detail };
}
