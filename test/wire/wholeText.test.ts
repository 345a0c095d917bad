import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChatRequest, wholeText } from '../../src/wire/chat.ts';
import { makeCalls, said } from '../dataset/support.ts';

function request(begun: string | null, stop: readonly string[] = []): ChatRequest {
  const user = { role: 'user' as const, parts: [{ kind: 'text' as const, text: 'hello' }] };
  const prefill = { role: 'assistant' as const, parts: [{ kind: 'text' as const, text: begun ?? '' }] };
  const [made] = makeCalls([{ input: 'hello', answer: said('') }]);
  const plain = made!.call.request;
  const messages = begun === null ? [user] : [user, prefill];
  return { ...plain, messages, sampling: { ...plain.sampling, stop } };
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
