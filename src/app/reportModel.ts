import { priceDate } from '../../webview/charts/words.ts';
import { exactRate, type Rate } from '../base/binomial.ts';
import type { AppState, JobState, TaskState } from '../protocol.ts';

/** What the report says, as plain data: computed once here, only written down by `renderReport`. */
export interface ReportModel {
  readonly writtenMs: number;
  readonly calls: number;
  readonly unassigned: number;
  /** Prompts among them that are too young to be tasks. */
  readonly young: number;
  readonly headline: Headline;
  readonly tasks: readonly ReportTask[];
}

/**
 * Where shares come from: live calls; test calls that nothing had seen; the calibration calls themselves, where no
 * others were kept back; nothing yet.
 */
export type Source = 'live' | 'held-out' | 'calibration' | 'none';

export interface Headline {
  readonly source: Source;
  /** Which calls `local` counts: all of them, or those of tasks with a student only. */
  readonly counted: 'all' | 'with-student';
  /** When the first student was switched on, where all calls since are counted; null elsewhere. */
  readonly sinceMs: number | null;
  readonly local: Rate;
  /** The same over the calls of tasks with a student. */
  readonly withStudent: Rate;
  /** What students are expected to answer and save a month, before training; null where there is nothing to go by. */
  readonly expected: Expected | null;
  /** Disagreements among the test (or calibration) calls that would be answered locally. */
  readonly disagreement: Rate;
  /** Are those calibration calls in all tasks? */
  readonly calibrated: boolean;
  /** The loosest promise in force; null where there is none. */
  readonly epsilon: number | null;
  readonly studentP50Ms: number | null;
  readonly teacherP50Ms: number | null;
  readonly costPerMonth: number | null;
  /** Which prices the money is counted at. */
  readonly prices: string;
  /** US dollars a month at list prices and the present share of local answers. */
  readonly savedPerMonth: number | null;
  readonly capabilities: Readonly<Record<'keep' | 'route' | 'drop' | 'not yet', number>>;
}

export interface Expected {
  /** Share of the calls of all tasks. */
  readonly share: number;
  /** US dollars at list prices; null where no price is known. */
  readonly savedPerMonth: number | null;
}

export interface ReportTask {
  readonly state: TaskState;
  readonly local: Rate;
  readonly source: Source;
  readonly days: readonly ReportDay[];
  /** How the student learned; empty where no network was trained. */
  readonly curve: JobState['curve'];
}

export interface ReportDay {
  /** Local calendar day, `2026-11-02`. */
  readonly day: string;
  readonly calls: number;
  readonly answeredLocally: number;
}

export interface ReportOptions {
  /** null: all tasks. */
  readonly taskId: string | null;
  readonly nowMs: number;
  readonly days: readonly (ReportDay & { readonly taskId: string | null })[];
  /** All calls, of any task or none, since the first student was switched on; null where none is. */
  readonly live: { readonly sinceMs: number; readonly local: Rate } | null;
}

/** The report about one task or all of them, most traffic first. */
export function reportModel(state: AppState, { taskId, nowMs, days, live }: ReportOptions): ReportModel {
  const tasks = state.tasks
    .filter((task) => taskId === null || task.id === taskId)
    .sort((a, b) => b.calls - a.calls)
    .map((task) => ({
      state: task,
      ...localShare(task),
      days: days.filter((day) => day.taskId === task.id),
      curve: state.jobs.find((job) => job.taskId === task.id)?.curve ?? learnt(task.student),
    }));
  const one = taskId === null ? undefined : tasks[0];
  return {
    writtenMs: nowMs,
    calls: one?.state.calls ?? Math.max(state.traces.total, sum(tasks.map((task) => task.state.calls))),
    unassigned: one === undefined ? state.traces.unassigned : 0,
    young: one === undefined ? state.young.length : 0,
    headline: headline(tasks, taskId === null ? live : null),
    tasks,
  };
}

/** A report over the calibration calls has exactly the certificate's coverage. */
export function testedOn({ student }: TaskState): 'held-out' | 'calibration' {
  if (student?.outcome.kind !== 'certified' || student.report === null) return 'held-out';
  const apart = Math.abs(student.report.coverage - student.outcome.certificate.coverage);
  return apart < 1e-12 ? 'calibration' : 'held-out';
}

