import { accent, el, label, line, linear, path, picture, quiet, surface, tip } from './svg.ts';
import { count, percent } from './words.ts';

export interface ReliabilityBin {
  readonly confidence: number;
  readonly agreement: number;
  readonly n: number;
}

/** Does "90 % sure" agree nine times in ten? One point per group of calls, on the diagonal where the student is honest. */
export function reliabilityChart(
  bins: readonly ReliabilityBin[],
  { width = 520, height = 330 } = {},
): string {
  const [left, right, top, bottom] = [52, width - 16, 18, height - 44];
  const x = linear([0, 1], [left, right]);
  const y = linear([0, 1], [bottom, top]);
  const most = Math.max(1, ...bins.map((bin) => bin.n));
  const description = `Agreement by confidence: ${bins.map((bin) => `${percent(bin.confidence, 0)} sure, ${percent(bin.agreement, 0)} agree`).join('; ')}.`;
  return picture(
    { width, height, description },
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (share) =>
        el('line', { x1: left, x2: right, y1: y(share), y2: y(share), stroke: line }) +
        label(left - 9, y(share) + 4, percent(share, 0), { size: 11, anchor: 'end' }) +
        label(x(share), bottom + 18, percent(share, 0), { size: 11, anchor: 'middle' }),
    ),
    label(right, bottom + 36, 'how sure the student was', { size: 11.5, anchor: 'end' }),
    label(left, top - 6, 'agreed with the teacher', { size: 11.5 }),
    el('line', {
      x1: x(0),
      y1: y(0),
      x2: x(1),
      y2: y(1),
      stroke: quiet,
      'stroke-width': 1.5,
      'stroke-dasharray': '4 4',
    }),
    el('path', {
      d: path(bins.map((bin) => [x(bin.confidence), y(bin.agreement)])),
      fill: 'none',
      stroke: accent,
      'stroke-opacity': 0.4,
      'stroke-width': 1.5,
    }),
    ...bins.map((bin) =>
      el(
        'g',
        {},
        tip(`${percent(bin.confidence)} sure: ${percent(bin.agreement)} of ${count(bin.n)} agree`),
        el('circle', {
          cx: x(bin.confidence),
          cy: y(bin.agreement),
          r: 3 + 3.5 * Math.sqrt(bin.n / most),
          fill: accent,
          stroke: surface,
          'stroke-width': 1.5,
        }),
      ),
    ),
  );
}
