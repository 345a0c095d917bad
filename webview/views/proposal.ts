import type { TaskState } from '../../src/protocol.ts';
import { type Child, h } from '../dom.ts';
import { dollars, percent, plural, seconds } from '../format.ts';
import type { Controls } from '../model.ts';
import { figure, figures } from './figure.ts';

/** The smallest set worth distilling, before any training is paid for; once there is a student its proof says more. */
export function proposal(task: TaskState, controls: Controls): Child {
  const { proposal: proposed, student, output, signed } = task;
  if (proposed === null || student !== null || output.kind === 'text') return null;
  const { totals, local, saving, training } = proposed;
  const waiting = totals['not yet'].capabilities;
  return h(
    'section',
    { key: 'proposal', class: 'block', 'aria-label': 'Proposal' },
    h('h3', null, 'Proposal'),
    h(
      'p',
      { class: 'summary' },
      `Keep ${plural(totals.keep.capabilities, 'capability', 'capabilities')}: ${percent(totals.keep.share)} of the calls. ` +
        `${totals.route.capabilities} stay with the teacher, ${totals.drop.capabilities} are dropped, ${waiting} had no turn yet.`,
    ),
    figures(
      figure({
        label: 'Could be local',
        value: `about ${percent(local.expected, 0)}`,
        note: `at most ${percent(local.atMost)}`,
        title: local.basis,
      }),
      figure({
        label: 'Training',
        value: seconds(training.seconds),
        note: plural(training.rows, 'example'),
        title: training.basis,
      }),
      saving.savedPerMonth === null
        ? null
        : figure({ label: 'Saves a month', value: dollars(saving.savedPerMonth), note: 'at list prices' }),
    ),
    signed === null
      ? h(
          'vscode-button',
          {
            appearance: 'secondary',
            title: 'Your name and the date go into the card of the student',
            on: { click: () => controls.command('understudy.capabilities.sign', task.id) },
          },
          'Agree to This Set ...',
        )
      : h('p', { class: 'figure-note' }, `Agreed to by ${signed.by}`),
  );
}
