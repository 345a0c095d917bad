import { type Child, h, type Tree } from '../dom.ts';
import type { Controls, Model } from '../model.ts';

export interface SectionParts {
  readonly name: string;
  readonly title: string;
  readonly note?: string;
  readonly openAtFirst?: boolean;
}

/** A part that folds; what is unfolded is remembered. The content is built only where it is shown. */
export function section(model: Model, controls: Controls, parts: SectionParts, content: () => Child): Tree {
  // Memory holds what differs from the default.
  const open = model.memory.open.includes(parts.name) !== (parts.openAtFirst ?? false);
  const toggle = (event: Event): void => {
    const now = (event.target as HTMLDetailsElement).open;
    if (now === open) return;
    controls.toggle(parts.name, now !== (parts.openAtFirst ?? false));
  };
  return h(
    'details',
    { key: parts.name, class: 'section', 'data-section': parts.name, props: { open }, on: { toggle } },
    h(
      'summary',
      null,
      h('h3', null, parts.title),
      parts.note === undefined ? null : h('span', { class: 'quiet' }, parts.note),
    ),
    h('div', { class: 'section-body' }, open ? content() : null),
  );
}
