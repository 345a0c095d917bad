import type { TaskState } from '../../src/protocol.ts';
import { selfAgreementWords } from '../charts/words.ts';
import { type Child, h, type Tree } from '../dom.ts';
import { ago, bytes, dollars, parameters, plural, priceDate, seconds } from '../format.ts';
import { icon } from '../icons.ts';
import type { Controls, Model } from '../model.ts';
import { outputWords, rungs, stages } from '../words.ts';
import { capabilities } from './capabilities.ts';
import { findings } from './findings.ts';
import { live } from './live.ts';
import { modeSwitch } from './modeSwitch.ts';
import { nextSteps } from './nextSteps.ts';
import { proof } from './proof.ts';
import { proposal } from './proposal.ts';
import { section } from './section.ts';
import { termsQuestions, undecided } from './terms.ts';
import { jobCard } from './training.ts';
import { versions } from './versions.ts';
import { weaknessMap } from './weakness.ts';

/** One task: where it stands, who answers it, the proof, and what it is made of. */
export function taskDetail(model: Model, task: TaskState, controls: Controls): Tree {
  const job = model.state.jobs.find((candidate) => candidate.taskId === task.id);
  // What waits for the user comes first; once there is a student and nothing to decide, how it does.
  const isAsking = task.student === null || (task.signed?.changes.length ?? 0) > 0;
  return h(
    'article',
    {
      class: 'task',
      'data-task': task.id,
      'data-stage': task.stage,
      'data-mode': task.mode,
      'aria-label': task.name,
    },
    heading(model, task, controls),
    job === undefined ? h('p', { class: 'summary' }, task.summary) : jobCard(job, controls),
    job === undefined ? termsQuestions(model, task, controls) : null,
    buttons(model, task, job !== undefined, controls),
    modeSwitch(model, task, controls),
    job === undefined ? nextSteps(task, controls) : null,
    isAsking ? proposal(task, controls) : null,
    live(task),
    proof(task),
    isAsking ? null : proposal(task, controls),
    weaknessMap(model, task, controls),
    capabilities(model, task, controls),
    findings(model, task, controls),
    versions(model, task, controls),
    section(model, controls, { name: 'about', title: 'About', note: plural(task.calls, 'call') }, () =>
      about(model, task, controls),
    ),
  );
}

function heading(model: Model, task: TaskState, controls: Controls): Tree {
  const stage = stages[task.stage];
  return h(
    'header',
    { class: 'task-heading' },
    h(
      'div',
      { class: 'task-path' },
      h(
        'button',
        {
          type: 'button',
          class: 'back',
          title: 'All tasks (Escape)',
          on: { click: () => controls.open(null) },
        },
        icon('arrow-left'),
        'All tasks',
      ),
      h('span', { class: `chip tone-${stage.tone}` }, icon(stage.icon), stage.label),
    ),
    h(
      'div',
      { class: 'task-title' },
      model.renaming === task.id ? nameField(task, controls) : name(task, controls),
    ),
  );
}

function name(task: TaskState, controls: Controls): Child {
  return [
    h('h2', { key: 'name', tabindex: '-1', 'data-focus': true }, task.name),
    h(
      'vscode-button',
      {
        key: 'rename',
        appearance: 'icon',
        class: 'rename',
        'aria-label': `Rename ${task.name}`,
        title: 'Rename',
        on: { click: () => controls.rename(task.id) },
      },
      icon('edit'),
    ),
  ];
}

function nameField(task: TaskState, controls: Controls): Tree {
  const finish = (event: Event): void =>
    controls.finishRename((event.target as HTMLInputElement).value.trim());
  const keydown = (event: Event): void => {
    const { key } = event as KeyboardEvent;
    if (key === 'Enter') finish(event);
    if (key === 'Escape') {
      event.stopPropagation();
      controls.rename(null);
    }
  };
  return h('vscode-text-field', {
    key: 'field',
    class: 'name-field',
    value: task.name,
    'aria-label': 'Name of the task',
    on: { keydown, change: finish, blur: finish },
  });
}

function buttons(model: Model, task: TaskState, busy: boolean, controls: Controls): Child {
  if (busy) return null;
  const pending = model.pending.has(`student.train:${task.id}`);
  const open = undecided(model, task).length > 0;
  const again = task.student !== null;
  const eager = task.stage === 'ready' || task.stage === 'rolled-back';
  return h(
    'div',
    { class: 'buttons' },
    h(
      'vscode-button',
      {
        appearance: eager || !again ? 'primary' : 'secondary',
        'data-action': 'train',
        disabled: pending || open,
        title: open ? 'Answer the question above first' : null,
        on: { click: () => void controls.act('student.train', { taskId: task.id }) },
      },
      icon(pending ? 'loading' : 'mortar-board'),
      again ? 'Train Again' : 'Train Student',
    ),
    again
      ? h(
          'vscode-button',
          {
            appearance: 'secondary',
            'data-action': 'report',
            on: { click: () => controls.command('understudy.report.open', task.id) },
          },
          icon('graph'),
          'Report',
        )
      : null,
  );
}

function about(model: Model, task: TaskState, controls: Controls): Child {
  return [facts(model, task), arrange(task, controls)];
}

/** What the analysis took apart or together wrongly, the user puts right; it is remembered. */
function arrange(task: TaskState, controls: Controls): Tree {
  const button = (label: string, command: string): Tree =>
    h(
      'vscode-button',
      {
        appearance: 'secondary',
        class: 'compact',
        on: { click: () => controls.command(command, task.id) },
      },
      label,
    );
  return h(
    'div',
    { class: 'buttons' },
    button('Merge Into ...', 'understudy.task.merge'),
    task.versions > 1 ? button('Split Off a Version ...', 'understudy.task.split') : null,
  );
}

function facts(model: Model, task: TaskState): Tree {
  const { student } = task;
  return h(
    'dl',
    { class: 'facts' },
    fact('Answers', outputWords(task.output)),
    fact('Providers', task.providers.join(', ')),
    fact('Models', task.models.join(', ')),
    task.sites.length === 0 ? null : fact('Called from', task.sites.slice(0, 5).join(', ')),
    task.costPerMonth === null
      ? null
      : fact('Teacher cost', `${dollars(task.costPerMonth)} a month ${priceDate(task)}`),
    student === null
      ? null
      : [
          fact('Student', rungs[student.rung] ?? student.rung),
          fact('Size', `${parameters(student.parameters)} parameters, ${bytes(student.bytes)}`),
          fact(
            'Trained',
            `${ago(student.trainedMs, model.nowMs)} in ${seconds(student.trainSeconds)} on ${student.device}`,
          ),
          student.deviceReason === undefined
            ? null
            : fact('Device', `${student.device}: ${student.deviceReason}`),
          student.weights === undefined ? null : fact('Weights', student.weights),
          student.selfAgreement === undefined
            ? null
            : fact('Teacher', selfAgreementWords(student.selfAgreement)),
        ],
  );
}

function fact(term: string, value: string): Child {
  return value === '' ? null : [h('dt', null, term), h('dd', null, value)];
}
