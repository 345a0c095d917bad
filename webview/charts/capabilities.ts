import { accent, el, ink, label, line, logarithmic, muted, picture, quiet, surface, tip } from './svg.ts';
import { count, cut, percent, plural } from './words.ts';

export type Verdict = 'keep' | 'route' | 'drop' | 'not yet';

/** Something the teacher offers: how often it fired, and how often it might have. */
export interface Offered {
  readonly name: string;
  readonly verdict: Verdict;
  readonly fired: number;
  readonly opportunities: number;
  readonly rate: number;
  /** Upper bound on the rate. */
  readonly upper: number;
}

export const verdicts: readonly Verdict[] = ['keep', 'route', 'not yet', 'drop'];

/** Fill and outline of a verdict: kept is solid, what stays with the teacher is quiet, what is open or dropped is hollow. */
export const verdictStyle: Readonly<Record<Verdict, { readonly fill: string; readonly stroke: string }>> = {
  keep: { fill: accent, stroke: accent },
  route: { fill: quiet, stroke: muted },
  'not yet': { fill: surface, stroke: accent },
  drop: { fill: surface, stroke: quiet },
};

/**
 * Every capability as one column on a logarithmic share of traffic, most used first within its verdict: a solid column
 * up to the share it fired in, a thin line up to the exact upper bound. What never fired has only the line.
 */
export function capabilityStrip(offered: readonly Offered[], { width = 1040, height = 250 } = {}): string {
  const sorted = [...offered].sort(
    (a, b) =>
      verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict) || b.rate - a.rate || b.upper - a.upper,
  );
  const [left, bottom, top] = [58, height - 52, 14];
  const smallest = Math.min(1e-2, ...sorted.map((c) => (c.rate > 0 ? c.rate : c.upper)).filter((r) => r > 0));
  // Below one in ten million nobody has the traffic to tell.
  const floor = 10 ** Math.max(-7, Math.floor(Math.log10(smallest)));
  const ceiling = Math.min(
    1,
    10 ** Math.ceil(Math.log10(Math.max(floor * 10, ...sorted.map((c) => c.upper)))),
  );
  const y = logarithmic([floor, ceiling], [bottom, top]);
  const groups = verdicts.filter((verdict) => sorted.some((c) => c.verdict === verdict));
  const gutter = 26;
  const step = (width - left - 8 - gutter * (groups.length - 1)) / Math.max(1, sorted.length);
  const column = Math.min(26, Math.max(1.5, step * 0.68));
  let group = -1;
  let before: Verdict | null = null;
  const columns = sorted.map((capability, i) => {
    if (capability.verdict !== before) group++;
    before = capability.verdict;
    return { capability, x: left + i * step + group * gutter + step / 2 };
  });
  const description = `${plural(offered.length, 'capability', 'capabilities')} offered, ${offered.filter((c) => c.fired > 0).length} fired: ${groups.map((verdict) => `${sorted.filter((c) => c.verdict === verdict).length} ${verdict}`).join(', ')}.`;
  return picture(
    { width, height, description },
    ...grid(floor, ceiling).map(
      (share) =>
        el('line', { x1: left, x2: width, y1: y(share), y2: y(share), stroke: line }) +
        label(left - 10, y(share) + 4, percent(share, 0), { size: 11, anchor: 'end' }),
    ),
    ...columns.map(({ capability, x }) => columnOf(capability, x, column, y, bottom)),
    ...groups.map((verdict) => {
      const own = columns.filter(({ capability }) => capability.verdict === verdict);
      return bracket(verdict, own.length, own[0]!.x - step / 2, own.at(-1)!.x + step / 2, bottom + 12);
    }),
  );
}

function grid(floor: number, ceiling: number): number[] {
  const lines: number[] = [];
  for (let share = ceiling; share >= floor * 0.99; share /= 10) lines.push(share);
  return lines;
}

