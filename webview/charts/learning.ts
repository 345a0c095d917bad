import { accent, el, label, line, linear, muted, path, picture, quiet, ticks } from './svg.ts';
import { count } from './words.ts';

export interface LearningPoint {
  /** What learned; two may learn at once. Left out: one after the other. */
  readonly series?: string;
  /** Begins anew with each network. */
  readonly step: number;
  /** Mean loss over the training calls. */
  readonly loss: number;
  /** The same over calls kept aside. */
  readonly validation: number | null;
  /** Where it was stopped early: when and why. */
  readonly ended?: string;
}

/** How far one part has learned. */
export interface LearnedPart {
  readonly name: string;
  /** Loss on the training calls at the end. */
  readonly loss: number;
  /** The least loss on calls kept aside; null where there were none. */
  readonly validation: number | null;
  readonly ended: string | null;
}

/** What learned, in the order in which it began. */
export function learnedParts(points: readonly LearningPoint[]): LearnedPart[] {
  return oneAfterTheOther(points).map((part) => {
    const last = part.at(-1)!;
    const held = part.flatMap(({ validation }) => validation ?? []);
    return {
      name: partName(last.series ?? 'network'),
      loss: last.loss,
      validation: held.length === 0 ? null : Math.min(...held),
      ended: last.ended ?? null,
    };
  });
}

const names: Readonly<Record<string, string>> = {
  wide: 'linear heads',
  pilot: 'pilot network',
  'pilot-reasoning': 'pilot that learns the reasoning, too',
  trial: 'network that kinds of calls are hidden from',
};

function partName(series: string): string {
  return names[series] ?? series;
}

/** Training: the loss on the calls learnt from and on calls kept aside, network after network, on one scale from zero. */
export function learningChart(points: readonly LearningPoint[], { width = 520, height = 330 } = {}): string {
  const [left, right, top, bottom] = [52, width - 16, 18, height - 44];
  const networks = oneAfterTheOther(points);
  const steps = Math.max(1, networks.at(-1)?.at(-1)?.step ?? 1);
  const highest = Math.max(1e-9, ...points.flatMap((point) => [point.loss, point.validation ?? 0]));
  const x = linear([0, steps], [left, right]);
  const y = linear([0, highest], [bottom, top]);
  const held = points.flatMap(({ validation }) => (validation === null ? [] : [validation]));
  const parts = networks.length === 1 ? '' : ` over ${count(networks.length)} parts`;
  const kept = held.length === 0 ? '' : `; on calls kept aside it reaches ${Math.min(...held).toFixed(2)}`;
  return picture(
    {
      width,
      height,
      description: `Loss falls from ${points[0]?.loss.toFixed(2) ?? '0'} to ${points.at(-1)?.loss.toFixed(2) ?? '0'} in ${count(steps)} steps${parts}${kept}.`,
    },
    ...ticks(highest, 4).map(
      (value) =>
        el('line', { x1: left, x2: right, y1: y(value), y2: y(value), stroke: line }) +
        label(left - 9, y(value) + 4, String(Math.round(value * 100) / 100), { size: 11, anchor: 'end' }),
    ),
    ...ticks(steps, 4).map((step) =>
      label(x(step), bottom + 18, count(step), { size: 11, anchor: 'middle' }),
    ),
    label(right, bottom + 36, 'steps', { size: 11.5, anchor: 'end' }),
    label(left, top - 6, 'loss', { size: 11.5 }),
    label(right, top - 6, 'on calls kept aside', { size: 11.5, fill: accent, anchor: 'end' }),
    ...networks.slice(0, -1).map((network) => {
      const end = x(network.at(-1)?.step ?? 0);
      return el('line', { x1: end, x2: end, y1: top, y2: bottom, stroke: quiet, 'stroke-dasharray': '2 4' });
    }),
    ...networks.map(
      (network) =>
        el('path', {
          d: path(network.map((point) => [x(point.step), y(point.loss)])),
          fill: 'none',
          stroke: muted,
          'stroke-width': 1.5,
          'stroke-opacity': 0.7,
        }) + checked(network, x, y),
    ),
  );
}

/** Parts in the order in which they began, with steps that go on from part to part; of parts that learn at once, too. */
export function oneAfterTheOther<T extends LearningPoint>(points: readonly T[]): T[][] {
  const parts: T[][] = [];
  const open = new Map<string, T[]>();
  for (const point of points) {
    const name = point.series ?? '';
    let part = open.get(name);
    if (part === undefined || point.step <= part.at(-1)!.step) {
      part = [];
      open.set(name, part);
      parts.push(part);
    }
    part.push(point);
  }
  let before = 0;
  return parts.map((part) => {
    const from = before;
    before += part.at(-1)!.step;
    return part.map((point) => ({ ...point, step: from + point.step }));
  });
}

/** The loss on calls kept aside, with a dot where it was lowest: the state that was taken. */
function checked(
  network: readonly LearningPoint[],
  x: (n: number) => number,
  y: (n: number) => number,
): string {
  const held = network.flatMap(({ step, validation }) => (validation === null ? [] : [{ step, validation }]));
  const best = held.reduce<(typeof held)[number] | null>(
    (low, point) => (low === null || point.validation < low.validation ? point : low),
    null,
  );
  if (best === null) return '';
  return (
    el('path', {
      d: path(held.map((point) => [x(point.step), y(point.validation)])),
      fill: 'none',
      stroke: accent,
      'stroke-width': 2.5,
      'stroke-linejoin': 'round',
    }) + el('circle', { cx: x(best.step), cy: y(best.validation), r: 4.5, fill: accent })
  );
}
