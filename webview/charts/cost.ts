import { accent, el, ink, label, picture, quiet, tip } from './svg.ts';
import { dollars, percent } from './words.ts';

/** A month at list prices: the teacher alone, and with the student answering its share. */
export function costChart(
  { teacher, local }: { readonly teacher: number; readonly local: number },
  { width = 520 } = {},
): string {
  const left = 0;
  const right = width - 90;
  const rest = teacher * (1 - local);
  const x = (value: number): number => left + (value / Math.max(1e-9, teacher)) * (right - left);
  const rows = [
    { name: 'The teacher alone', value: teacher, fill: quiet },
    { name: 'With the student', value: rest, fill: accent },
  ];
  return picture(
    {
      width,
      height: 158,
      description: `${dollars(teacher)} a month for the teacher alone, ${dollars(rest)} with the student: ${percent(local)} less.`,
    },
    ...rows.map(({ name, value, fill }, i) => {
      const y = 8 + i * 74;
      return el(
        'g',
        {},
        tip(`${name}: ${dollars(value)} a month`),
        label(left, y + 12, name, { size: 12.5 }),
        el('rect', { x: left, y: y + 22, width: Math.max(2, x(value) - left), height: 28, rx: 3, fill }),
        label(Math.max(2, x(value)) + 12, y + 42, dollars(value), { size: 16, fill: ink, weight: 600 }),
      );
    }),
  );
}
