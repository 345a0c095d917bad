import type { Certificate } from '../evaluation/certificate.ts';
import type { RoutingPolicy } from './policy.ts';

/** What a task starts with and what the user may change. */
export const defaults = {
  /** Largest share of disagreements among student-answered calls. */
  epsilon: 0.02,
  /** Chance over the calibration draw that the promise is wrong. */
  delta: 0.05,
  canaryShare: 0.1,
  /** A student takes milliseconds; one that has not answered by now has a problem, and the teacher takes seconds anyway. */
  deadlineMs: 250,
  auditShare: 0.02,
} as const;

/** The policy of a task that nobody has decided about: the teacher answers. */
export function defaultPolicy(taskId: string, version: number): RoutingPolicy {
  return {
    taskId,
    mode: 'off',
    canaryShare: defaults.canaryShare,
    deadlineMs: defaults.deadlineMs,
    auditShare: defaults.auditShare,
    bundle: null,
    version,
    certificate: null,
    buckets: [],
  };
}

/**
 * Share of student-answered calls to audit: everything until the certificate's own number of rows has been seen live,
 * then about 50 a day, never under 1 %; twice that while the promise is being watched. Depends on counts of the past
 * only, never on how an audit came out, so the audited calls are a fair sample.
 */
export function auditProbability(
  certificate: Certificate,
  live: { readonly served: number; readonly servedPerDay: number; readonly watching: boolean },
): number {
  const first = Math.ceil(Math.log(certificate.delta) / Math.log1p(-certificate.epsilon));
  if (live.served < first) return 1;
  const steady = Math.min(1, Math.max(0.01, 50 / Math.max(1, live.servedPerDay)));
  return Math.min(1, live.watching ? 2 * steady : steady);
}
