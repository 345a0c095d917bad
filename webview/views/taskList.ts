import type { TaskState } from '../../src/protocol.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { count, percent, plural } from '../format.ts';
import { icon } from '../icons.ts';
import type { Controls, Model } from '../model.ts';
import { isServing, stages } from '../words.ts';

/** Every task with its state and the one figure that matters in that state. */
export function taskList(model: Model, controls: Controls): Tree {
  return h(
    'ul',
    { key: 'tasks', class: 'task-list', 'aria-label': 'Tasks' },
    model.state.tasks.map((task) => h('li', { key: task.id }, card(model, task, controls))),
  );
}

function card(model: Model, task: TaskState, controls: Controls): Tree {
  const stage = stages[task.stage];
  return h(
    'button',
    {
      class: `task-card tone-${stage.tone}`,
      type: 'button',
      'data-task': task.id,
      'data-stage': task.stage,
      on: { click: () => controls.open(task.id) },
    },
    h(
      'span',
      { class: 'task-head' },
      h('span', { class: 'task-name' }, task.name),
      h(
        'span',
        { class: 'chip' },
        icon(stage.icon),
        task.mode === 'shadow' && task.stage === 'certified' ? 'Shadow' : stage.label,
      ),
    ),
    meter(model, task),
    h('span', { class: 'task-foot quiet' }, facts(task)),
  );
}

/** A thin bar: progress while training, answered locally while serving, agreement when certified. */
function meter({ state }: Model, task: TaskState): Child {
  const job = state.jobs.find((candidate) => candidate.taskId === task.id);
  if (job !== undefined) return bar(job.fraction, 'busy');
  if (isServing(task) && task.live.answeredLocally.n > 0) return bar(task.live.answeredLocally.rate, 'good');
  if (task.stage === 'certified') return bar(task.student?.report?.coverage ?? 0, 'good');
  return null;
}

export function bar(share: number, tone: string): Tree {
  return h(
    'span',
    { class: `bar bar-${tone}`, 'aria-hidden': 'true' },
    h('span', {
      class: 'bar-fill',
      style: `inline-size:${(Math.min(1, Math.max(0, share)) * 100).toFixed(1)}%`,
    }),
  );
}

function facts(task: TaskState): Child[] {
  const parts: string[] = [plural(task.calls, 'call')];
  const report = task.student?.report;
  if (isServing(task) && task.live.answeredLocally.n > 0) {
    parts.push(`${percent(task.live.answeredLocally.rate)} answered locally`);
  } else if (report) {
    parts.push(`${percent(report.agreement.rate)} agree, n = ${count(report.agreement.n)}`);
  } else if (task.callsPerDay >= 1 && task.callsPerDay < task.calls) {
    parts.push(`${count(task.callsPerDay)} a day`);
  }
  if (task.versions > 1) parts.push(`version ${task.versions}`);
  return [parts.join(' · ')];
}
