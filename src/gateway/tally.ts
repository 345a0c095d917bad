import { quantile } from '../base/quantile.ts';

/** What happened to one task's calls since this gateway started. Plain data for the host. */
export interface Counts {
  readonly byReason: Readonly<Record<string, number>>;
  readonly served: number;
  readonly audits: number;
  readonly disagreements: number;
  readonly studentP50Ms: number | null;
  readonly studentP99Ms: number | null;
  readonly teacherP50Ms: number | null;
  readonly teacherP99Ms: number | null;
  readonly mode?: string;
  /** Why the student was taken back; null while it was not. */
  readonly rolledBack?: string | null;
  /** `yes`, `no`, `loading`, or why its bundle could not be loaded. */
  readonly student?: string;
}

export interface Tally {
  routed(reason: string): void;
  audited(agree: boolean): void;
  studentTook(ms: number): void;
  teacherTook(ms: number): void;
  /** Answered by the student so far, and per day at the pace since the start. */
  pace(nowMs: number): { readonly served: number; readonly servedPerDay: number };
  counts(): Counts;
}

const DAY_MS = 86_400_000;
/** Durations kept for the quantiles: the newest ones. */
const WINDOW = 1024;

export function createTally(startMs: number): Tally {
  const byReason: Record<string, number> = {};
  let audits = 0;
  let disagreements = 0;
  const student = createWindow();
  const teacher = createWindow();
  const served = (): number => byReason['served'] ?? 0;
  return {
    routed: (reason) => {
      byReason[reason] = (byReason[reason] ?? 0) + 1;
    },
    audited: (agree) => {
      audits++;
      if (!agree) disagreements++;
    },
    studentTook: student.add,
    teacherTook: teacher.add,
    pace: (nowMs) => ({
      served: served(),
      servedPerDay: (served() * DAY_MS) / Math.max(3_600_000, nowMs - startMs),
    }),
    counts: () => ({
      byReason: { ...byReason },
      served: served(),
      audits,
      disagreements,
      studentP50Ms: student.quantile(0.5),
      studentP99Ms: student.quantile(0.99),
      teacherP50Ms: teacher.quantile(0.5),
      teacherP99Ms: teacher.quantile(0.99),
    }),
  };
}

function createWindow() {
  const values: number[] = [];
  let next = 0;
  return {
    add: (ms: number): void => {
      values[next] = ms;
      next = (next + 1) % WINDOW;
    },
    quantile: (q: number): number | null => (values.length === 0 ? null : quantile(values, q)),
  };
}
