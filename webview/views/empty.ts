import { type Child, h, type Tree } from '../dom.ts';
import { plural } from '../format.ts';
import { icon } from '../icons.ts';
import type { Controls, Model } from '../model.ts';
import { commandLink } from './link.ts';

/** What there is to do when there is no task yet: the next step first, the ones after it in sight. */
export function emptyState(model: Model, controls: Controls): Child {
  const { gateway, traces, jobs } = model.state;
  if (jobs.length > 0) return null;
  const recording = gateway.kind === 'running' && gateway.capturing;
  if (traces.total > 0) return recorded(model, controls);
  return recording ? waiting(controls) : welcome(model, controls);
}

function welcome(model: Model, controls: Controls): Tree {
  const busy = model.pending.has('capture.start:') || model.state.gateway.kind === 'starting';
  return h(
    'section',
    { key: 'welcome', class: 'empty' },
    picture(),
    h('h2', null, 'Let a small model learn the part'),
    h(
      'p',
      null,
      'Understudy records the calls your program makes to a language model, finds the tasks in them, and trains a small model on this machine that can answer most of them, with proof of how well.',
    ),
    h(
      'vscode-button',
      { class: 'wide', disabled: busy, on: { click: () => void controls.act('capture.start', null) } },
      icon(busy ? 'loading' : 'record'),
      'Start Recording',
    ),
    h(
      'ol',
      { class: 'steps' },
      step('record', 'Record', 'Your program calls its model as always; answers come back byte for byte.'),
      step('search', 'Find tasks', 'Calls that share a prompt are one task.'),
      step('mortar-board', 'Train', 'A student for one task, in about a minute.'),
      step(
        'verified',
        'Prove and switch',
        'It answers only where it is certified; the rest goes to the teacher.',
      ),
    ),
    h(
      'p',
      { class: 'links' },
      commandLink('Get started', 'understudy.walkthrough.open', controls),
      commandLink('Import recorded calls', 'understudy.traces.import', controls),
    ),
    h(
      'p',
      { class: 'quiet' },
      icon('lock'),
      'Nothing leaves this machine except to the model you call anyway.',
    ),
  );
}

function waiting(controls: Controls): Tree {
  return h(
    'section',
    { key: 'waiting', class: 'empty' },
    picture(),
    h('h2', null, 'Waiting for the first call'),
    h(
      'p',
      null,
      'Start your program in a new terminal of this window. Its calls are recorded and come back unchanged.',
    ),
    h(
      'vscode-button',
      { class: 'wide', on: { click: () => controls.command('understudy.terminal.open') } },
      icon('terminal'),
      'Open Terminal',
    ),
    h(
      'p',
      { class: 'quiet' },
      'New terminals carry OPENAI_BASE_URL, ANTHROPIC_BASE_URL and GOOGLE_GEMINI_BASE_URL. A client with a URL in its code has a quick fix in the editor.',
    ),
    h(
      'p',
      { class: 'links' },
      commandLink('Copy a base URL', 'understudy.baseUrl.copy', controls),
      commandLink('Import recorded calls', 'understudy.traces.import', controls),
    ),
  );
}

function recorded({ state, pending }: Model, controls: Controls): Tree {
  const busy = pending.has('tasks.analyse:');
  return h(
    'section',
    { key: 'recorded', class: 'empty' },
    picture(),
    h('h2', null, `${plural(state.traces.total, 'call')} recorded`),
    h(
      'p',
      null,
      'Calls that share a prompt, tools and answer shape are one task. Look which tasks are in these.',
    ),
    h(
      'vscode-button',
      { class: 'wide', disabled: busy, on: { click: () => void controls.act('tasks.analyse', null) } },
      icon(busy ? 'loading' : 'search'),
      'Find Tasks',
    ),
    h('p', { class: 'quiet' }, 'Tasks show clearly from a few dozen calls; a student needs some hundreds.'),
  );
}

function step(name: string, title: string, text: string): Tree {
  return h(
    'li',
    null,
    icon(name),
    h('div', null, h('strong', null, title), h('div', { class: 'quiet' }, text)),
  );
}

/** The teacher in outline, the student stepping in front of it. */
function picture(): Tree {
  return h(
    'svg',
    { class: 'picture', viewBox: '0 0 120 72', 'aria-hidden': 'true' },
    h('path', { class: 'picture-beam', d: 'M60 2 L96 66 L24 66 Z' }),
    h('circle', { class: 'picture-teacher', cx: 52, cy: 36, r: 21 }),
    h('circle', { class: 'picture-student', cx: 71, cy: 47, r: 12 }),
    h('line', { class: 'picture-floor', x1: 14, y1: 66, x2: 106, y2: 66 }),
  );
}
