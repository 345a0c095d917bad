/** Time as a port, so that tests and `replay` can set it. */
export interface Clock {
  /** Wall time in milliseconds since 1970 (UTC). May jump. */
  now(): number;
  /** Milliseconds that never go back; for durations only. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** A clock that stands still until it is set; `monotonic` follows the greatest time seen. */
export function manualClock(startMs = 0): Clock & { set(ms: number): void } {
  let now = startMs;
  let greatest = startMs;
  return {
    now: () => now,
    monotonic: () => greatest,
    set: (ms) => {
      now = ms;
      greatest = Math.max(greatest, ms);
    },
  };
}
