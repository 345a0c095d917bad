import { accent, el, ink, label, line, linear, muted, picture, surface, tip } from './svg.ts';
import { count, cut, interval, percent, type Rate } from './words.ts';

export interface BucketRow {
  readonly name: string;
  readonly agreement: Rate;
  readonly served: boolean;
}

/** Agreement with its exact interval, one row per slice of the traffic, the weakest first. */
export function bucketChart(buckets: readonly BucketRow[], { width = 520, rows = 10 } = {}): string {
  const weakest = [...buckets]
    .sort((a, b) => a.agreement.rate - b.agreement.rate || b.agreement.n - a.agreement.n)
    .slice(0, rows);
  const [left, right, row, top] = [176, width - 56, 26, 8];
  const bottom = top + weakest.length * row;
  const x = linear([0, 1], [left, right]);
  return picture(
    {
      width,
      height: bottom + 28,
      description: `Weakest first: ${weakest.map((b) => `${b.name} ${percent(b.agreement.rate, 0)} of ${b.agreement.n}`).join('; ')}.`,
    },
    ...[0, 0.5, 1].map(
      (share) =>
        el('line', { x1: x(share), x2: x(share), y1: top, y2: bottom, stroke: line }) +
        label(x(share), bottom + 18, percent(share, 0), { size: 11, anchor: 'middle' }),
    ),
    ...weakest.map(({ name, agreement, served }, i) => {
      const y = top + i * row + row / 2;
      const colour = served ? accent : muted;
      return el(
        'g',
        {},
        tip(
          `${name}: ${percent(agreement.rate)} agree, ${interval(agreement)}${served ? '' : '; stays with the teacher'}`,
        ),
        label(left - 14, y + 4, cut(name, 24), { size: 12, fill: ink, anchor: 'end' }),
        el('line', {
          x1: x(agreement.lower),
          x2: x(agreement.upper),
          y1: y,
          y2: y,
          stroke: colour,
          'stroke-width': 2,
          'stroke-opacity': 0.45,
        }),
        el('circle', {
          cx: x(agreement.rate),
          cy: y,
          r: 4.5,
          fill: served ? colour : surface,
          stroke: colour,
          'stroke-width': 2,
        }),
        label(width - 4, y + 4, count(agreement.n), { size: 11, anchor: 'end' }),
      );
    }),
  );
}
