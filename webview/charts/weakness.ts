import { accent, el, ink, label, line, linear, muted, picture, quiet, surface, tip } from './svg.ts';
import { count, cut, interval, percent, type Rate } from './words.ts';

export interface WeaknessRow {
  readonly name: string;
  /** Share of the calls that use it; null where it is no capability of the catalogue. */
  readonly share: number | null;
  readonly agreement: Rate;
  /** Is it answered here where the student is sure? */
  readonly served: boolean;
}

/** Fewer held-out calls than this say nothing about one kind of call. */
export const ENOUGH_CALLS = 30;

/** Fewer than this do not stretch the axis either. */
const TELLING_CALLS = 10;

/** Worst first; those with too few calls after all others, the most surely weak first. */
export function worstFirst<T extends { readonly agreement: Rate }>(rows: readonly T[]): T[] {
  const few = ({ agreement }: T): number => (agreement.n < ENOUGH_CALLS ? 1 : 0);
  const weak = ({ agreement }: T): number => (agreement.n < ENOUGH_CALLS ? agreement.upper : agreement.rate);
  return [...rows].sort((a, b) => few(a) - few(b) || weak(a) - weak(b) || b.agreement.n - a.agreement.n);
}

/** Per kind of call: how much of the traffic it is, how well the student agrees with its exact interval, and on how many calls. */
export function weaknessChart(all: readonly WeaknessRow[], { width = 1040, rows = 14 } = {}): string {
  const sorted = worstFirst(all).slice(0, rows);
  const [row, top] = [26, 30];
  const [shareLeft, shareRight, left, right] = [236, 356, 404, width - 276];
  const bottom = top + sorted.length * row;
  const telling = sorted.filter((r) => r.agreement.n >= TELLING_CALLS);
  const lowest = Math.min(1, ...(telling.length > 0 ? telling : sorted).map((r) => r.agreement.lower));
  const from = Math.min(0.9, Math.floor(lowest * 10) / 10);
  const most = Math.max(1e-9, ...sorted.map((r) => r.share ?? 0));
  const share = linear([0, most], [0, shareRight - shareLeft]);
  const inside = linear([from, 1], [left, right]);
  const x = (value: number): number => inside(Math.max(from, value));
  const middle = from < 0.85 ? [Math.round(((from + 1) / 2) * 100) / 100] : [];
  return picture(
    { width, height: bottom + 8, description: describe(sorted) },
    label(shareLeft, 12, 'share of the calls', { size: 11.5 }),
    label(right + 38, 12, 'agree', { size: 11.5 }),
    label(right + 104, 12, 'held-out calls', { size: 11.5 }),
    ...[from, ...middle, 1].map(
      (at) =>
        el('line', { x1: x(at), x2: x(at), y1: top - 8, y2: bottom, stroke: line }) +
        label(x(at), 12, percent(at, 0), { size: 11, anchor: 'middle' }),
    ),
    ...sorted.map((item, i) => {
      const y = top + i * row + row / 2;
      return el(
        'g',
        {},
        tip(told(item)),
        el('rect', { x: 0, y: y - row / 2, width, height: row, fill: 'transparent' }),
        label(shareLeft - 16, y + 4, cut(item.name, 32), { size: 12.5, fill: ink, anchor: 'end' }),
        item.share === null
          ? ''
          : el('rect', {
              x: shareLeft,
              y: y - 5,
              width: Math.max(1, share(item.share)),
              height: 10,
              rx: 2,
              fill: quiet,
            }),
        whisker(item, x, y),
        label(right + 38, y + 4, item.agreement.n === 0 ? '–' : percent(item.agreement.rate, 0), {
          size: 12.5,
          fill: isEnough(item) ? ink : muted,
          ...(isEnough(item) ? { weight: 600 } : {}),
        }),
        label(
          right + 104,
          y + 4,
          isEnough(item) ? count(item.agreement.n) : `${count(item.agreement.n)}, insufficient data`,
          {
            size: 12,
          },
        ),
      );
    }),
  );
}

function isEnough({ agreement }: WeaknessRow): boolean {
  return agreement.n >= ENOUGH_CALLS;
}

function whisker(item: WeaknessRow, x: (n: number) => number, y: number): string {
  const { agreement, served } = item;
  const enough = isEnough(item);
  const colour = enough ? accent : muted;
  return (
    el('line', {
      x1: x(agreement.lower),
      x2: x(agreement.upper),
      y1: y,
      y2: y,
      stroke: colour,
      'stroke-width': 2,
      'stroke-opacity': enough ? 0.45 : 0.3,
    }) +
    el('circle', {
      cx: x(agreement.rate),
      cy: y,
      r: enough ? 5 : 3.5,
      fill: served ? colour : surface,
      stroke: colour,
      'stroke-width': enough ? 2 : 1.5,
    })
  );
}

function told(item: WeaknessRow): string {
  const where = item.served ? 'answered here where the student is sure' : 'stays with the teacher';
  const data = isEnough(item) ? '' : '; insufficient data';
  const share = item.share === null ? '' : ` (${percent(item.share)} of the calls)`;
  return `${item.name}${share}: ${percent(item.agreement.rate)} agree, ${interval(item.agreement)}${data}; ${where}`;
}

function describe(rows: readonly WeaknessRow[]): string {
  if (rows.length === 0) return 'No kind of call was evaluated.';
  const few = rows.filter((item) => !isEnough(item)).length;
  const named = rows
    .filter(isEnough)
    .map((r) => `${r.name} ${percent(r.agreement.rate, 0)} of ${count(r.agreement.n)}`);
  const rest = few === 0 ? '' : `${count(few)} with insufficient data`;
  return `Agreement, weakest first: ${[...named, ...(rest === '' ? [] : [rest])].join('; ')}.`;
}
