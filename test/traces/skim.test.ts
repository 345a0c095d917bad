import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../src/base/json.ts';
import { rowOf } from '../../src/traces/row.ts';
import { skimTrace } from '../../src/traces/skim.ts';
import { makeTrace } from './sample.ts';

test('a skimmed trace gives the same row as the whole one, whatever the bodies are', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.jsonValue(),
      fc.string(),
      fc.boolean(),
      (request, response, text, named) => {
        const trace = makeTrace('a', {
          site: `"request":{"model":"x"} ${text}`,
          response: response as Json,
          request: named ? { messages: [text, request as Json], model: text } : (request as Json),
        });
        const skimmed = skimTrace(Buffer.from(JSON.stringify(trace)));
        assert.ok(skimmed.ok);
        const whole = JSON.parse(JSON.stringify(trace)) as typeof trace;
        assert.deepEqual(rowOf(skimmed.value), rowOf(whole));
      },
    ),
    { numRuns: 500 },
  );
});

test('only model and usage are taken from the bodies, and only from their own level', () => {
  const inner = { model: 'wrong', usage: { prompt_tokens: 99 } };
  const request = {
    messages: [{ role: 'user', content: '"model":"wrong","request":{' }],
    metadata: inner,
    model: 'asked',
  };
  const response = { choices: [inner], 'us"age': 1, usage: { prompt_tokens: 7, completion_tokens: 2 } };
  const skimmed = skimTrace(Buffer.from(JSON.stringify(makeTrace('a', { request, response }))));
  assert.ok(skimmed.ok);
  assert.deepEqual(skimmed.value.request, { model: 'asked' });
  assert.deepEqual(skimmed.value.response, { usage: { prompt_tokens: 7, completion_tokens: 2 } });
});

test('a trace written in another way is read all the same', () => {
  const trace = makeTrace('a');
  const skimmed = skimTrace(Buffer.from(JSON.stringify(trace, null, 2)));
  assert.ok(skimmed.ok);
  assert.deepEqual(rowOf(skimmed.value), rowOf(trace));
});

test('what is no trace is told, not thrown', () => {
  for (const text of ['', '{', '[]', '{"request":', '{"request":{"a":"', '{"request":null}', 'null', '{"a"'])
    assert.equal(skimTrace(Buffer.from(text)).ok, false, text);
});
