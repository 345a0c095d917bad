import { type Child, h, type Tree } from '../dom.ts';
import { plural } from '../format.ts';
import { icon } from '../icons.ts';
import type { Controls, Model } from '../model.ts';
import { emptyState } from './empty.ts';
import { gatewayBar } from './gatewayBar.ts';
import { failureNote, problems } from './problems.ts';
import { taskDetail } from './taskDetail.ts';
import { taskList } from './taskList.ts';
import { jobCard } from './training.ts';

/** The whole page: one task when one is open, else the overview. */
export function sidebar(model: Model, controls: Controls): Tree[] {
  const task = model.state.tasks.find((candidate) => candidate.id === model.memory.taskId);
  const note = failureNote(model, controls);
  if (task !== undefined)
    return [h('div', { key: `task-${task.id}`, class: 'page' }, note, taskDetail(model, task, controls))];
  return [h('div', { key: 'overview', class: 'page' }, note, overview(model, controls))];
}

function overview(model: Model, controls: Controls): Child[] {
  const { state } = model;
  const loose = state.jobs.filter((job) => !state.tasks.some((task) => task.id === job.taskId));
  return [
    gatewayBar(model, controls),
    problems(state.problems, controls),
    loose.map((job) => jobCard(job, controls)),
    state.tasks.length > 0 ? [taskList(model, controls), leftOver(model)] : emptyState(model, controls),
  ];
}

function leftOver({ state }: Model): Child {
  const { unassigned } = state.traces;
  if (unassigned === 0) return null;
  const text = `${unassigned.toLocaleString('en-US')} ${unassigned === 1 ? 'call belongs' : 'calls belong'} to no task`;
  return [h('p', { key: 'left-over', class: 'quiet left-over' }, icon('inbox'), text), tooYoung(state.young)];
}

/** Prompts that a few more calls make a task of: nothing of the user's traffic is lost without a word. */
function tooYoung(young: Model['state']['young']): Child {
  if (young.length === 0) return null;
  return h(
    'details',
    { key: 'young', class: 'section' },
    h(
      'summary',
      null,
      h('h3', null, 'Too Young'),
      h('span', { class: 'quiet' }, plural(young.length, 'prompt')),
    ),
    h(
      'ul',
      { class: 'lines' },
      young.map(({ opening, calls, needed }, i) =>
        h(
          'li',
          { key: `${i}` },
          opening,
          h('span', { class: 'quiet' }, ` ${plural(calls, 'call')} so far, ${needed} make a task`),
        ),
      ),
    ),
  );
}