/** The curve of networks that were tried and not taken is none of the student's. */
function learnt(student: TaskState['student']): JobState['curve'] {
  return student === null || student.rung === 'wide' || student.rung === 'cache' ? [] : (student.curve ?? []);
}

/** Is there a set of capabilities to choose? Free text has none. */
export function offersChoice({ proposal, output }: TaskState): boolean {
  return output.kind !== 'text' && (proposal?.curve.at(-1)?.capabilities ?? 0) > 1;
}

/** Live calls where there are any, else what the held-out calls promise. */
function localShare(task: TaskState): { local: Rate; source: Source } {
  const { answeredLocally } = task.live;
  if (answeredLocally.n > 0) return { local: answeredLocally, source: 'live' };
  const report = task.student?.report;
  if (report === null || report === undefined || report.n === 0)
    return { local: exactRate(0, 0), source: 'none' };
  return { local: exactRate(report.disagreement.n, report.n), source: testedOn(task) };
}

function headline(tasks: readonly ReportTask[], everything: ReportOptions['live']): Headline {
  const live = tasks.filter((task) => task.source === 'live');
  const shown = live.length > 0 ? live : tasks.filter((task) => task.source !== 'none');
  const evaluated = tasks.filter(({ state }) => (state.student?.report?.disagreement.n ?? 0) > 0);
  const reports = tasks.flatMap(({ state }) => state.student?.report ?? []);
  const epsilons = tasks.flatMap(({ state }) =>
    state.student?.outcome.kind === 'certified' ? [state.student.outcome.certificate.epsilon] : [],
  );
  const priced = tasks.filter(({ state }) => state.costPerMonth !== null);
  const busiest = [...live].sort((a, b) => b.local.hits - a.local.hits)[0]?.state.live;
  const withStudent = pooled(shown.map((task) => task.local));
  const all = live.length > 0 && everything !== null && everything.local.n > 0 ? everything : null;
  return {
    source: shown[0]?.source ?? 'none',
    counted: all !== null || shown.length === tasks.length ? 'all' : 'with-student',
    sinceMs: all?.sinceMs ?? null,
    local: all?.local ?? withStudent,
    withStudent,
    expected: expected(tasks),
    disagreement: pooled(reports.map((report) => report.disagreement)),
    calibrated: evaluated.length > 0 && evaluated.every(({ state }) => testedOn(state) === 'calibration'),
    epsilon: epsilons.length === 0 ? null : Math.max(...epsilons),
    studentP50Ms: busiest?.studentP50Ms ?? null,
    teacherP50Ms: busiest?.teacherP50Ms ?? null,
    costPerMonth: priced.length === 0 ? null : sum(priced.map(({ state }) => state.costPerMonth ?? 0)),
    prices: priceDate(tasks.flatMap(({ state }) => state.proposal?.saving.prices ?? [])),
    savedPerMonth:
      priced.length === 0
        ? null
        : sum(priced.map(({ state, local }) => (state.costPerMonth ?? 0) * local.rate)),
    capabilities: {
      keep: verdictCount(tasks, 'keep'),
      route: verdictCount(tasks, 'route'),
      drop: verdictCount(tasks, 'drop'),
      'not yet': verdictCount(tasks, 'not yet'),
    },
  };
}

/** Tasks whose answers are free text, and those that were tried already, count as answered by the teacher. */
function expected(tasks: readonly ReportTask[]): Expected | null {
  const open = tasks.flatMap(({ state }) =>
    state.student === null && state.proposal !== null && offersChoice(state)
      ? [{ state, share: state.proposal.local.expected }]
      : [],
  );
  const calls = sum(tasks.map(({ state }) => state.calls));
  const local = sum(open.map(({ state, share }) => share * state.calls));
  if (calls === 0 || local === 0) return null;
  const saved = open.flatMap(({ state, share }) => {
    return state.costPerMonth === null ? [] : [state.costPerMonth * share];
  });
  return { share: local / calls, savedPerMonth: saved.length === 0 ? null : sum(saved) };
}

function verdictCount(tasks: readonly ReportTask[], verdict: string): number {
  return sum(tasks.map(({ state }) => state.capabilities.filter((c) => c.verdict === verdict).length));
}

function pooled(rates: readonly Rate[]): Rate {
  return exactRate(sum(rates.map((rate) => rate.hits)), sum(rates.map((rate) => rate.n)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
