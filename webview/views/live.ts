import type { TaskState } from '../../src/protocol.ts';
import { type Child, h } from '../dom.ts';
import { count, dollars, interval, milliseconds, percent, priceDate } from '../format.ts';
import { reasons } from '../words.ts';
import { figure, figures } from './figure.ts';

/** What happened since the task was switched: the share answered here, and why the rest was not. */
export function live(task: TaskState): Child {
  const { answeredLocally: local, audited, saved } = task.live;
  if (local.n === 0) return null;
  return h(
    'section',
    { key: 'live', class: 'block', 'aria-label': 'Live traffic' },
    h('h3', null, 'Live'),
    figures(
      figure({
        label: 'Answered locally',
        value: percent(local.rate),
        note: `${count(local.hits)} of ${count(local.n)} calls`,
        tone: 'good',
      }),
      figure({
        label: 'Student, median',
        value: milliseconds(task.live.studentP50Ms),
        note: `teacher ${milliseconds(task.live.teacherP50Ms)}`,
        title: `99 % within ${milliseconds(task.live.studentP99Ms)}; teacher ${milliseconds(task.live.teacherP99Ms)}`,
      }),
      audited.n === 0
        ? null
        : figure({ label: 'Audits that disagree', value: percent(audited.rate), note: interval(audited) }),
      saved === 0 ? null : figure({ label: 'Saved so far', value: dollars(saved), note: priceDate(task) }),
    ),
    reasonBars(task),
  );
}

function reasonBars({ live: { byReason } }: TaskState): Child {
  const rows = Object.entries(byReason).sort((a, b) => b[1] - a[1]);
  const total = rows.reduce((sum, [, n]) => sum + n, 0);
  if (total === 0 || rows.length < 2) return null;
  return h(
    'ul',
    { class: 'reasons', 'aria-label': 'Where the calls went' },
    rows
      .slice(0, 6)
      .map(([reason, n]) =>
        h(
          'li',
          { key: reason },
          h('span', { class: 'reason-name' }, reasons[reason] ?? reason),
          h('span', { class: 'reason-count' }, `${count(n)} · ${percent(n / total, 0)}`),
          h(
            'span',
            { class: `bar bar-${reason === 'served' ? 'good' : 'plain'}`, 'aria-hidden': 'true' },
            h('span', { class: 'bar-fill', style: `inline-size:${((n / total) * 100).toFixed(1)}%` }),
          ),
        ),
      ),
  );
}
