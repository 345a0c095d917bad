import { h, type Tree } from '../dom.ts';
import type { Controls } from '../model.ts';

/** A link that runs a command of ours. */
export function commandLink(text: string, command: string, controls: Controls): Tree {
  const click = (event: Event): void => {
    event.preventDefault();
    controls.command(command);
  };
  return h('vscode-link', { href: '#', on: { click } }, text);
}
