import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../src/base/json.ts';
import { answersAgree, type CompareOptions, canonicalAnswer } from '../../src/evaluation/compare.ts';
import type { Answer } from '../../src/wire/chat.ts';

const text = (value: string | null): Answer => ({ text: value, toolCalls: [] });
const tools = (...calls: [string, string][]): Answer => ({
  text: null,
  toolCalls: calls.map(([name, args]) => ({ name, arguments: args })),
});

/** [what, one answer, the other, do they agree?, options] */
const cases: readonly [string, Answer, Answer, boolean, CompareOptions?][] = [
  ['equal labels', text('balance'), text('balance'), true],
  ['labels with spaces around', text(' balance\n'), text('balance'), true],
  ['labels in another case', text('Balance'), text('balance'), false],
  ['different labels', text('balance'), text('transfer'), false],
  ['no text and empty text', text(null), text(''), true],
  ['aliased labels', text('acct balance'), text('balance'), true, { aliases: { 'acct balance': 'balance' } }],
  ['a label named like an object method', text('constructor'), text('toString'), false, { aliases: {} }],
  ['runs of spaces', text('two  words\there'), text('two words here'), true],
  ['line ends of another system', text('a\r\nb  \nc'), text('a\nb\nc'), true],
  ['a line break against a space', text('a\nb'), text('a b'), false],
  ['keys in another order', text('{"a":1,"b":[true]}'), text('{ "b": [true], "a": 1 }'), true],
  ['numbers by value', text('{"a":1.50}'), text('{"a":1.5}'), true],
  ['a number against its text', text('{"a":1}'), text('{"a":"1"}'), false],
  ['null against absent', text('{"a":null}'), text('{}'), false],
  ['values in another case', text('{"a":"X"}'), text('{"a":"x"}'), false],
  ['values with spaces', text('{"a":"x "}'), text('{"a":"x"}'), false],
  ['arrays in another order', text('[1,2]'), text('[2,1]'), false],
  [
    'long ids that a double cannot tell apart',
    text('{"id":1234567890123456788}'),
    text('{"id":1234567890123456789}'),
    false,
  ],
  [
    'equal long ids',
    text('{"id":1234567890123456789, "x":1}'),
    text('{"x":1,"id":1234567890123456789}'),
    true,
  ],
  [
    'digits inside a string',
    text('{"id":"12345678901234567890"}'),
    text('{"id": "12345678901234567890"}'),
    true,
  ],
  ['a code fence around JSON', text('```json\n{"a": 1}\n```'), text('{"a":1}'), true],
  ['a code fence around anything else', text('```\nbalance\n```'), text('balance'), false],
  ['JSON against almost JSON', text('{"a":1}'), text('{"a":1'), false],
  ['prose around JSON', text('Here: {"a":1}'), text('{"a":1}'), false],
  ['escapes of the same character', text('{"a":"\\u00e9"}'), text('{"a":"é"}'), true],
  ['a key called __proto__', text('{"__proto__":1}'), text('{"__proto__":2}'), false],
  ['equal calls', tools(['f', '{"a":1}']), tools(['f', '{ "a": 1 }']), true],
  ['calls of other tools', tools(['f', '{}']), tools(['g', '{}']), false],
  ['no arguments and empty ones', tools(['f', '']), tools(['f', '{}']), true],
  ['parallel calls in another order', tools(['f', '{}'], ['g', '{}']), tools(['g', '{}'], ['f', '{}']), true],
  ['a call made twice', tools(['f', '{}'], ['f', '{}']), tools(['f', '{}']), false],
  ['a call against text', tools(['f', '{}']), text('f {}'), false],
  ['broken arguments', tools(['f', '{"a":']), tools(['f', '{"a": ']), true],
  ['commentary beside a call', { ...tools(['f', '{}']), text: 'One moment.' }, tools(['f', '{}']), false],
  [
    'commentary that nobody parses',
    { ...tools(['f', '{}']), text: 'One moment.' },
    tools(['f', '{}']),
    true,
    { ignoreCommentary: true },
  ],
  [
    'a folded field',
    text('{"a":"New  York"}'),
    text('{"a":"new york"}'),
    true,
    { fields: { a: { fold: true } } },
  ],
  [
    'a folded field elsewhere',
    text('{"b":"X"}'),
    text('{"b":"x"}'),
    false,
    { fields: { a: { fold: true } } },
  ],
  [
    'a set',
    text('{"a":{"tags":["x","y"]}}'),
    text('{"a":{"tags":["y","x"]}}'),
    true,
    { fields: { 'a.tags': { orderFree: true } } },
  ],
  [
    'a folded field of a list',
    text('{"items":[{"name":"A","n":1}]}'),
    text('{"items":[{"name":"a","n":1}]}'),
    true,
    { fields: { 'items[].name': { fold: true } } },
  ],
  [
    'an ignored field',
    text('{"a":1,"at":5}'),
    text('{"a":1,"at":6}'),
    true,
    { fields: { at: { ignore: true } } },
  ],
  [
    'a folded argument',
    tools(['f', '{"q":"A"}']),
    tools(['f', '{"q":"a"}']),
    true,
    { fields: { 'f.q': { fold: true } } },
  ],
];

for (const [what, a, b, agree, options] of cases)
  test(`${what}: ${agree ? 'agree' : 'disagree'}`, () => {
    assert.equal(answersAgree(a, b, options), agree);
    assert.equal(answersAgree(b, a, options), agree);
  });

const shuffled = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, field]): [string, Json] => [key, shuffled(field)]);
  return Object.fromEntries(entries.reverse());
};

test('JSON agrees with itself in any key order and spacing, bare, fenced and as arguments', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const json = value as Json;
      const written = JSON.stringify(json);
      const rewritten = JSON.stringify(shuffled(json), null, 2);
      assert.ok(answersAgree(text(written), text(rewritten)));
      assert.ok(answersAgree(text(written), text(`\`\`\`json\n${rewritten}\n\`\`\``)));
      assert.ok(answersAgree(tools(['f', written]), tools(['f', rewritten])));
    }),
  );
});

test('two different JSON objects never agree', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (value, extra) => {
      fc.pre(!Object.hasOwn(value, extra));
      const more = { ...value, [extra]: 0 };
      fc.pre(Object.hasOwn(more, extra));
      assert.ok(!answersAgree(text(JSON.stringify(value)), text(JSON.stringify(more))));
    }),
  );
});

test('no pair of texts confuses the comparison of parts', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      // Text and tool calls never run into each other: [a, b] as one text is not a beside b.
      assert.notEqual(canonicalAnswer(tools([a, b])), canonicalAnswer(text(`${a}${b}`)));
    }),
  );
});
