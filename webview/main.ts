import './style.css';
import type { ToWebview } from '../src/protocol.ts';
import { render } from './dom.ts';
import { connect } from './host.ts';
import { type Controls, type Memory, type Model, recall } from './model.ts';
import { defineComponents } from './toolkit.ts';
import { sidebar } from './views/sidebar.ts';

defineComponents();
const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root element.');

const host = connect(receive);
let model: Model | null = null;
let memory: Memory = recall(host.remembered);
let wantedTask: string | null = null;
let scheduled = false;

const controls: Controls = {
  act: async (name, params) => {
    const key = `${name}:${params !== null && 'taskId' in params ? String(params.taskId) : ''}`;
    change({ pending: new Set([...(model?.pending ?? []), key]), failure: null });
    const outcome = await host.act(name, params);
    const pending = new Set(model?.pending ?? []);
    pending.delete(key);
    change({ pending, ...(outcome.ok ? {} : { failure: outcome }) });
    return outcome;
  },
  command: host.command,
  open: (taskId) => {
    remember({ taskId, scroll: 0 });
    change({ failure: null, renaming: null });
    requestAnimationFrame(() => {
      window.scrollTo(0, 0);
      document.querySelector<HTMLElement>('[data-focus]')?.focus();
    });
  },
  toggle: (section, open) => {
    const others = memory.open.filter((name) => name !== section);
    remember({ open: open ? [...others, section] : others });
    change({});
  },
  filterVerdicts: (verdictFilter) => {
    remember({ verdictFilter });
    change({});
  },
  rename: (taskId) => {
    change({ renaming: taskId });
    // After the frame that draws the field.
    requestAnimationFrame(() => {
      const field = document.querySelector<HTMLInputElement>('.name-field');
      field?.focus();
      field?.select();
    });
  },
  finishRename: (name) => {
    const task = model?.state.tasks.find((candidate) => candidate.id === model?.renaming);
    change({ renaming: null });
    if (task !== undefined && name !== '' && name !== task.name) {
      void controls.act('task.rename', { taskId: task.id, name });
    }
  },
  dismiss: () => change({ failure: null }),
};

function receive(message: ToWebview): void {
  if (message.kind === 'state') {
    const first = model === null;
    model = {
      pending: new Set(),
      failure: null,
      renaming: null,
      ...model,
      memory,
      state: message.state,
      nowMs: Date.now(),
    };
    if (wantedTask !== null) controls.open(wantedTask);
    wantedTask = null;
    draw();
    if (first) requestAnimationFrame(() => window.scrollTo(0, memory.scroll));
  } else if (message.kind === 'show-task') {
    if (model === null) wantedTask = message.taskId;
    else controls.open(message.taskId);
  }
}

function change(part: Partial<Model>): void {
  if (model === null) return;
  model = { ...model, ...part, memory };
  draw();
}

function remember(part: Partial<Memory>): void {
  memory = { ...memory, ...part };
  host.remember(memory);
}

/** At most one drawing per frame. A hidden page has no frames, so it draws when it is shown. */
function draw(): void {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    if (model !== null && root !== null) render(root, sidebar(model, controls));
  });
}

let scrollTimer = 0;
window.addEventListener('scroll', () => {
  window.clearTimeout(scrollTimer);
  scrollTimer = window.setTimeout(() => remember({ scroll: window.scrollY }), 200);
});
window.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && memory.taskId !== null && model?.renaming === null) controls.open(null);
});
