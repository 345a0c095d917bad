import type { JobState } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { percent } from '../format.ts';
import type { Controls } from '../model.ts';
import { bar } from './taskList.ts';

const WIDTH = 260;
const HEIGHT = 64;

/** Work under way: how far, what it does now, and how the learning goes. */
export function jobCard(job: JobState, controls: Controls): Tree {
  const { taskId } = job;
  return h(
    'section',
    { key: `job-${job.id}`, class: 'job', 'aria-label': job.title },
    h(
      'div',
      { class: 'job-head' },
      h('strong', null, job.title),
      h('span', { class: 'quiet' }, percent(job.fraction, 0)),
    ),
    h(
      'div',
      {
        role: 'progressbar',
        'aria-valuemin': '0',
        'aria-valuemax': '100',
        'aria-valuenow': String(Math.round(job.fraction * 100)),
        'aria-label': job.title,
      },
      bar(job.fraction, 'busy'),
    ),
    h('p', { class: 'quiet', 'aria-live': 'polite' }, job.message),
    curve(job),
    job.cancellable && taskId !== null
      ? h(
          'vscode-button',
          {
            appearance: 'secondary',
            class: 'compact',
            on: { click: () => void controls.act('student.cancelTraining', { taskId }) },
          },
          'Cancel',
        )
      : null,
  );
}

/** Loss by step, training and validation, on one scale. */
function curve({ curve: points }: JobState): Child {
  const finite = points.filter((point) => Number.isFinite(point.loss));
  if (finite.length < 2) return null;
  const held = finite.filter((point) => point.validation !== null);
  const values = finite.flatMap((point) =>
    point.validation === null ? [point.loss] : [point.loss, point.validation],
  );
  const top = Math.max(...values) || 1;
  const last = finite.at(-1);
  const lastStep = Math.max(1, last?.step ?? 1);
  const path = (list: readonly { readonly step: number; readonly value: number }[]): string =>
    list
      .map(
        ({ step, value }, i) =>
          `${i === 0 ? 'M' : 'L'}${((step / lastStep) * WIDTH).toFixed(1)} ${(HEIGHT - (value / top) * (HEIGHT - 2)).toFixed(1)}`,
      )
      .join(' ');
  return h(
    'figure',
    { class: 'chart' },
    h(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        preserveAspectRatio: 'none',
        'aria-label': `Loss ${last?.loss.toFixed(3) ?? ''} after ${lastStep} steps`,
      },
      h('path', { class: 'chart-line', d: path(finite.map(({ step, loss }) => ({ step, value: loss }))) }),
      held.length < 2
        ? null
        : h('path', {
            class: 'chart-line chart-second',
            d: path(held.map(({ step, validation }) => ({ step, value: validation ?? 0 }))),
          }),
    ),
    h(
      'figcaption',
      { class: 'quiet' },
      h(
        'span',
        null,
        h('i', { class: 'key key-first' }),
        'training loss ',
        last === undefined ? '' : last.loss.toFixed(3),
      ),
      held.length < 2 ? null : h('span', null, h('i', { class: 'key key-second' }), 'validation'),
    ),
  );
}
