import { percent } from '../app/taskState.ts';
import { quantile } from '../base/quantile.ts';
import { evaluate } from '../evaluation/report.ts';
import type { AppState, TaskState } from '../protocol.ts';
import type { PredictionLine } from './predictions.ts';
import type { StageSeconds } from './replay.ts';

/** R.json of a replay, and the lines that are printed at its end. */
export function replayReport(parts: {
  readonly app: AppState;
  readonly seconds: StageSeconds;
  readonly predictions: readonly PredictionLine[];
  readonly refusals: ReadonlyMap<string, string>;
  readonly skipped: number;
}) {
  const { app, predictions, refusals } = parts;
  const tasks = app.tasks.map((task) =>
    taskReport(
      task,
      predictions.filter((p) => p.task === task.id),
      refusals.get(task.id),
    ),
  );
  return {
    version: 1,
    device: app.tasks.find((t) => t.student !== null)?.student?.device ?? null,
    seconds: parts.seconds,
    tasks,
    unassigned: app.traces.unassigned,
    skippedLines: parts.skipped,
    summary:
      tasks.length === 0
        ? [noTask]
        : tasks.map(
            (t) =>
              `${t.name}: ${t.traces.toLocaleString('en')} calls, ${t.decision === 'student' ? 'student' : 'teacher'}. ${t.reason}`,
          ),
  };
}

const noTask =
  'No task was found: a task is a prompt that comes again and again, with other words in it each time.';

function taskReport(task: TaskState, lines: readonly PredictionLine[], refusal: string | undefined) {
  const outcome = task.student?.outcome ?? null;
  const certificate = outcome?.kind === 'certified' ? outcome.certificate : null;
  const scored = lines.flatMap((line) => line.scored ?? []);
  const test = outcome === null ? null : evaluate(scored, outcome);
  const served = lines.filter((line) => line.route === 'student');
  const judged = served.filter((line) => line.agree !== null);
  const wrong = judged.filter((line) => line.agree === false).length;
  return {
    id: task.id,
    name: task.name,
    traces: task.calls,
    versions: task.versions,
    sites: task.sites,
    output: task.output.kind,
    capabilities: task.capabilities.map((c) => ({
      id: c.id,
      kind: c.kind,
      declared: c.declared,
      opportunities: c.opportunities,
      fired: c.fired,
      upper: c.upper,
      verdict: c.verdict,
      status: c.status,
      reason: c.reason,
      firstSeen: isoDate(c.firstSeenMs),
      lastSeen: isoDate(c.lastSeenMs),
    })),
    decision: certificate === null ? ('teacher' as const) : ('student' as const),
    reason:
      refusal ??
      (outcome === null
        ? 'Not trained.'
        : outcome.kind === 'refused'
          ? `${outcome.reason}${tornTeacher(task)}`
          : certifiedText(task, served.length, lines.length, wrong)),
    student:
      task.student === null
        ? null
        : {
            rung: task.student.rung,
            parameters: task.student.parameters,
            bytes: task.student.bytes,
            device: task.student.device,
            trainSeconds: task.student.trainSeconds,
          },
    certificate:
      certificate === null
        ? null
        : {
            epsilon: certificate.epsilon,
            delta: certificate.delta,
            threshold: certificate.threshold,
            n: certificate.n,
            errors: certificate.errors,
            coverage: certificate.coverage,
          },
    test:
      test === null
        ? null
        : {
            n: test.n,
            agreement: test.agreement.rate,
            unanswered: test.unanswered?.rate ?? 0,
            coverage: lines.length === 0 ? 0 : served.length / lines.length,
            disagreement: judged.length === 0 ? null : wrong / judged.length,
            served: served.length,
            disagreements: wrong,
            curve: test.curve,
            ece: test.ece,
            buckets: test.buckets,
          },
    latency: {
      student: latency(served),
      teacher: latency(lines.filter((line) => line.route === 'teacher')),
    },
  };
}

/** What no more calls and no other student can mend: a teacher that contradicts itself. */
function tornTeacher({ student }: TaskState): string {
  const found = student?.selfAgreement;
  if (!found || found.pairs.upper > 0.99) return '';
  return ` Asked the same again, the teacher agrees with itself in ${percent(found.pairs.rate)} of ${found.pairs.n.toLocaleString('en')} cases.`;
}

function certifiedText(task: TaskState, served: number, n: number, wrong: number): string {
  if (n === 0) return task.summary;
  return `Served ${percent(served / n)} of ${n.toLocaleString('en')} test calls (${served}); ${wrong} of them differed from the teacher (${percent(served === 0 ? 0 : wrong / served)}).`;
}

function latency(lines: readonly PredictionLine[]): { p50Ms: number | null; p99Ms: number | null } {
  const times = lines.map((line) => line.milliseconds);
  if (times.length === 0) return { p50Ms: null, p99Ms: null };
  return { p50Ms: round(quantile(times, 0.5)), p99Ms: round(quantile(times, 0.99)) };
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
const isoDate = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
