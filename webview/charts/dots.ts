import { accent, el, picture, quiet, surface, tip, warn } from './svg.ts';

/** A hundred calls as a hundred dots: those answered here are filled, the few of them that differ from the teacher marked. */
export function dotsChart(
  { local, differ }: { readonly local: number; readonly differ: number },
  { size = 320 } = {},
): string {
  const here = Math.round(local * 100);
  const wrong = Math.min(here, Math.round(local * differ * 100));
  const step = size / 10;
  const description = `Of a hundred calls ${here} are answered on this machine, ${wrong === 0 ? 'fewer than one of them differs' : `${wrong} of them ${wrong === 1 ? 'differs' : 'differ'}`} from the teacher; ${100 - here} go to the teacher.`;
  return picture(
    { width: size, height: size, description },
    ...Array.from({ length: 100 }, (_, i) => {
      const at = { cx: ((i % 10) + 0.5) * step, cy: (Math.floor(i / 10) + 0.5) * step };
      const r = step * 0.34;
      if (i >= here)
        return el(
          'g',
          {},
          tip('answered by the teacher'),
          el('circle', { ...at, r, fill: quiet, 'fill-opacity': 0.5 }),
        );
      if (i < here - wrong)
        return el('g', {}, tip('answered on this machine'), el('circle', { ...at, r, fill: accent }));
      return el(
        'g',
        {},
        tip('answered on this machine, differs from the teacher'),
        el('circle', { ...at, r: r - 1.5, fill: surface, stroke: warn, 'stroke-width': 3 }),
      );
    }),
  );
}