function columnOf(c: Offered, x: number, width: number, y: (v: number) => number, bottom: number): string {
  const { fill, stroke } = verdictStyle[c.verdict];
  const solid = c.rate > 0;
  const text = `${c.name}: ${c.fired === 0 ? 'never fired' : `fired ${count(c.fired)} times`} in ${plural(c.opportunities, 'call')}, at most ${percent(c.upper)} · ${c.verdict}`;
  return el(
    'g',
    {},
    tip(text),
    // Wider than the column, so that a thin one can be pointed at.
    el('rect', { x: x - width / 2 - 1, y: 0, width: width + 2, height: bottom, fill: 'transparent' }),
    el('line', {
      x1: x,
      x2: x,
      y1: y(c.upper),
      y2: bottom,
      stroke: solid ? muted : stroke,
      'stroke-opacity': solid ? 0.45 : 0.9,
      'stroke-dasharray': solid ? undefined : '2 2',
    }),
    el('line', {
      x1: x - Math.min(4, width / 2),
      x2: x + Math.min(4, width / 2),
      y1: y(c.upper),
      y2: y(c.upper),
      stroke: solid ? muted : stroke,
      'stroke-opacity': solid ? 0.45 : 0.9,
    }),
    solid
      ? el('rect', {
          x: x - width / 2,
          y: y(c.rate),
          width,
          height: Math.max(1, bottom - y(c.rate)),
          fill,
          stroke: width > 4 && fill === surface ? stroke : undefined,
          rx: Math.min(2, width / 3),
        })
      : '',
  );
}

function bracket(verdict: Verdict, n: number, from: number, to: number, y: number): string {
  const { stroke } = verdictStyle[verdict];
  return (
    el('line', { x1: from, x2: Math.max(to, from + 4), y1: y, y2: y, stroke, 'stroke-width': 3 }) +
    label(from, y + 19, count(n), { size: 14, fill: ink, weight: 600 }) +
    label(from, y + 34, verdict, { size: 11.5 })
  );
}

/** The same for a few capabilities, by name: one row each. */
export function capabilityRows(offered: readonly Offered[], { width = 1040, rows = 14 } = {}): string {
  const sorted = [...offered].sort((a, b) => b.rate - a.rate || b.upper - a.upper).slice(0, rows);
  const [left, right, row] = [220, width - 210, 26];
  const height = sorted.length * row + 8;
  const most = Math.max(1e-9, ...sorted.map((c) => Math.min(1, c.upper)));
  const x = (share: number): number => left + (share / most) * (right - left);
  return picture(
    {
      width,
      height,
      description:
        sorted.length === 0
          ? 'Nothing is offered.'
          : sorted.map((c) => `${c.name} ${percent(c.rate)}, ${c.verdict}`).join('; '),
    },
    ...sorted.map((c, i) => {
      const y = i * row + 4;
      const { fill, stroke } = verdictStyle[c.verdict];
      return el(
        'g',
        {},
        tip(
          `${c.name}: fired ${count(c.fired)} times in ${plural(c.opportunities, 'call')}, at most ${percent(c.upper)}`,
        ),
        label(left - 14, y + 16, cut(c.name, 30), { size: 12.5, fill: ink, anchor: 'end' }),
        el('rect', {
          x: left,
          y: y + 5,
          width: Math.max(1, x(c.rate) - left),
          height: 14,
          rx: 2,
          fill,
          stroke: fill === surface ? stroke : undefined,
        }),
        el('line', {
          x1: x(c.rate),
          x2: x(c.upper),
          y1: y + 12,
          y2: y + 12,
          stroke: muted,
          'stroke-opacity': 0.6,
        }),
        el('line', {
          x1: x(c.upper),
          x2: x(c.upper),
          y1: y + 8,
          y2: y + 16,
          stroke: muted,
          'stroke-opacity': 0.6,
        }),
        label(right + 14, y + 16, c.fired === 0 ? `never, ≤ ${percent(c.upper)}` : percent(c.rate), {
          size: 12.5,
          fill: ink,
        }),
        label(width - 8, y + 16, c.verdict, { size: 12, anchor: 'end' }),
      );
    }),
  );
}
