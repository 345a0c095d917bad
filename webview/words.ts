import type { TaskState } from '../src/protocol.ts';

export interface StageWords {
  readonly label: string;
  readonly icon: string;
  readonly tone: 'quiet' | 'busy' | 'good' | 'bad' | 'ready';
}

export const stages: Readonly<Record<TaskState['stage'], StageWords>> = {
  collecting: { label: 'Collecting', icon: 'record-small', tone: 'quiet' },
  ready: { label: 'Ready to train', icon: 'mortar-board', tone: 'ready' },
  training: { label: 'Training', icon: 'loading', tone: 'busy' },
  certified: { label: 'Certified', icon: 'verified', tone: 'good' },
  refused: { label: 'Teacher', icon: 'shield', tone: 'quiet' },
  serving: { label: 'Serving', icon: 'zap', tone: 'good' },
  'rolled-back': { label: 'Rolled back', icon: 'discard', tone: 'bad' },
};

export const modes: readonly {
  readonly mode: TaskState['mode'];
  readonly label: string;
  readonly detail: string;
}[] = [
  { mode: 'off', label: 'Teacher', detail: 'The teacher answers everything, as before.' },
  {
    mode: 'shadow',
    label: 'Shadow',
    detail: 'The teacher answers; the student predicts silently, to compare.',
  },
  {
    mode: 'canary',
    label: 'Canary',
    detail: 'The student answers a small share of the calls it is sure of.',
  },
  {
    mode: 'on',
    label: 'Student',
    detail: 'The student answers wherever it is sure; the teacher answers the rest.',
  },
];

/** Why a call went to the teacher, as a person would say it. */
export const reasons: Readonly<Record<string, string>> = {
  served: 'Answered by the student',
  'task-off': 'Task switched off',
  'no-task': 'Belongs to no task',
  bypassed: 'Bypassed by header',
  'version-unknown': 'New version of the prompt',
  'no-student': 'No student yet',
  'not-certified': 'Student not certified',
  'request-not-understood': 'Request with something new in it',
  routed: 'Kind of request left to the teacher',
  'teacher-only': 'Asked for the teacher',
  shadow: 'Shadow: compared silently',
  'canary-teacher': 'Outside the canary share',
  'below-threshold': 'Student not sure enough',
  'bucket-not-certified': 'Kind of call without a certificate',
  'no-answer': 'Student had no answer',
  late: 'Student too late',
  'student-failed': 'Student failed',
  'circuit-open': 'Resting after failures',
  'rolled-back': 'Rolled back',
};

export const verdicts: Readonly<Record<string, string>> = {
  keep: 'Keep',
  route: 'Route',
  drop: 'Drop',
  'not yet': 'Not yet',
};

export const grades: readonly {
  readonly grade: TaskState['capabilities'][number]['cost']['grade'];
  readonly label: string;
  readonly dollars: number;
}[] = [
  { grade: 'trivial', label: 'Trivial', dollars: 0.01 },
  { grade: 'low', label: 'Low', dollars: 0.05 },
  { grade: 'high', label: 'High', dollars: 5 },
  { grade: 'severe', label: 'Severe', dollars: 50 },
];

export const rungs: Readonly<Record<string, string>> = {
  cache: 'exact repeats only',
  wide: 'linear on words and characters',
  'wide+deep': 'linear and neural, averaged',
  generator: 'linear, with a small network that writes short texts',
};

export function isServing(task: TaskState): boolean {
  return (task.mode === 'canary' || task.mode === 'on') && task.student !== null;
}

/** `intent classification into 31 labels`: the answer's shape in a few words. */
const textWords = {
  free: 'free text',
  copied: 'a short text, copied from the input',
  written: 'a short text, written from the input',
} as const;

export function outputWords(output: TaskState['output']): string {
  switch (output.kind) {
    case 'labels':
      return `one of ${output.values.length} labels${output.closed ? '' : ', list still open'}`;
    case 'multi-label':
      return `several of ${output.values.length} labels`;
    case 'json':
      return `JSON with ${output.fields.length} ${output.fields.length === 1 ? 'field' : 'fields'}`;
    case 'tools':
      return `calls to ${output.tools.length} ${output.tools.length === 1 ? 'tool' : 'tools'}`;
    case 'label-then-text':
      return `one of ${output.values.length} labels, then text`;
    case 'template-text':
      return 'text with blanks to fill in';
    case 'text':
      return textWords[output.short ?? 'free'];
  }
}
