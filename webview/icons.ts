import { h, type Tree } from './dom.ts';

/** A codicon. Without a label it is decoration and hidden from screen readers. */
export function icon(name: string, label?: string): Tree {
  const spin = name === 'loading' ? ' codicon-modifier-spin' : '';
  return label === undefined
    ? h('span', { class: `codicon codicon-${name}${spin}`, 'aria-hidden': 'true' })
    : h('span', { class: `codicon codicon-${name}${spin}`, role: 'img', 'aria-label': label });
}
