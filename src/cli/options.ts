/** What the options mean that several commands take, each with its default. */

export type OptionHelp = readonly [option: string, meaning: string];

export const storageHelp: OptionHelp = [
  '--storage DIR',
  'Where recorded calls, tasks and students lie (~/.understudy/serve).',
];

export const promiseHelp: readonly OptionHelp[] = [
  [
    '--epsilon SHARE',
    "The promise: at most this share of the student's answers differs from the teacher's (0.02).",
  ],
  ['--delta SHARE', 'The probability with which the promise may fail to hold (0.05).'],
  [
    '--new-kinds SHARE',
    'The promise survives this share of calls of kinds never seen; auto takes what the traffic suggests (auto).',
  ],
];

export const trainingHelp: readonly OptionHelp[] = [
  ['--device NAME', 'auto, cpu, webgpu or webgpu-f16; auto takes what measures faster (auto).'],
  ['--seed N', 'The same traffic and seed make the same student (1).'],
];

export const redactionHelp: readonly OptionHelp[] = [
  ['--redact KINDS', 'Takes out some of emails,phones,cards,ibans as well; keys and tokens always are.'],
  [
    '--redact-pattern NAME=REGEX',
    'Takes out what the pattern matches and writes the name there; may be repeated.',
  ],
];
