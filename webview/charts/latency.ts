import { accent, el, ink, label, line, logarithmic, muted, picture, surface, tip } from './svg.ts';
import { milliseconds } from './words.ts';

export interface LatencyRow {
  readonly name: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly local: boolean;
}

/** From the median to the 99th percentile on a logarithmic axis, one row per answerer. */
export function latencyChart(rows: readonly LatencyRow[], { width = 520 } = {}): string {
  const [left, right, top, row] = [84, width - 24, 14, 64];
  const height = top + rows.length * row + 30;
  const least = Math.min(...rows.map((r) => r.p50Ms));
  const most = Math.max(...rows.map((r) => r.p99Ms));
  const from = 10 ** Math.floor(Math.log10(Math.max(0.1, least) * 0.999));
  const to = 10 ** Math.ceil(Math.log10(Math.max(from * 10, most) * 1.001));
  const x = logarithmic([from, to], [left, right]);
  const marks: number[] = [];
  for (let ms = from; ms <= to * 1.01; ms *= 10) marks.push(ms);
  const bottom = height - 30;
  const description = rows
    .map((r) => `${r.name}: half within ${milliseconds(r.p50Ms)}, 99 % within ${milliseconds(r.p99Ms)}`)
    .join('; ');
  return picture(
    { width, height, description },
    ...marks.map(
      (ms) =>
        el('line', { x1: x(ms), x2: x(ms), y1: top, y2: bottom, stroke: line }) +
        label(x(ms), bottom + 18, axisTime(ms), { size: 11, anchor: 'middle' }),
    ),
    ...rows.map((r, i) => {
      const y = top + i * row + row / 2 + 6;
      const colour = r.local ? accent : muted;
      const near = x(r.p99Ms) - x(r.p50Ms) < 60;
      return el(
        'g',
        {},
        tip(`${r.name}: median ${milliseconds(r.p50Ms)}, 99 % within ${milliseconds(r.p99Ms)}`),
        label(left - 14, y + 4, r.name, { size: 13, fill: ink, weight: 600, anchor: 'end' }),
        el('line', {
          x1: x(r.p50Ms),
          x2: x(r.p99Ms),
          y1: y,
          y2: y,
          stroke: colour,
          'stroke-width': 8,
          'stroke-opacity': 0.3,
          'stroke-linecap': 'round',
        }),
        el('circle', { cx: x(r.p50Ms), cy: y, r: 7, fill: colour, stroke: surface, 'stroke-width': 2 }),
        el('circle', { cx: x(r.p99Ms), cy: y, r: 4, fill: colour }),
        label(x(r.p50Ms), y - 16, milliseconds(r.p50Ms), {
          size: 12.5,
          fill: ink,
          weight: 600,
          anchor: near ? 'end' : 'middle',
        }),
        label(near ? x(r.p99Ms) + 2 : x(r.p99Ms), y - 16, milliseconds(r.p99Ms), {
          size: 11.5,
          anchor: near ? 'start' : 'middle',
        }),
      );
    }),
  );
}

function axisTime(ms: number): string {
  if (ms >= 1000) return `${ms / 1000} s`;
  return ms < 1 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
