import type { Prediction } from '../../src/evaluation/prediction.ts';
import type { BeforeInput } from '../../src/routing/decide.ts';
import type { RoutingPolicy } from '../../src/routing/policy.ts';
import type { TaskVersion } from '../../src/tasks/task.ts';
import type { ChatRequest, ToolDefinition } from '../../src/wire/chat.ts';

/** A call that a student may answer; tests change one thing at a time. */

export const tool: ToolDefinition = {
  name: 'SetAlarm',
  description: 'Sets an alarm.',
  parameters: { type: 'object', properties: { at: { type: 'string' } } },
  hosted: false,
};

export const request: ChatRequest = {
  model: 'teacher-large',
  messages: [
    { role: 'system', parts: [{ kind: 'text', text: 'Name the intent.' }] },
    { role: 'user', parts: [{ kind: 'text', text: 'how much money do I have' }] },
  ],
  tools: [],
  toolChoice: 'auto',
  parallelToolCalls: null,
  outputFormat: { kind: 'text' },
  sampling: { temperature: 0, topP: null, maxTokens: 16, stop: [], choices: 1, logprobs: false, seed: null },
  stream: false,
  includeUsage: false,
  teacherOnly: [],
  unknownKeys: [],
};

export const version: TaskVersion = {
  version: 2,
  template: {
    messages: [
      { role: 'system', segments: [{ kind: 'text', text: 'Name the intent.' }] },
      { role: 'user', segments: [{ kind: 'slot', name: 'user' }] },
    ],
    turns: 'fixed',
    hash: 'hash',
  },
  toolset: { kind: 'fixed', hash: 'none', tools: [] },
  outputFormat: { kind: 'text' },
  calls: 4000,
  firstMs: 0,
  lastMs: 1,
  change: null,
  models: [],
};

export const policy: RoutingPolicy = {
  taskId: 'intent',
  mode: 'on',
  canaryShare: 0.25,
  deadlineMs: 200,
  auditShare: 0.02,
  bundle: '/bundles/intent/2-1',
  version: 2,
  certificate: {
    epsilon: 0.02,
    delta: 0.05,
    threshold: 0.6,
    n: 900,
    errors: 6,
    coverage: 0.8,
    pValue: 0.001,
  },
  buckets: [
    { bucket: 'label:balance', serve: true, threshold: 0.7, n: 80, errors: 1, reason: '' },
    { bucket: 'label:transfer', serve: false, threshold: 1, n: 9, errors: 4, reason: 'too many errors' },
  ],
};

export const before: BeforeInput = {
  policy,
  match: { taskId: 'intent', version: 2, slots: { user: 'how much money do I have' } },
  request,
  bypassed: false,
  circuit: 'closed',
  version,
  draw: 0.5,
};

export const prediction: Prediction = {
  answer: { text: 'balance', toolCalls: [] },
  confidence: 0.9,
  bucket: 'label:balance',
  reason: null,
  cached: false,
};
