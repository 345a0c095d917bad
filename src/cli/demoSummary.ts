import { percent } from '../app/taskState.ts';
import { exactRate } from '../base/binomial.ts';
import { quantile } from '../base/quantile.ts';
import { shorten } from '../base/text.ts';
import type { AppState, TaskState } from '../protocol.ts';
import type { LiveCheck } from './truth.ts';

/** The closing words of the demo, for a terminal of 80 columns or more. */
export function demoSummary(parts: {
  readonly state: AppState;
  readonly live: LiveCheck;
  readonly seconds: number;
  readonly report: string;
  readonly epsilon: number;
  readonly delayMs: number;
}): string {
  const { state, live } = parts;
  const local = exactRate(live.local, live.calls);
  const wrong = exactRate(live.disagreements, live.local);
  const ms = (times: readonly number[], q: number): string =>
    times.length === 0 ? '-' : `${quantile(times, q).toFixed(1)} ms`;
  const lines = [
    '',
    `Of ${live.calls} further calls the students answered ${live.local} (${percent(local.rate)}, 95 % interval ${percent(local.lower)} to ${percent(local.upper)}).`,
    `On those they differed from the teacher ${live.disagreements} times (${percent(wrong.rate)}, interval ${percent(wrong.lower)} to ${percent(wrong.upper)}; promised: at most ${percent(parts.epsilon)}).`,
    '',
    '                     p50        p99',
    `  student      ${ms(live.studentMs, 0.5).padStart(9)}  ${ms(live.studentMs, 0.99).padStart(9)}   through the gateway`,
    `  teacher      ${ms(live.teacherMs, 0.5).padStart(9)}  ${ms(live.teacherMs, 0.99).padStart(9)}   embedded: a recording that waits ${parts.delayMs} ms; real ones take a second`,
    '',
    ...state.tasks.flatMap(taskLines),
    `The report with pictures: ${parts.report}`,
    `Done in ${parts.seconds.toFixed(0)} s.`,
    '',
    'Next, in VS Code: `npm run package`, install the .vsix, open your project, run "Understudy: Start Recording",',
    'and start your program in a new terminal there. The sidebar shows each task as it appears.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function taskLines(task: TaskState): string[] {
  const count = (verdict: string): number => task.capabilities.filter((c) => c.verdict === verdict).length;
  const never = task.capabilities.filter((c) => c.declared && c.fired === 0).map((c) => c.name);
  const cost =
    task.costPerMonth === null
      ? ''
      : `; the teacher costs about $${task.costPerMonth.toFixed(2)} a month at list prices and this rate`;
  return [
    `${task.name}`,
    `  ${task.calls.toLocaleString('en')} calls${cost}`,
    `  capabilities: ${count('keep')} kept, ${count('route')} routed to the teacher, ${count('drop')} dropped, ${count('not yet')} not yet`,
    ...(never.length === 0 ? [] : [`  offered and never fired: ${shorten(never.join(', '), 90)}`]),
    `  ${task.summary}`,
    '',
  ];
}
