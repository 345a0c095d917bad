import { accent, el, ink, label, muted, picture, quiet, round, spread, tip } from './svg.ts';
import { count, percent, plural } from './words.ts';

export interface FlowBranch {
  readonly label: string;
  readonly n: number;
  /** Answered on this machine. */
  readonly local: boolean;
}

const top = 12;
const gap = 10;

/** Where the calls went: one stream on the left that parts into those answered here and those for the teacher, by reason. */
export function flowChart(branches: readonly FlowBranch[], { width = 1040, height = 300 } = {}): string {
  const shown = largest(branches, 6);
  const total = shown.reduce((sum, branch) => sum + branch.n, 0);
  const [left, right] = [150, width - 330];
  const room = height - 2 * top - gap * Math.max(0, shown.length - 1);
  const scale = room / Math.max(1, total);
  const source = height / 2 - (total * scale) / 2;

  let from = source;
  let to = top;
  const placed = shown.map((branch) => {
    const size = Math.max(2, branch.n * scale);
    const at = { branch, size, from, to };
    from += branch.n * scale;
    to += size + gap;
    return at;
  });
  const baselines = spread(
    placed.map(({ to, size }) => to + size / 2),
    38,
    [top + 14, height - top - 14],
  );
  const description = `${plural(total, 'call')}: ${shown.map((b) => `${b.label} ${percent(b.n / Math.max(1, total))}`).join(', ')}.`;
  return picture(
    { width, height, description },
    label(left - 18, height / 2 - 2, count(total), { size: 26, fill: ink, weight: 600, anchor: 'end' }),
    label(left - 18, height / 2 + 18, total === 1 ? 'call' : 'calls', { anchor: 'end', size: 13 }),
    el('rect', { x: left - 4, y: source, width: 4, height: total * scale, fill: ink, rx: 1 }),
    ...placed.map(({ branch, size, from, to }) =>
      el(
        'g',
        {},
        tip(`${branch.label}: ${plural(branch.n, 'call')}, ${percent(branch.n / total)}`),
        el('path', {
          d: ribbon([left, from, Math.max(1, branch.n * scale)], [right, to, size]),
          fill: branch.local ? accent : quiet,
          'fill-opacity': branch.local ? 0.9 : 0.45,
        }),
        el('rect', { x: right, y: to, width: 4, height: size, fill: branch.local ? accent : muted, rx: 1 }),
      ),
    ),
    ...placed.map(({ branch, to, size }, i) => {
      const y = baselines[i]!;
      const middle = to + size / 2;
      const leader =
        Math.abs(y - middle) < 3
          ? ''
          : el('path', {
              d: `M${right + 7} ${round(middle)}C${right + 14} ${round(middle)} ${right + 12} ${round(y)} ${right + 19} ${round(y)}`,
              fill: 'none',
              stroke: quiet,
            });
      const share = branch.local
        ? { size: 17, fill: accent, weight: 700 }
        : { size: 13, fill: ink, weight: 600 };
      return (
        leader +
        label(right + 24, y - 2, percent(branch.n / Math.max(1, total)), share) +
        label(right + 24, y + 14, `${branch.label} · ${count(branch.n)}`, { size: 12.5 })
      );
    }),
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
