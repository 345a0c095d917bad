/**
 * A circuit breaker per student: after a few failures or late answers in a row it is not asked for a while, then one
 * trial call at a time decides. A pure state machine; the caller brings the clock.
 */
export type Circuit = 'closed' | 'open' | 'trial';

export interface BreakerState {
  /** Failures in a row. */
  readonly failures: number;
  /** Set while open: when the next trial may be made. */
  readonly openUntilMs: number | null;
  /** How long the circuit stays open the next time; doubles with every failed trial. */
  readonly pauseMs: number;
  /** A trial is under way: no second one beside it. Since when, so that a lost trial does not block for ever. */
  readonly trialSinceMs: number | null;
}

export interface BreakerOptions {
  readonly failures: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export const breakerDefaults: BreakerOptions = { failures: 3, firstPauseMs: 1_000, longestPauseMs: 60_000 };

export function closedBreaker(options: BreakerOptions = breakerDefaults): BreakerState {
  return { failures: 0, openUntilMs: null, pauseMs: options.firstPauseMs, trialSinceMs: null };
}

/** May the student be asked now? On `trial` the caller must continue with the state of `beginTrial`. */
export function circuitAt(state: BreakerState, nowMs: number, options = breakerDefaults): Circuit {
  if (state.openUntilMs === null) return 'closed';
  if (nowMs < state.openUntilMs) return 'open';
  const trialLost = state.trialSinceMs !== null && nowMs - state.trialSinceMs >= options.longestPauseMs;
  return state.trialSinceMs === null || trialLost ? 'trial' : 'open';
}

export function beginTrial(state: BreakerState, nowMs: number): BreakerState {
  return { ...state, trialSinceMs: nowMs };
}

/** A good answer in time closes the circuit; one to a call from before it opened proves nothing. */
export function afterSuccess(state: BreakerState, options = breakerDefaults): BreakerState {
  if (state.openUntilMs !== null && state.trialSinceMs === null) return state;
  return closedBreaker(options);
}

/** A failure or a late answer: the last of several in a row opens the circuit, a failed trial opens it for longer. */
export function afterFailure(state: BreakerState, nowMs: number, options = breakerDefaults): BreakerState {
  const failures = state.failures + 1;
  if (state.openUntilMs !== null && state.trialSinceMs === null) return { ...state, failures };
  if (state.trialSinceMs === null && failures < options.failures) return { ...state, failures };
  return {
    failures,
    openUntilMs: nowMs + state.pauseMs,
    pauseMs: Math.min(options.longestPauseMs, state.pauseMs * 2),
    trialSinceMs: null,
  };
}
