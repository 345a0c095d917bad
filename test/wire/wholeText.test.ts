import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChatRequest, wholeText } from '../../src/wire/chat.ts';

function request(begun: string | null, stop: readonly string[] = []): ChatRequest {
  const user = { role: 'user' as const, parts: [{ kind: 'text' as const, text: 'hello' }] };
  const prefill = { role: 'assistant' as const, parts: [{ kind: 'text' as const, text: begun ?? '' }] };
  return {
    model: 'm',
    messages: begun === null ? [user] : [user, prefill],
    tools: [],
    toolChoice: 'auto',
    parallelToolCalls: null,
    outputFormat: { kind: 'text' },
    sampling: {
      temperature: null,
      topP: null,
      maxTokens: null,
      stop,
      choices: 1,
      logprobs: false,
      seed: null,
    },
    stream: false,
    includeUsage: false,
    teacherOnly: [],
    unknownKeys: [],
  };
}

test('JSON that a prefill began or a stop sequence ended is read whole', () => {
  const cases: [begun: string | null, stop: string[], text: string | null, whole: string | null][] = [
    ['{', [], '"a": 1}', '{"a": 1}'],
    ['```json\n{', ['```'], '"a": 1}\n', '```json\n{"a": 1}\n'],
    [null, ['}'], '{"a": 1', '{"a": 1}'],
    ['{', [], '{"a": 1}', '{"a": 1}'],
    ['Label:', [], ' spam', ' spam'],
    ['{', [], 'no idea', 'no idea'],
    [null, [], null, null],
  ];
  for (const [begun, stop, text, whole] of cases)
    assert.equal(wholeText(request(begun, stop), { text }), whole, text ?? '');
});
