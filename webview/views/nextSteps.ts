import type { StudentState, TaskState } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { count, percent } from '../format.ts';
import type { Controls } from '../model.ts';
import { commandLink } from './link.ts';

/** Less than this is not worth a looser promise. */
const LEAST_COVERAGE = 0.1;

/** What the user can do about a student that may not answer; the reason for that stands above. */
export function nextSteps(task: TaskState, controls: Controls): Child {
  const { student, output } = task;
  if (student?.outcome.kind !== 'refused') return null;
  // Declined before training: of most reasons only another program helps.
  if (student.report === null) return output.kind === 'text' ? list([OTHER_ANSWERS]) : null;
  const looser = looserPromise(student);
  return list([
    `Keep recording and train again: more calls make a student surer and its proof sharper.${rate(task)}`,
    looser === null
      ? null
      : [looser, ' ', commandLink('Set the promise', 'understudy.settings.open', controls)],
    'Let it shadow: it answers silently beside the teacher, and nothing changes for your program.',
  ]);
}

const OTHER_ANSWERS =
  'Ask for a label, a JSON record or a tool call where that serves your program as well: such answers can be learned.';

function list(steps: readonly Child[]): Tree {
  return h(
    'section',
    { key: 'next-steps', class: 'block', 'aria-label': 'What you can do' },
    h('h3', null, 'What you can do'),
    h(
      'ul',
      { class: 'next-steps' },
      steps.map((step, i) => (step === null ? null : h('li', { key: `step-${i}` }, step))),
    ),
  );
}

function rate({ callsPerDay }: TaskState): string {
  if (callsPerDay < 1) return '';
  return ` About ${count(Math.round(callsPerDay))} ${callsPerDay < 1.5 ? 'comes' : 'come'} in a day.`;
}

/** How much would be answered were more disagreement allowed: seen on held-out calls, and no promise yet. */
function looserPromise({ outcome, report }: StudentState): string | null {
  const promised = outcome.joint?.epsilon;
  if (promised === undefined || report === null) return null;
  const [allowed, coverage] =
    Object.entries(report.curve)
      .map(([epsilon, share]) => [Number(epsilon), share] as const)
      .sort((a, b) => a[0] - b[0])
      .find(([epsilon, share]) => epsilon > promised && share >= LEAST_COVERAGE) ?? [];
  if (allowed === undefined || coverage === undefined) return null;
  return `Allow more disagreement: with ${percent(allowed, 0)} wrong it could answer ${percent(coverage, 0)} of the ${count(report.n)} held-out calls, if a new training proves it.`;
}
