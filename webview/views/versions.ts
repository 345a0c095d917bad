import type { TaskState } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { count, day, plural } from '../format.ts';
import type { Controls, Model } from '../model.ts';
import { section } from './section.ts';

/** The prompt as it is today, its blanks with what they are good for, and how it came to be. */
export function versions(model: Model, task: TaskState, controls: Controls): Child {
  return section(
    model,
    controls,
    { name: 'prompt', title: 'Prompt', note: plural(task.versions, 'version') },
    () => [
      h('pre', { class: 'prompt', tabindex: '0', 'aria-label': 'Prompt template' }, marked(task.prompt)),
      slots(task),
      history(task),
      teachers(task),
    ],
  );
}

/** `{slot}` stands out from the constant text. */
function marked(text: string): Child[] {
  return text
    .split(/(\{[\w.-]+\})/)
    .map((part, i) => (i % 2 === 1 ? h('mark', null, part.slice(1, -1)) : part));
}

function slots({ slots: all }: TaskState): Child {
  if (all.length === 0) return null;
  return [
    h('h4', null, 'Blanks'),
    h(
      'ul',
      { class: 'lines' },
      all.map((slot) =>
        h(
          'li',
          { key: slot.name },
          h('mark', { class: 'slot' }, slot.name),
          ` ${slot.type}, ${slot.kept ? 'shown to the student' : 'left out'} `,
          h(
            'span',
            { class: 'quiet' },
            `${slot.reason === '' ? '' : `${slot.reason}; `}${count(slot.distinct)} different`,
          ),
        ),
      ),
    ),
  ];
}

/** Newest first: what is asked about is the last edit. */
function history({ history: all }: TaskState): Child {
  const edits = all.filter((version) => version.change !== null);
  if (edits.length === 0) return null;
  return [h('h4', null, 'Edits'), h('ul', { class: 'lines' }, [...edits].reverse().map(edit))];
}

function edit({ version, calls, firstMs, change }: TaskState['history'][number]): Tree {
  const { kind = 'minor', summary = '', diff = '' } = change ?? {};
  return h(
    'li',
    { key: `v${version}` },
    h('strong', null, `Version ${version}`),
    h('span', { class: `chip tone-${kind === 'major' ? 'bad' : 'quiet'}` }, kind),
    h('span', { class: 'quiet' }, ` since ${day(firstMs)}, ${plural(calls, 'call')}`),
    h('div', null, summary),
    diff === ''
      ? null
      : h(
          'pre',
          { class: 'diff', tabindex: '0', 'aria-label': `What changed in version ${version}` },
          diff
            .split('\n')
            .map((line, i) =>
              h(
                'span',
                { key: `${i}`, class: line.startsWith('+') ? 'plus' : line.startsWith('-') ? 'minus' : null },
                `${line}\n`,
              ),
            ),
        ),
  );
}

function teachers({ teachers: all }: TaskState): Child {
  if (all.length < 2) return null;
  return [
    h('h4', null, 'Teachers'),
    h(
      'ul',
      { class: 'lines' },
      all.map(({ model, firstMs, lastMs, calls }) =>
        h(
          'li',
          { key: model },
          model,
          h('span', { class: 'quiet' }, ` ${day(firstMs)} to ${day(lastMs)}, ${plural(calls, 'call')}`),
        ),
      ),
    ),
  ];
}
