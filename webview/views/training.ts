import type { JobState } from '../../src/protocol.ts';
import { learnedParts, oneAfterTheOther } from '../charts/learning.ts';
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
    // Until there is more to say, the title says it.
    job.message === job.title ? null : h('p', { class: 'quiet', 'aria-live': 'polite' }, job.message),
    job.plan === null ? null : h('p', { class: 'quiet plan' }, job.plan),
    curve(job),
    parts(job),
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

/** Each part that learns: its loss, and where it was stopped before its time, when and why. */
function parts({ curve: points }: JobState): Child {
  const learned = learnedParts(points.filter((point) => Number.isFinite(point.loss)));
  if (learned.length === 0) return null;
  return h(
    'ul',
    { class: 'parts quiet' },
    learned.map(({ name, loss, validation, ended }, i) =>
      h(
        'li',
        { key: `part-${i}` },
        h('span', null, name),
        h(
          'span',
          { class: 'losses', title: 'Loss while learning · lowest on calls kept aside' },
          validation === null ? loss.toFixed(2) : `${loss.toFixed(2)} · ${validation.toFixed(2)}`,
        ),
        ended === null ? null : h('small', null, ended),
      ),
    ),
  );
}

/** Loss by step, training and validation, on one scale; a line per part that learns, one after the other. */
function curve({ curve: points }: JobState): Child {
  const networks = oneAfterTheOther(points.filter((point) => Number.isFinite(point.loss)));
  const finite = networks.flat();
  if (finite.length < 2) return null;
  const held = finite.filter((point) => point.validation !== null);
  const values = finite.flatMap((point) =>
    point.validation === null ? [point.loss] : [point.loss, point.validation],
  );
  const top = Math.max(...values) || 1;
  const last = finite.at(-1);
  const lastStep = Math.max(1, last?.step ?? 1);
  const firstStep = Math.min(finite[0]?.step ?? 0, lastStep - 1);
  const x = (step: number): number => ((step - firstStep) / (lastStep - firstStep)) * WIDTH;
  const path = (list: readonly { readonly step: number; readonly value: number }[]): string =>
    list
      .map(
        ({ step, value }, i) =>
          `${i === 0 ? 'M' : 'L'}${x(step).toFixed(1)} ${(HEIGHT - (value / top) * (HEIGHT - 2)).toFixed(1)}`,
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
        'aria-label': `Loss of ${last?.series ?? ''}: ${last?.loss.toFixed(3) ?? ''} after ${lastStep} steps`,
      },
      networks.slice(0, -1).map((network, i) => {
        const at = x(network.at(-1)?.step ?? lastStep).toFixed(1);
        return h('line', { key: `end-${i}`, class: 'chart-end', x1: at, x2: at, y1: 0, y2: HEIGHT });
      }),
      networks.map((network, i) =>
        h('path', {
          key: `loss-${i}`,
          class: 'chart-line',
          d: path(network.map(({ step, loss }) => ({ step, value: loss }))),
        }),
      ),
      networks.map((network, i) =>
        h('path', {
          key: `held-${i}`,
          class: 'chart-line chart-second',
          d: path(
            network.flatMap(({ step, validation }) =>
              validation === null ? [] : [{ step, value: validation }],
            ),
          ),
        }),
      ),
    ),
    h(
      'figcaption',
      { class: 'quiet' },
      h('span', null, h('i', { class: 'key key-first' }), 'loss'),
      held.length < 2
        ? null
        : h('span', null, h('i', { class: 'key key-second' }), 'on calls kept aside (validation)'),
    ),
  );
}
