import type { TaskState } from '../../src/protocol.ts';
import { h, type Tree } from '../dom.ts';
import type { Controls, Model } from '../model.ts';
import { modes } from '../words.ts';

/** Who answers: one choice of four, from the safest to the boldest. Arrow keys move, as in any radio group. */
export function modeSwitch(model: Model, task: TaskState, controls: Controls): Tree {
  const busy = model.pending.has(`task.setMode:${task.id}`);
  const current = modes.find((entry) => entry.mode === task.mode) ?? modes[0];
  return h(
    'div',
    { key: 'mode', class: 'mode' },
    h('div', { class: 'label', id: 'mode-label' }, 'Who answers'),
    h(
      'div',
      {
        class: 'segments',
        role: 'radiogroup',
        'aria-labelledby': 'mode-label',
        'aria-busy': busy,
        on: { keydown: arrows },
      },
      modes.map(({ mode, label, detail }) => {
        const obstacle = obstacleTo(task, mode);
        return h(
          'button',
          {
            type: 'button',
            role: 'radio',
            class: 'segment',
            'data-mode': mode,
            'aria-checked': String(mode === task.mode),
            'aria-disabled': obstacle === null ? null : 'true',
            tabindex: mode === task.mode ? '0' : '-1',
            title: obstacle ?? detail,
            on: {
              click: () =>
                obstacle === null &&
                mode !== task.mode &&
                void controls.act('task.setMode', { taskId: task.id, mode }),
            },
          },
          label,
        );
      }),
    ),
    h(
      'p',
      { class: 'quiet', 'aria-live': 'polite' },
      task.student === null || isDeclined(task) ? 'The other three need a student.' : (current?.detail ?? ''),
    ),
  );
}

function isDeclined({ student }: TaskState): boolean {
  return student?.outcome.kind === 'refused' && student.report === null;
}

function obstacleTo(task: TaskState, mode: TaskState['mode']): string | null {
  if (mode === 'off') return null;
  if (task.student === null) return 'Train a student first.';
  if (isDeclined(task)) return 'This task was declined before training: there is no student.';
  if (mode !== 'shadow' && task.student.outcome.kind === 'refused')
    return 'This student is not certified; it can only shadow.';
  return null;
}

/** Moves the focus; Space or Enter chooses, so that nobody switches a task by walking past it. */
function arrows(event: Event): void {
  const { key } = event as KeyboardEvent;
  const step =
    key === 'ArrowRight' || key === 'ArrowDown' ? 1 : key === 'ArrowLeft' || key === 'ArrowUp' ? -1 : 0;
  if (step === 0) return;
  event.preventDefault();
  const group = event.currentTarget as HTMLElement;
  const all = [...group.querySelectorAll<HTMLElement>('[role=radio]')];
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[(at + step + all.length) % all.length]?.focus();
}
