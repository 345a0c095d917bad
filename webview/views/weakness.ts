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
  // The most surely weak first: a kind seen twice is not the weakest for having failed once.
  const sorted = buckets
    .filter((bucket) => bucket.agreement.n > 0)
    .sort((a, b) => a.agreement.upper - b.agreement.upper || a.agreement.rate - b.agreement.rate);
  const unknown = buckets.filter((bucket) => bucket.agreement.n === 0);
  if (sorted.length === 0) return null;
  const names = new Map(task.capabilities.map((capability) => [capability.id, capability.name]));
  const nameOf = (bucket: Bucket): string =>
    names.get(bucket.bucket) ?? bucket.bucket.replace(/^\w[\w-]*:/, '');
  return section(
    model,
    controls,
    { name: 'weakness', title: 'Weakness Map', note: `${buckets.length} kinds of calls`, openAtFirst: true },
    () => {
      const worst = sorted.slice(0, WORST);
      const from = Math.floor(Math.min(...worst.map((bucket) => bucket.agreement.lower)) * 10) / 10;
      return [
        h(
          'div',
          { class: 'tiles', 'aria-hidden': 'true' },
          [...sorted, ...unknown].map((bucket) => tile(bucket, nameOf(bucket))),
        ),
        h(
          'ul',
          { class: 'whiskers', 'aria-label': 'Weakest first' },
          worst.map((bucket) => whisker(bucket, nameOf(bucket), from)),
        ),
        h(
          'div',
          { class: 'scale quiet', 'aria-hidden': 'true' },
          h('span', null, percent(from, 0)),
          h('span', null, 'agreement'),
          h('span', null, '100 %'),
        ),
      ];
    },
  );
}

/** Five steps are as many as the eye tells apart at this size. */
function grade(rate: number): number {
  return rate >= 0.98 ? 5 : rate >= 0.95 ? 4 : rate >= 0.9 ? 3 : rate >= 0.75 ? 2 : 1;
}

function tile(bucket: Bucket, name: string): Tree {
  const { agreement } = bucket;
  if (agreement.n === 0)
    return h('span', { key: bucket.bucket, class: 'tile', title: `${name}: nothing to judge it by yet` });
  const title = `${name}: ${percent(agreement.rate)} agree (${interval(agreement)})`;
  return h('span', { key: bucket.bucket, class: `tile grade-${grade(agreement.rate)}`, title });
}

/** Rate and exact interval on a scale that begins at `from`. */
function whisker({ bucket, agreement, n, served }: Bucket, name: string, from: number): Tree {
  const share = (value: number): string => `${(((value - from) / (1 - from)) * 100).toFixed(1)}%`;
  const left = share(agreement.lower);
  const style = `inset-inline-start:${left};inset-inline-end:calc(100% - ${share(agreement.upper)})`;
  const title =
    served === 0 ? 'Left to the teacher' : `${count(served)} of ${count(n)} answered by the student`;
  return h(
    'li',
    { key: bucket, title },
    h(
      'span',
      { class: 'whisker-name' },
      name,
      served === 0 ? h('span', { class: 'quiet' }, ' · teacher') : null,
    ),
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
    h('span', { class: 'quiet whisker-note' }, interval(agreement)),
  );
}
