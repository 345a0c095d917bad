import assert from 'node:assert/strict';
import { test } from 'node:test';
import { predictionsOf } from '../../src/cli/predictions.ts';
import { traceIdOf } from '../../src/cli/sender.ts';
import type { ReplayLine } from '../../src/cli/traffic.ts';
import type { Trace } from '../../src/traces/trace.ts';

const line: ReplayLine = {
  atMs: 0,
  site: null,
  provider: 'openai',
  status: 200,
  path: '/v1/chat/completions',
  request: '{}',
  response: JSON.stringify({
    id: 'c',
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
  }),
  split: 'test',
  file: 'a.jsonl',
  line: 1,
};

function predicted(route: Partial<NonNullable<Trace['route']>>) {
  const trace = {
    format: 'openai-chat',
    servedBy: 'teacher',
    route: { taskId: 't', reason: 'shadow', confidence: null, answer: null, bucket: null, ...route },
  } as unknown as Trace;
  return predictionsOf([line], new Map([[traceIdOf(line), trace]]))[0]!;
}

test('a shadow call that the busy worker was not asked about says nothing of the student', () => {
  assert.equal(predicted({}).scored, null);
});

test('a shadow call with an answer, or with a doubt and none, counts', () => {
  const answered = predicted({ confidence: 0.9, answer: { text: 'yes', toolCalls: [] } }).scored;
  assert.deepEqual([answered?.agree, answered?.answered], [true, true]);
  assert.equal(predicted({ confidence: 0.2 }).scored?.answered, false);
});
