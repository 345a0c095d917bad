import { accent, el, ink, label, muted, picture, quiet, round, tip } from './svg.ts';
import { count, percent, plural } from './words.ts';

export interface FlowBranch {
  readonly label: string;
  readonly n: number;
  /** Answered on this machine. */
  readonly local: boolean;
}

/** Thickness of the whole stream, and the least room for one branch with its words. */
const thickness = 176;
const slot = 32;

/** Where the calls went: one stream on the left that parts into those answered here and those for the teacher, by reason. */
export function flowChart(branches: readonly FlowBranch[], { width = 1040 } = {}): string {
  const shown = largest(branches, 7);
  const total = shown.reduce((sum, branch) => sum + branch.n, 0);
  const scale = thickness / Math.max(1, total);
  const [left, right] = [132, width - 380];
  const rooms = shown.map((branch) => Math.max(slot, branch.n * scale + 10));
  const height = Math.max(thickness, ...[rooms.reduce((sum, room) => sum + room, 0)]) + 8;
  let from = (height - thickness) / 2;
  let to = (height - rooms.reduce((sum, room) => sum + room, 0)) / 2;
  const placed = shown.map((branch, i) => {
    const at = { branch, size: branch.n * scale, from, middle: to + rooms[i]! / 2 };
    from += branch.n * scale;
    to += rooms[i]!;
    return at;
  });
  const description = `${plural(total, 'call')}: ${shown.map((b) => `${b.label} ${percent(b.n / Math.max(1, total))}`).join(', ')}.`;
  return picture(
    { width, height, description },
    el('defs', {}, fade('flow-local', accent, [0.3, 0.95]), fade('flow-teacher', quiet, [0.35, 0.65])),
    label(left - 20, height / 2, count(total), { size: 24, fill: ink, weight: 600, anchor: 'end' }),
    label(left - 20, height / 2 + 19, total === 1 ? 'call' : 'calls', { anchor: 'end', size: 13 }),
    el('rect', { x: left - 5, y: (height - thickness) / 2, width: 3, height: thickness, fill: ink, rx: 1.5 }),
    ...placed.map(({ branch, size, from, middle }) =>
      stream(branch, size, from, middle, [left, right], total),
    ),
  );
}

function stream(
  branch: FlowBranch,
  size: number,
  from: number,
  middle: number,
  [left, right]: readonly [number, number],
  total: number,
): string {
  const thick = Math.max(1.5, size);
  const share = percent(branch.n / total);
  return el(
    'g',
    {},
    tip(`${branch.label}: ${plural(branch.n, 'call')}, ${share}`),
    el('path', {
      d: ribbon([left, from, thick], [right, middle - thick / 2, thick]),
      fill: branch.local ? 'url(#flow-local)' : 'url(#flow-teacher)',
    }),
    el('rect', {
      x: right + 2,
      y: middle - thick / 2,
      width: 3,
      height: thick,
      fill: branch.local ? accent : muted,
      rx: 1.5,
    }),
    branch.local
      ? label(right + 22, middle + 2, share, { size: 26, fill: accent, weight: 650 }) +
          label(right + 22, middle + 22, `${branch.label} · ${count(branch.n)}`, { size: 13 })
      : label(right + 22, middle + 4, share, { size: 13, fill: ink, weight: 600 }) +
          label(right + 84, middle + 4, `${branch.label} · ${count(branch.n)}`, { size: 13 }),
  );
}

function fade(id: string, colour: string, [from, to]: readonly [number, number]): string {
  return el(
    'linearGradient',
    { id },
    el('stop', { offset: 0, 'stop-color': colour, 'stop-opacity': from }),
    el('stop', { offset: 1, 'stop-color': colour, 'stop-opacity': to }),
  );
}

/** The local branches first, then the largest; what is left over is one branch. */
function largest(branches: readonly FlowBranch[], most: number): FlowBranch[] {
  const sorted = branches
    .filter((branch) => branch.n > 0)
    .sort((a, b) => Number(b.local) - Number(a.local) || b.n - a.n);
  if (sorted.length <= most) return sorted;
  const rest = sorted.slice(most - 1);
  return [
    ...sorted.slice(0, most - 1),
    {
      label: `${rest.length} other reasons`,
      n: rest.reduce((sum, branch) => sum + branch.n, 0),
      local: false,
    },
  ];
}

function ribbon(
  [x0, y0, h0]: readonly [number, number, number],
  [x1, y1, h1]: readonly [number, number, number],
): string {
  const bend = (x0 + x1) / 2;
  const at = (x: number, y: number): string => `${round(x)} ${round(y)}`;
  return (
    `M${at(x0, y0)}C${at(bend, y0)} ${at(bend, y1)} ${at(x1, y1)}` +
    `L${at(x1, y1 + h1)}C${at(bend, y1 + h1)} ${at(bend, y0 + h0)} ${at(x0, y0 + h0)}Z`
  );
}
