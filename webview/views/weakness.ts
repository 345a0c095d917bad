import type { TaskState } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { count, interval, percent } from '../format.ts';
import type { Controls, Model } from '../model.ts';
import { section } from './section.ts';

type Bucket = NonNullable<NonNullable<TaskState['student']>['report']>['buckets'][number];

const WORST = 6;

/** Where the student is weak: a tile per kind of call, then the weakest with their intervals. */
export function weaknessMap(model: Model, task: TaskState, controls: Controls): Child {
  const buckets = task.student?.report?.buckets ?? [];
  if (buckets.length < 2) return null;
  const sorted = [...buckets].sort((a, b) => a.agreement.rate - b.agreement.rate || b.n - a.n);
  const names = new Map(task.capabilities.map((capability) => [capability.id, capability.name]));
  const nameOf = (bucket: Bucket): string =>
    names.get(bucket.bucket) ?? bucket.bucket.replace(/^\w[\w-]*:/, '');
  return section(
    model,
    controls,
    { name: 'weakness', title: 'Weakness Map', note: `${buckets.length} kinds of calls`, openAtFirst: true },
    () => [
      h(
        'div',
        { class: 'tiles', 'aria-hidden': 'true' },
        sorted.map((bucket) => tile(bucket, nameOf(bucket))),
      ),
      h(
        'div',
        { class: 'tile-scale quiet', 'aria-hidden': 'true' },
        h('span', null, 'weak'),
        h('span', null, 'strong'),
      ),
      h(
        'ul',
        { class: 'whiskers', 'aria-label': 'Weakest first' },
        sorted.slice(0, WORST).map((bucket) => whisker(bucket, nameOf(bucket))),
      ),
    ],
  );
}

/** Five steps are as many as the eye tells apart at this size. */
function grade(rate: number): number {
  return rate >= 0.98 ? 5 : rate >= 0.95 ? 4 : rate >= 0.9 ? 3 : rate >= 0.75 ? 2 : 1;
}

function tile(bucket: Bucket, name: string): Tree {
  const title = `${name}: ${percent(bucket.agreement.rate)} agree (${interval(bucket.agreement)})`;
  return h('span', { key: bucket.bucket, class: `tile grade-${grade(bucket.agreement.rate)}`, title });
}

function whisker({ bucket, agreement, n, served }: Bucket, name: string): Tree {
  const share = (value: number): string => `${(value * 100).toFixed(1)}%`;
  const style = `inset-inline-start:${share(agreement.lower)};inline-size:${share(agreement.upper - agreement.lower)}`;
  return h(
    'li',
    { key: bucket },
    h('span', { class: 'whisker-name' }, name),
    h('span', { class: 'whisker-rate' }, percent(agreement.rate, 0)),
    h(
      'span',
      { class: 'whisker', 'aria-hidden': 'true' },
      h('span', { class: 'whisker-span', style }),
      h('span', {
        class: `whisker-dot grade-${grade(agreement.rate)}`,
        style: `inset-inline-start:${share(agreement.rate)}`,
      }),
    ),
    h(
      'span',
      { class: 'quiet whisker-note' },
      `${interval(agreement)}, ${served === 0 ? 'left to the teacher' : `${count(served)} of ${count(n)} answered`}`,
    ),
  );
}
