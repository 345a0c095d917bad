import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../src/base/json.ts';
import { rowOf } from '../../src/traces/row.ts';
import { findField, skimTrace } from '../../src/traces/skim.ts';
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

test('a field is found at its own level only', () => {
  const value = {
    a: { request: 1 },
    're"quest': 2,
    list: [{ request: 3 }],
    text: '"request":4',
    request: { b: [5] },
    z: 6,
  };
  const json = Buffer.from(JSON.stringify(value));
  const found = findField(json, 0, 'request')!;
  assert.equal(json.toString('utf8', found.start, found.end), '{"b":[5]}');
  assert.equal(findField(json, 0, 'b'), null);
  assert.equal(findField(json, found.start, 'b') === null, false);
});

test('what is no trace is told, not thrown', () => {
  for (const text of ['', '{', '[]', '{"request":', '{"request":{"a":"', '{"request":null}', 'null', '{"a"'])
    assert.equal(skimTrace(Buffer.from(text)).ok, false, text);
});
