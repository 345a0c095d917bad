import { accent, el, label, line, linear, picture, quiet, ticks, tip } from './svg.ts';
import { count, plural } from './words.ts';

export interface TrafficDay {
  /** `2026-11-02`. */
  readonly day: string;
  readonly calls: number;
  readonly local: number;
}

const day = 86_400_000;

/** Calls a day: those answered here below, the teacher's above. Days without calls are gaps. */
export function trafficChart(days: readonly TrafficDay[], { width = 1040, height = 180 } = {}): string {
  const sorted = [...days].sort((a, b) => (a.day < b.day ? -1 : 1));
  const [left, right, top, bottom] = [52, width - 8, 10, height - 30];
  const most = Math.max(1, ...sorted.map((d) => d.calls));
  const y = linear([0, most], [bottom, top]);
  const first = Date.parse(sorted[0]?.day ?? '2026-01-01');
  const slots = Math.max(1, Math.round((Date.parse(sorted.at(-1)?.day ?? '2026-01-01') - first) / day) + 1);
  const step = (right - left) / slots;
  const column = Math.min(36, step * 0.72);
  const every = Math.max(1, Math.ceil(slots / (width / 110)));
  const total = sorted.reduce((sum, d) => sum + d.calls, 0);
  const local = sorted.reduce((sum, d) => sum + d.local, 0);
  return picture(
    {
      width,
      height,
      description: `${plural(total, 'call')} on ${plural(sorted.length, 'day')}, ${count(local)} of them answered locally.`,
    },
    ...ticks(most, 3).map(
      (n) =>
        el('line', { x1: left, x2: right, y1: y(n), y2: y(n), stroke: line }) +
        label(left - 9, y(n) + 4, count(n), { size: 11, anchor: 'end' }),
    ),
    ...sorted.map((d) => {
      const x = left + (Math.round((Date.parse(d.day) - first) / day) + 0.5) * step - column / 2;
      const rx = Math.min(2, column / 4);
      return el(
        'g',
        {},
        tip(`${shortDay(d.day)}: ${plural(d.calls, 'call')}, ${count(d.local)} answered locally`),
        el('rect', { x, y: y(d.calls), width: column, height: bottom - y(d.calls), fill: quiet, rx }),
        d.local > 0
          ? el('rect', { x, y: y(d.local), width: column, height: bottom - y(d.local), fill: accent, rx })
          : '',
      );
    }),
    ...Array.from({ length: Math.ceil(slots / every) }, (_, i) => i * every).map((slot) =>
      label(
        left + (slot + 0.5) * step,
        bottom + 19,
        shortDay(new Date(first + slot * day).toISOString().slice(0, 10)),
        {
          size: 11,
          anchor: 'middle',
        },
      ),
    ),
  );
}

/** `2 Nov`. */
function shortDay(day: string): string {
  const [, month = '1', date = '1'] = day.split('-');
  return `${Number(date)} ${'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')[Number(month) - 1] ?? ''}`;
}
