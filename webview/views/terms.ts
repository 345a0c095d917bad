import type { AppState, TaskState } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { icon } from '../icons.ts';
import type { Controls, Model } from '../model.ts';

type Terms = AppState['terms'][number];

/** The providers of a task on which the user has not said whether training is allowed. */
export function undecided(model: Model, task: TaskState): readonly Terms[] {
  return ofTask(model, task).filter((terms) => terms.decision === 'undecided');
}

/** One question per provider, asked once, before the first training; what was declined can be taken back. */
export function termsQuestions(model: Model, task: TaskState, controls: Controls): Child {
  return ofTask(model, task)
    .filter((terms) => terms.decision !== 'allowed')
    .map((terms) => question(model, terms, controls));
}

function ofTask({ state }: Model, task: TaskState): readonly Terms[] {
  return state.terms.filter((terms) => task.providers.includes(terms.provider));
}

function question(model: Model, terms: Terms, controls: Controls): Tree {
  const busy = model.pending.has('terms.decide:');
  const declined = terms.decision === 'declined';
  const answer = (decision: 'allowed' | 'declined', label: string, appearance: string): Tree =>
    h(
      'vscode-button',
      {
        key: decision,
        appearance,
        class: 'compact',
        'data-decision': decision,
        disabled: busy,
        on: { click: () => void controls.act('terms.decide', { provider: terms.provider, decision }) },
      },
      label,
    );
  return h(
    'section',
    {
      key: `terms-${terms.provider}`,
      class: 'note note-info terms',
      'aria-label': `Terms of ${terms.name}`,
    },
    icon('law'),
    h(
      'div',
      null,
      h(
        'strong',
        null,
        declined ? `Not trained on answers of ${terms.name}` : `May you train on answers of ${terms.name}?`,
      ),
      h('p', { class: 'quiet' }, terms.says),
      h('p', { class: 'quiet source' }, `${terms.source}, read ${terms.asOf}`),
      h(
        'div',
        { class: 'buttons' },
        answer('allowed', declined ? 'I May After All' : 'I May', declined ? 'secondary' : 'primary'),
        declined ? null : answer('declined', 'I May Not', 'secondary'),
      ),
    ),
  );
}
