import type { Problem } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { icon } from '../icons.ts';
import type { Controls, Model } from '../model.ts';
import { commandLink } from './link.ts';

const icons = { info: 'info', warning: 'warning', error: 'error' } as const;

/** What the user should know: what happened, why, what to do next; the gravest first. */
export function problems(list: readonly Problem[], controls: Controls): Child {
  if (list.length === 0) return null;
  const order = ['error', 'warning', 'info'];
  const sorted = [...list].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return h(
    'ul',
    { key: 'problems', class: 'problems', 'aria-label': 'Problems' },
    sorted.map((problem) =>
      h('li', { key: problem.id }, note(problem.severity, problem.message, problem.next, controls)),
    ),
  );
}

/** Why the last action did not do what was asked; read out at once. */
export function failureNote({ failure }: Model, controls: Controls): Child {
  if (failure === null) return null;
  const close = h(
    'vscode-button',
    { appearance: 'icon', 'aria-label': 'Dismiss', on: { click: () => controls.dismiss() } },
    icon('close'),
  );
  return h(
    'div',
    { key: 'failure', role: 'alert', class: 'failure' },
    note('error', failure.message, failure.next, controls),
    close,
  );
}

function note(severity: Problem['severity'], message: string, next: string | null, controls: Controls): Tree {
  return h(
    'div',
    { class: `note note-${severity}` },
    icon(icons[severity], severity),
    h(
      'div',
      null,
      h('div', null, message),
      next === null ? null : h('div', { class: 'quiet' }, next),
      remedy(message, next, controls),
    ),
  );
}

/** Problems about a provider's terms can be settled on the spot. */
function remedy(message: string, next: string | null, controls: Controls): Child {
  if (!/\bterms\b/i.test(`${message} ${next ?? ''}`)) return null;
  return commandLink('Decide ...', 'understudy.terms.decide', controls);
}
