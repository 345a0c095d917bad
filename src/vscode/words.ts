import type { AppState, TaskState } from '../protocol.ts';

type Mode = TaskState['mode'];
type Verdict = TaskState['capabilities'][number]['verdict'];

/** Who answers, from the safest to the boldest. */
export const modeNames: readonly { readonly mode: Mode; readonly label: string; readonly detail: string }[] =
  [
    { mode: 'off', label: 'Teacher', detail: 'The teacher answers everything, as before' },
    {
      mode: 'shadow',
      label: 'Shadow',
      detail: 'The teacher answers; the student predicts silently, to compare',
    },
    {
      mode: 'canary',
      label: 'Canary',
      detail: 'The student answers a small share of the calls it is sure of',
    },
    {
      mode: 'on',
      label: 'Student',
      detail: 'The student answers wherever it is sure; the rest goes to the teacher',
    },
  ];

export const verdictNames: Readonly<Record<Verdict, string>> = {
  keep: 'Keep',
  route: 'Route to the teacher',
  drop: 'Drop',
  'not yet': 'Not yet decided',
};

/** One decimal, except where it would hide that a share is not quite nothing or not quite everything. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return '<0.1 %';
  if (share < 1 && share > 0.999) return '>99.9 %';
  return `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
}

/** `12`, `1.2k`, `3.4M`. */
export function compact(count: number): string {
  if (count < 1000) return String(count);
  if (count < 999_500) return `${trim(count / 1000)}k`;
  return `${trim(count / 1_000_000)}M`;
}

export interface Status {
  readonly kind: 'off' | 'starting' | 'recording' | 'serving' | 'error';
  readonly icon: string;
  readonly text: string;
  readonly tooltip: string;
}

/** The status bar item: one word on what is going on, the rest in the tooltip. */
export function statusOf(state: AppState): Status {
  const { gateway, traces } = state;
  const error = state.problems.find((problem) => problem.severity === 'error');
  if (gateway.kind === 'failed' || error !== undefined) {
    const message = gateway.kind === 'failed' ? gateway.message : (error?.message ?? '');
    const next = error?.next ? `\n${error.next}` : '';
    return { kind: 'error', icon: 'warning', text: 'Understudy', tooltip: `${message}${next}` };
  }
  if (gateway.kind === 'starting') {
    return { kind: 'starting', icon: 'loading~spin', text: 'Understudy', tooltip: 'Starting the gateway' };
  }
  const serving = state.tasks.filter(isServing);
  if (gateway.kind === 'running' && serving.length > 0) {
    const { hits, n } = localShare(serving);
    const share = n === 0 ? 'ready' : `${percent(hits / n)} local`;
    const names = serving.map((task) => task.name).join(', ');
    const tooltip = `Students answer for: ${names}\n${hits} of ${n} calls answered locally`;
    return { kind: 'serving', icon: 'zap', text: `Understudy: ${share}`, tooltip };
  }
  if (gateway.kind === 'running' && gateway.capturing) {
    const shed = traces.shed === 0 ? '' : `\n${traces.shed} calls went through unrecorded`;
    const tooltip = `Recording on port ${gateway.port}: ${traces.total} calls, ${traces.today} today${shed}`;
    return { kind: 'recording', icon: 'record', text: `Understudy: ${compact(traces.total)}`, tooltip };
  }
  const tooltip = 'Not recording. Open the Understudy view to start.';
  return { kind: 'off', icon: 'circle-slash', text: 'Understudy', tooltip };
}

export function isServing(task: TaskState): boolean {
  return (task.mode === 'canary' || task.mode === 'on') && task.student !== null;
}

/** A lens is laid out as a flex box, which swallows an ordinary space behind its icon. */
export function spaced(title: string): string {
  return title.replace(/^(\$\([\w-]+\)) /, '$1\u00a0');
}

/** A task in the width of a CodeLens. */
export function lensTitle(task: TaskState): string {
  const calls = `${task.calls.toLocaleString('en-US')} ${task.calls === 1 ? 'call' : 'calls'}`;
  return spaced(`$(${stageIcon(task)}) ${task.name} · ${calls} · ${stageWords(task)}`);
}

function stageWords(task: TaskState): string {
  const { answeredLocally } = task.live;
  if (isServing(task)) {
    const share = answeredLocally.n > 0 ? ` ${percent(answeredLocally.rate)}` : '';
    return task.mode === 'canary' ? `canary answers${share}` : `student answers${share}`;
  }
  const agreement = task.student?.report?.agreement.rate;
  if (task.mode === 'shadow') return 'shadow';
  if (task.stage === 'certified' && agreement !== undefined) return `${percent(agreement)} agree · switch on`;
  return stages[task.stage];
}

const stages: Readonly<Record<TaskState['stage'], string>> = {
  collecting: 'collecting',
  ready: 'ready to train',
  training: 'training',
  certified: 'certified',
  refused: 'stays with the teacher',
  serving: 'student answers',
  'rolled-back': 'rolled back to the teacher',
};

function stageIcon(task: TaskState): string {
  if (task.stage === 'training') return 'loading~spin';
  if (task.stage === 'rolled-back') return 'warning';
  if (isServing(task)) return 'zap';
  return task.stage === 'certified' ? 'verified' : 'record';
}

function localShare(tasks: readonly TaskState[]): { hits: number; n: number } {
  let hits = 0;
  let n = 0;
  for (const { live } of tasks) {
    hits += live.answeredLocally.hits;
    n += live.answeredLocally.n;
  }
  return { hits, n };
}

function trim(value: number): string {
  return value < 10 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value));
}
