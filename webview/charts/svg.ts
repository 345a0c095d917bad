/**
 * The few words every chart is written in. A chart is a pure function from plain data to SVG text: no DOM, no
 * dependencies, colours from CSS variables with fallbacks, so the same picture stands in a page, a sidebar or a file.
 */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

export const ink = 'var(--chart-ink, #1d1c1a)';
export const muted = 'var(--chart-muted, #6e6a63)';
export const line = 'var(--chart-line, #e4e0d8)';
export const quiet = 'var(--chart-quiet, #cfcac0)';
export const surface = 'var(--chart-surface, #ffffff)';
export const accent = 'var(--chart-accent, #0b6e5f)';
export const soft = 'var(--chart-soft, #dcece7)';
export const warn = 'var(--chart-warn, #b5502a)';

/** One element. Text children must be escaped; numbers are written with two decimals at most. */
export function el(tag: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) => ` ${name}="${typeof value === 'number' ? round(value) : escapeText(String(value))}"`,
    )
    .join('');
  return children.length === 0 ? `<${tag}${written}/>` : `<${tag}${written}>${children.join('')}</${tag}>`;
}

export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

export function round(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : '0';
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** What the picture shows, for those who do not see it: one or two sentences with the figures. */
  readonly description: string;
}

/** The whole picture. Scales with its container; read out as its description. */
export function picture({ width, height, description }: Picture, ...children: readonly string[]): string {
  return el(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${round(width)} ${round(height)}`,
      width,
      height,
      role: 'img',
      'aria-label': description,
      class: 'chart',
    },
    ...children,
  );
}

export interface TextOptions {
  readonly size?: number;
  readonly fill?: string;
  readonly weight?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
}

export function label(x: number, y: number, text: string, options: TextOptions = {}): string {
  const { size = 12, fill = muted, weight, anchor } = options;
  return el(
    'text',
    { x, y, 'font-size': size, fill, 'font-weight': weight, 'text-anchor': anchor },
    escapeText(text),
  );
}

/** What a pointer resting on the group reads. */
export function tip(text: string): string {
  return el('title', {}, escapeText(text));
}

export function path(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
}

export type Scale = (value: number) => number;

export function linear(from: readonly [number, number], to: readonly [number, number]): Scale {
  const span = from[1] - from[0] || 1;
  return (value) => to[0] + ((value - from[0]) / span) * (to[1] - to[0]);
}

/** Logarithmic, clamped at the lower end: a zero stands at the start of the axis. */
export function logarithmic(from: readonly [number, number], to: readonly [number, number]): Scale {
  const inner = linear([Math.log(from[0]), Math.log(from[1])], to);
  return (value) => inner(Math.log(Math.max(value, from[0])));
}

/** Round steps that divide [0, max] into about `wanted` parts. */
export function ticks(max: number, wanted = 4): number[] {
  if (!(max > 0)) return [0];
  const rough = max / wanted;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((candidate) => candidate >= rough) ?? rough;
  const count = Math.floor(max / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => i * step);
}
