import { accent, el, label, line, linear, muted, path, picture, ticks } from './svg.ts';
import { count, percent } from './words.ts';

export interface LearningPoint {
  readonly step: number;
  readonly loss: number;
  /** Share of validation calls that agree. */
  readonly validation: number | null;
}

/** Training: the loss falling, agreement on validation calls rising, each on its own axis. */
export function learningChart(points: readonly LearningPoint[], { width = 520, height = 330 } = {}): string {
  const [left, right, top, bottom] = [52, width - 52, 18, height - 44];
  const steps = Math.max(1, ...points.map((point) => point.step));
  const highest = Math.max(1e-9, ...points.map((point) => point.loss));
  const x = linear([0, steps], [left, right]);
  const loss = linear([0, highest], [bottom, top]);
  const agreement = linear([0, 1], [bottom, top]);
  const checked = points.flatMap(({ step, validation }) =>
    validation === null ? [] : [{ step, validation }],
  );
  const best = checked.reduce((most, point) => Math.max(most, point.validation), 0);
  const end = checked.at(-1);
  return picture(
    {
      width,
      height,
      description: `Loss falls from ${points[0]?.loss.toFixed(2) ?? '0'} to ${points.at(-1)?.loss.toFixed(2) ?? '0'} in ${count(steps)} steps; validation agreement reaches ${percent(best)}.`,
    },
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (share) =>
        el('line', { x1: left, x2: right, y1: agreement(share), y2: agreement(share), stroke: line }) +
        label(right + 9, agreement(share) + 4, percent(share, 0), { size: 11, fill: accent }),
    ),
    ...ticks(highest, 4).map((value) =>
      label(left - 9, loss(value) + 4, round(value), { size: 11, anchor: 'end' }),
    ),
    ...ticks(steps, 4).map((step) =>
      label(x(step), bottom + 18, count(step), { size: 11, anchor: 'middle' }),
    ),
    label(right, bottom + 36, 'steps', { size: 11.5, anchor: 'end' }),
    label(left, top - 6, 'loss', { size: 11.5 }),
    label(right, top - 6, 'validation agreement', { size: 11.5, fill: accent, anchor: 'end' }),
    el('path', {
      d: path(points.map((p) => [x(p.step), loss(p.loss)])),
      fill: 'none',
      stroke: muted,
      'stroke-width': 1.5,
      'stroke-opacity': 0.7,
    }),
    el('path', {
      d: path(checked.map((p) => [x(p.step), agreement(p.validation)])),
      fill: 'none',
      stroke: accent,
      'stroke-width': 2.5,
      'stroke-linejoin': 'round',
    }),
    end === undefined
      ? ''
      : el('circle', { cx: x(end.step), cy: agreement(end.validation), r: 4.5, fill: accent }),
  );
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
