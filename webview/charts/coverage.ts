import { type Verdict, verdictStyle } from './capabilities.ts';
import {
  accent,
  el,
  ink,
  label,
  line,
  linear,
  muted,
  picture,
  round,
  soft,
  surface,
  ticks,
  tip,
} from './svg.ts';
import { count, cut, percent, plural } from './words.ts';

export interface CoveragePoint {
  readonly capabilities: number;
  /** Share of the traffic that needs these capabilities only. */
  readonly coverage: number;
  /** The capability that was added last. */
  readonly name: string | null;
  readonly verdict: Verdict | null;
}

export interface Coverage {
  /** Kept capabilities first, then what the others would add. */
  readonly points: readonly CoveragePoint[];
  /** Capabilities that never fired: they would add nothing. */
  readonly silent: number;
}

/** Words beside the curve need this much room. */
const wordWidth = 190;

/** Coverage of the traffic against the number of capabilities: the kept set as a filled step curve, the rest beyond it. */
export function coverageChart({ points, silent }: Coverage, { width = 1040, height = 280 } = {}): string {
  const [left, right, top, bottom] = [58, width - 20, 22, height - 44];
  const sorted = [...points].sort((a, b) => a.capabilities - b.capabilities || a.coverage - b.coverage);
  const used = sorted.at(-1)?.capabilities ?? 0;
  const all = Math.max(1, used + silent);
  const x = linear([0, all], [left, right]);
  const y = linear([0, 1], [bottom, top]);
  const end = sorted.findLastIndex((point) => point.verdict === 'keep');
  const kept = sorted.slice(0, end + 1);
  const rest = sorted.slice(Math.max(0, end));
  const mark = kept.at(-1);
  const most = sorted.at(-1)?.coverage ?? 0;
  return picture(
    { width, height, description: describe(mark, sorted.at(-1), silent) },
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (share) =>
        el('line', { x1: left, x2: right, y1: y(share), y2: y(share), stroke: line }) +
        label(left - 10, y(share) + 4, percent(share, 0), { size: 11, anchor: 'end' }),
    ),
    ...ticks(all, 6)
      .filter(Number.isInteger)
      .map((n) => label(x(n), bottom + 18, count(n), { size: 11, anchor: 'middle' })),
    label(right, bottom + 36, 'capabilities', { size: 11.5, anchor: 'end' }),
    label(left, top - 9, 'calls that need no others', { size: 11.5 }),
    kept.length < 2 ? '' : el('path', { d: area(kept, x, y), fill: soft }),
    kept.length < 2
      ? ''
      : el('path', { d: steps(kept, x, y), fill: 'none', stroke: accent, 'stroke-width': 2.5 }),
    rest.length < 2
      ? ''
      : el('path', { d: steps(rest, x, y), fill: 'none', stroke: muted, 'stroke-width': 1.5 }),
    silent === 0 ? '' : beyond(x(used), right, y(most), silent),
    ...sorted.filter((point) => point.name !== null).map((point) => dot(point, sorted, x, y)),
    mark === undefined ? '' : marker(mark, x(mark.capabilities), y, [left, right], bottom),
  );
}

function describe(mark: CoveragePoint | undefined, last: CoveragePoint | undefined, silent: number): string {
  const never = silent === 0 ? '' : `; ${count(silent)} more never fired`;
  const whole = `All ${count(last?.capabilities ?? 0)} that were used cover ${percent(last?.coverage ?? 0)}${never}.`;
  if (mark === undefined) return `No capability is kept. ${whole}`;
  return `${plural(mark.capabilities, 'kept capability', 'kept capabilities')} cover ${percent(mark.coverage)} of the calls. ${whole}`;
}

/** Coverage stays until a further capability is there, then jumps. */
function steps(points: readonly CoveragePoint[], x: (n: number) => number, y: (n: number) => number): string {
  return points
    .map(({ capabilities, coverage }, i) =>
      i === 0
        ? `M${round(x(capabilities))} ${round(y(coverage))}`
        : `H${round(x(capabilities))}V${round(y(coverage))}`,
    )
    .join('');
}

function area(points: readonly CoveragePoint[], x: (n: number) => number, y: (n: number) => number): string {
  return `${steps(points, x, y)}V${round(y(0))}H${round(x(points[0]?.capabilities ?? 0))}Z`;
}

/** What never fired: the curve goes on level. */
function beyond(from: number, to: number, y: number, silent: number): string {
  const words = `${count(silent)} never fired`;
  const room = to - from > 84;
  return el(
    'g',
    {},
    tip(`${words}: they would add nothing`),
    el('line', {
      x1: from,
      x2: to,
      y1: y,
      y2: y,
      stroke: muted,
      'stroke-width': 1.5,
      'stroke-dasharray': '2 4',
    }),
    room ? label(to, y + 18, words, { size: 11.5, anchor: 'end' }) : '',
  );
}

function dot(
  point: CoveragePoint,
  all: readonly CoveragePoint[],
  x: (n: number) => number,
  y: (n: number) => number,
): string {
  const { fill, stroke } = verdictStyle[point.verdict ?? 'keep'];
  const gain = point.coverage - (all[all.indexOf(point) - 1]?.coverage ?? 0);
  const others = point.verdict === 'keep' ? '' : `, ${point.verdict}`;
  return el(
    'g',
    {},
    tip(`${cut(point.name ?? '', 60)}: ${percent(gain)} more, ${percent(point.coverage)} together${others}`),
    el('circle', {
      cx: x(point.capabilities),
      cy: y(point.coverage),
      r: all.length > 60 ? 2 : 3.5,
      fill,
      stroke: fill === surface ? stroke : surface,
      'stroke-width': all.length > 60 ? 0.5 : 1.5,
    }),
  );
}

function marker(
  { capabilities, coverage }: CoveragePoint,
  x: number,
  y: (n: number) => number,
  [left, right]: readonly [number, number],
  bottom: number,
): string {
  const anchor = x - left > wordWidth ? 'end' : 'start';
  const beside = anchor === 'end' ? x - 14 : Math.min(x + 14, right);
  // Inside the area under the curve, where there is one; above the curve where it is low.
  const at = coverage > 0.4 ? bottom - 40 : y(coverage) - 36;
  return el(
    'g',
    {},
    tip(`${plural(capabilities, 'kept capability', 'kept capabilities')}: ${percent(coverage)} of the calls`),
    el('line', { x1: x, x2: x, y1: y(coverage), y2: bottom, stroke: accent, 'stroke-dasharray': '4 4' }),
    el('circle', { cx: x, cy: y(coverage), r: 6.5, fill: accent, stroke: surface, 'stroke-width': 2 }),
    label(beside, at, `${count(capabilities)} kept`, { size: 15, fill: ink, weight: 600, anchor }),
    label(beside, at + 18, `${percent(coverage)} of the calls`, { size: 12.5, anchor }),
  );
}
