import type { BucketDecision, Certificate } from '../evaluation/certificate.ts';

export type Mode = 'off' | 'shadow' | 'canary' | 'on';

/** Capabilities that show in the request alone, by id, and the slots that a student reads. */
export interface AskedKinds {
  readonly ids: readonly string[];
  readonly slots: readonly string[];
}

/** How one task's calls are answered. Plain data, stored beside the task, read by the gateway. */
export interface RoutingPolicy {
  readonly taskId: string;
  readonly mode: Mode;
  /** When the mode was last set; live figures count from here. */
  readonly sinceMs?: number;
  /** Share of eligible calls that a canary answers. */
  readonly canaryShare: number;
  /** The student must answer within this; else the teacher does. */
  readonly deadlineMs: number;
  /** Share of student-answered calls that the teacher answers as well. */
  readonly auditShare: number;
  /** Bundle folder; null where there is no student. */
  readonly bundle: string | null;
  /** Newest task version the student was trained for. */
  readonly version: number;
  /** Versions its certificate was chosen on; left out: only `version`. */
  readonly versions?: readonly number[];
  readonly certificate: Certificate | null;
  /** Only buckets listed here with `serve` are answered. */
  readonly buckets: readonly BucketDecision[];
  /** Kinds of request (a language, a length, several turns) that the user leaves to the teacher. */
  readonly asked?: AskedKinds;
  /** Why the certificate was taken back, in words; absent while it stands. Only a new certificate clears it. */
  readonly rolledBack?: string;
}

/** Why a call went where it went; also the text of `x-understudy`'s `reason=`. */
export type Reason =
  | 'served'
  | 'task-off'
  | 'no-task'
  | 'bypassed'
  | 'version-unknown'
  | 'no-student'
  | 'not-certified'
  | 'request-not-understood'
  | 'teacher-only'
  | 'routed'
  | 'shadow'
  | 'canary-teacher'
  | 'below-threshold'
  | 'bucket-not-certified'
  | 'no-answer'
  | 'late'
  | 'student-failed'
  | 'circuit-open'
  | 'rolled-back';

export type RouteDecision =
  | { readonly route: 'student'; readonly reason: 'served'; readonly confidence: number }
  | {
      readonly route: 'teacher';
      readonly reason: Exclude<Reason, 'served'>;
      readonly confidence: number | null;
      readonly detail: string | null;
    };
