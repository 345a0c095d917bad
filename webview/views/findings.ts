import type { TaskState } from '../../src/protocol.ts';
import { type Child, h } from '../dom.ts';
import type { Controls, Model } from '../model.ts';
import { section } from './section.ts';

/** What the counts mean, in words: how much is new, what came and went, what the calls are worth as evidence. */
export function findings(model: Model, task: TaskState, controls: Controls): Child {
  const [first] = task.findings;
  if (first === undefined) return null;
  return section(model, controls, { name: 'findings', title: 'What the Traffic Says' }, () =>
    h(
      'dl',
      { class: 'findings' },
      task.findings.map(({ id, title, text }) => [
        h('dt', { key: `${id}-title` }, title),
        h('dd', { key: `${id}-text`, class: 'quiet' }, text),
      ]),
    ),
  );
}
