import { type Child, h, type Tree } from '../dom.ts';

export interface FigureParts {
  readonly label: string;
  readonly value: string;
  /** The interval and the n behind it, or what it compares with. */
  readonly note?: string;
  readonly tone?: 'good' | 'bad';
  readonly title?: string;
}

/** One number with what it means and how sure it is. */
export function figure({ label, value, note, tone, title }: FigureParts): Tree {
  return h(
    'div',
    { class: `figure${tone === undefined ? '' : ` figure-${tone}`}`, title },
    h('dt', null, label),
    h(
      'dd',
      null,
      h('span', { class: 'figure-value' }, value),
      note === undefined ? null : h('span', { class: 'figure-note' }, note),
    ),
  );
}

export function figures(...items: Child[]): Tree {
  return h('dl', { class: 'figures' }, items);
}
