import type { TaskState } from '../protocol.ts';

/** What a stage is called on a badge. */
export const stageWords: Readonly<Record<TaskState['stage'], string>> = {
  collecting: 'Collecting traffic',
  ready: 'Ready to train',
  training: 'Training',
  certified: 'Certified',
  refused: 'Stays with the teacher',
  serving: 'Serving',
  'rolled-back': 'Rolled back',
};

/** Why the teacher answered, as a person would say it. */
export const reasonWords: Readonly<Record<string, string>> = {
  served: 'answered on this machine',
  'task-off': 'switched off',
  'no-task': 'belongs to no task',
  bypassed: 'bypassed by the caller',
  'version-unknown': 'new version of the prompt',
  'no-student': 'no student yet',
  'not-certified': 'not certified',
  'request-not-understood': 'something new in the request',
  routed: 'a kind of request left to the teacher',
  'teacher-only': 'only the teacher can do it',
  shadow: 'compared silently',
  'canary-teacher': 'outside the canary share',
  'below-threshold': 'student not sure enough',
  'bucket-not-certified': 'kind of call without a certificate',
  'no-answer': 'student had no answer',
  late: 'student too late',
  'student-failed': 'student failed',
  'circuit-open': 'student resting after failures',
  'rolled-back': 'promise taken back',
};

export const rungWords: Readonly<Record<string, string>> = {
  cache: 'exact repeats only',
  wide: 'linear model on words and characters',
  'wide+deep': 'linear and neural, averaged',
  generator: 'linear, with a small network that writes short texts',
};

/** What the answers are, in a few words. */
const textWords = {
  free: 'free text',
  copied: 'a short text, copied from the input',
  written: 'a short text, written from the input',
} as const;

export function outputWords(output: TaskState['output']): string {
  switch (output.kind) {
    case 'labels':
      return `one of ${output.values.length} labels`;
    case 'multi-label':
      return `several of ${output.values.length} labels`;
    case 'json':
      return `a JSON record of ${output.fields.length} fields`;
    case 'tools':
      return `calls to ${output.tools.length} tools`;
    case 'label-then-text':
      return `one of ${output.values.length} labels, then text`;
    case 'template-text':
      return 'text with blanks to fill in';
    case 'text':
      return textWords[output.short ?? 'free'];
  }
}
