import {
  accent,
  el,
  ink,
  label,
  line,
  linear,
  muted,
  path,
  picture,
  soft,
  surface,
  ticks,
  tip,
  warn,
} from './svg.ts';
import { interval, percent, type Rate } from './words.ts';

export interface RiskCoverage {
  /** Strict to loose: how much would be served and how much of that would differ. */
  readonly points: readonly { readonly coverage: number; readonly risk: number }[];
  /** The promise; null where none was made. */
  readonly epsilon: number | null;
  /** Where the student was switched on: held-out coverage and disagreement; null where it stays with the teacher. */
  readonly served: { readonly coverage: number; readonly disagreement: Rate } | null;
}

/** How much can be answered locally at which share of disagreement, with the promise as a band and the chosen point. */
export function riskCoverageChart(
  { points, epsilon, served }: RiskCoverage,
  { width = 520, height = 330 } = {},
): string {
  const [left, right, top, bottom] = [52, width - 16, 18, height - 44];
  const last = points.at(-1);
  // Zoomed to where the decision is made; the rest of the curve leaves through the top.
  const promised = epsilon ?? 0.02;
  const most = Math.max(
    promised * 2,
    Math.min(promised * 3, (last?.risk ?? 0) * 1.1),
    (served?.disagreement.upper ?? 0) * 1.3,
    ...(served === null ? [least(points) * 1.5] : []),
  );
  const x = linear([0, 1], [left, right]);
  const y = linear([0, most], [bottom, top]);
  const at = ({ coverage, risk }: Point): [number, number] => [x(coverage), y(risk)];
  const visible = cropped(points, most);
  const inside = served === null ? [] : visible.filter((point) => point.coverage <= served.coverage + 1e-9);
  const exit = last !== undefined && last.risk > most ? visible.at(-1) : undefined;
  const roomy = exit !== undefined && exit.coverage < 0.7;
  // Inside the band, on the side where the curve is not.
  const onLeft = served !== null && served.coverage > 0.5;
  const description =
    served === null
      ? `Disagreement against share answered; all answers would differ in ${percent(last?.risk ?? 0)}.`
      : `Answering ${percent(served.coverage)} locally, ${percent(served.disagreement.rate)} differ (${interval(served.disagreement)})${epsilon === null ? '' : `; promised at most ${percent(epsilon)}`}.`;
  return picture(
    { width, height, description },
    epsilon === null
      ? ''
      : el('rect', { x: left, y: y(epsilon), width: right - left, height: bottom - y(epsilon), fill: soft }),
    ...ticks(most, 4).map(
      (risk) =>
        el('line', { x1: left, x2: right, y1: y(risk), y2: y(risk), stroke: line }) +
        label(left - 9, y(risk) + 4, percent(risk), { size: 11, anchor: 'end' }),
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map((share) =>
      label(x(share), bottom + 18, percent(share, 0), { size: 11, anchor: 'middle' }),
    ),
    label(right, bottom + 36, 'answered locally', { size: 11.5, anchor: 'end' }),
    label(left, top - 6, 'differs from the teacher', { size: 11.5 }),
    epsilon === null
      ? ''
      : el('line', {
          x1: left,
          x2: right,
          y1: y(epsilon),
          y2: y(epsilon),
          stroke: accent,
          'stroke-dasharray': '4 4',
        }) +
          label(onLeft ? left + 8 : right - 8, y(epsilon) + 15, `promise: at most ${percent(epsilon)}`, {
            size: 11.5,
            fill: accent,
            anchor: onLeft ? 'start' : 'end',
          }),
    el('path', {
      d: path(visible.map(at)),
      fill: 'none',
      stroke: muted,
      'stroke-width': 1.5,
      'stroke-opacity': 0.6,
    }),
    inside.length > 1
      ? el('path', {
          d: path(inside.map(at)),
          fill: 'none',
          stroke: accent,
          'stroke-width': 2.5,
          'stroke-linejoin': 'round',
        })
      : '',
    roomy && exit !== undefined && last !== undefined
      ? label(x(exit.coverage) + 12, top + 12, `all: ${percent(last.risk)} differ`, { size: 11.5 })
      : '',
    served === null ? '' : marker(x(served.coverage), served, epsilon, y, [left, right], bottom),
  );
}

interface Point {
  readonly coverage: number;
  readonly risk: number;
}

function least(points: readonly Point[]): number {
  return Math.min(0.5, ...points.filter((point) => point.coverage > 0.2).map((point) => point.risk));
}

/** The curve up to where it crosses the top of the picture for the last time; crossings before that are cut off flat. */
function cropped(points: readonly Point[], most: number): Point[] {
  const end = points.findLastIndex((point) => point.risk <= most);
  const [inside, outside] = [points[end], points[end + 1]];
  const kept = points.slice(0, end + 1).map((point) => ({ ...point, risk: Math.min(point.risk, most) }));
  if (inside === undefined || outside === undefined) return kept;
  const part = (most - inside.risk) / (outside.risk - inside.risk);
  return [...kept, { coverage: inside.coverage + part * (outside.coverage - inside.coverage), risk: most }];
}

function marker(
  x: number,
  { coverage, disagreement }: NonNullable<RiskCoverage['served']>,
  epsilon: number | null,
  y: (risk: number) => number,
  [left, right]: readonly [number, number],
  bottom: number,
): string {
  const broken = epsilon !== null && disagreement.lower > epsilon;
  const colour = broken ? warn : accent;
  const anchor = x > left + 190 ? 'end' : 'start';
  const beside = Math.min(anchor === 'end' ? x - 12 : x + 12, right);
  // Two lines of words above the interval and clear of the promise's line.
  const words = Math.max(36, Math.min(y(disagreement.upper), y(epsilon ?? 0)) - 26);
  return el(
    'g',
    {},
    tip(
      `${percent(coverage)} answered locally, ${percent(disagreement.rate)} differ: ${interval(disagreement)}`,
    ),
    el('line', {
      x1: x,
      x2: x,
      y1: y(disagreement.lower),
      y2: bottom,
      stroke: colour,
      'stroke-opacity': 0.35,
    }),
    el('line', {
      x1: x,
      x2: x,
      y1: y(disagreement.upper),
      y2: y(disagreement.lower),
      stroke: colour,
      'stroke-width': 2,
    }),
    ...[disagreement.upper, disagreement.lower].map((risk) =>
      el('line', { x1: x - 5, x2: x + 5, y1: y(risk), y2: y(risk), stroke: colour, 'stroke-width': 2 }),
    ),
    el('circle', {
      cx: x,
      cy: y(disagreement.rate),
      r: 5.5,
      fill: colour,
      stroke: surface,
      'stroke-width': 2,
    }),
    label(beside, words, `${percent(coverage)} answered locally`, {
      size: 13,
      fill: ink,
      weight: 600,
      anchor,
    }),
    label(beside, words + 16, `${percent(disagreement.rate)} differ`, { size: 12, anchor }),
  );
}
