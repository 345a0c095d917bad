import type { TaskState } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { day, plural } from '../format.ts';
import type { Controls } from '../model.ts';
import { verdicts } from '../words.ts';

const SHOWN = 5;

/** Who agreed to the capability set, what has changed since, and which set the student was built for. */
export function agreement(task: TaskState, controls: Controls): Child {
  const { signed, student } = task;
  const changes = signed?.changes ?? [];
  const sign = (label: string, eager: boolean): Tree =>
    h(
      'vscode-button',
      {
        appearance: eager ? 'primary' : 'secondary',
        class: 'compact',
        'data-action': 'sign',
        title: 'Your name and the date go into the card of the student',
        on: { click: () => controls.command('understudy.capabilities.sign', task.id) },
      },
      label,
    );
  return [
    h(
      'p',
      { key: 'agreed', class: 'quiet agreed' },
      signed === null
        ? 'Nobody has agreed to this set yet.'
        : `${signed.by} agreed to this set on ${day(signed.atMs)}.`,
      builtFor(student),
    ),
    changes.length === 0 ? null : changed(changes),
    signed === null
      ? sign('Agree to This Set ...', false)
      : changes.length > 0
        ? sign('Agree to the Changes ...', true)
        : null,
  ];
}

type Change = NonNullable<TaskState['signed']>['changes'][number];

function changed(changes: readonly Change[]): Tree {
  const more = changes.length - SHOWN;
  return h(
    'div',
    { key: 'changes', class: 'note-box', role: 'note' },
    h('strong', null, `${plural(changes.length, 'choice')} changed since, and not agreed to`),
    h(
      'ul',
      { class: 'changes' },
      changes
        .slice(0, SHOWN)
        .map(({ id, name, from, to }) =>
          h(
            'li',
            { key: id },
            name,
            h('span', { class: 'quiet' }, ` ${from === 'new' ? 'new' : verdicts[from]} → ${verdicts[to]}`),
          ),
        ),
      more > 0 ? h('li', { class: 'quiet' }, `and ${more} more`) : null,
    ),
    h(
      'p',
      { class: 'quiet' },
      'Until you agree, training leaves them to the teacher, and keeps what was kept instead of dropping it.',
    ),
  );
}

function builtFor(student: TaskState['student']): string {
  if (student === null) return '';
  if (student.signed === null) return ' The student was built for a set that nobody had agreed to.';
  const { by, atMs, waiting } = student.signed;
  const left = waiting === 0 ? '' : `, without ${plural(waiting, 'later change')}`;
  return ` The student was built for the set that ${by} agreed to on ${day(atMs)}${left}.`;
}
