import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, type Random } from '../../src/base/random.ts';
import { anthropicMessages } from '../../src/wire/anthropicMessages.ts';
import { openaiChat } from '../../src/wire/openaiChat.ts';
import { parseSse } from '../../src/wire/sse.ts';

/** Texts as models stream them, with what JSON must escape and what only looks like it. */
const words = [
  'word ',
  '',
  'é',
  '"',
  '\\',
  '\n',
  'data: ',
  '\u2028',
  '{"content":"',
  'tab\t',
  'a b c',
  '}]}',
];
const pick = <T>(random: Random, values: readonly T[]): T => values[random.int(values.length)]!;

function openaiEvent(random: Random, content: string): string {
  const delta = pick(random, [
    ...Array.from({ length: 12 }, () => ({ content })),
    { content, reasoning_content: content },
    { reasoning_content: content },
    { role: 'assistant', content },
    { content, refusal: null },
    { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: content } }] },
  ]);
  const index = random.int(12) === 0 ? 1 : 0;
  const more = pick(random, [{}, {}, {}, { logprobs: { content: [{ token: content, logprob: -1 }] } }]);
  return JSON.stringify({
    id: 'c',
    created: random.int(20) === 0 ? 2 : 1,
    choices: [{ index, delta, ...more, finish_reason: null }],
    ...(random.int(3) > 0 ? {} : { content, text: 'x' }),
    ...(random.int(2) > 0 ? {} : { obfuscation: content }),
  });
}

function openaiStream(random: Random): string {
  const isOpenai = random.int(2) === 0;
  const simple = (content: string, i: number): string =>
    JSON.stringify({
      choices: [{ index: 0, delta: { content } }],
      usage: null,
      obfuscation: 'ab'.repeat(i % 5),
    });
  const events = Array.from({ length: random.int(40) }, (_, i) =>
    isOpenai ? simple(pick(random, words), i) : openaiEvent(random, pick(random, words)),
  );
  const ends = [0, 1].map((index) =>
    JSON.stringify({ choices: [{ index, delta: {}, finish_reason: 'stop' }] }),
  );
  const damaged = random.int(10) === 0 ? ['{"choices":[{"index":0,"delta":{"content":"a\tb"}}]}'] : [];
  return [...events, ...damaged, ...ends, '[DONE]'].map((data) => `data: ${data}\n\n`).join('');
}

function anthropicStream(random: Random): string {
  const types = [
    ...[
      { type: 'text_delta', text: '' },
      { type: 'text_delta', text: '' },
    ],
    { type: 'thinking_delta', thinking: '' },
    { type: 'signature_delta', signature: '' },
    { type: 'input_json_delta', partial_json: '' },
  ];
  let type = types[0]!;
  const deltas = Array.from({ length: random.int(40) }, () => {
    if (random.int(4) === 0) type = pick(random, types);
    const [, key = ''] = Object.keys(type);
    const word = type.type === 'input_json_delta' ? pick(random, ['1', '2', '']) : pick(random, words);
    return {
      type: 'content_block_delta',
      index: random.int(8) === 0 ? 1 : 0,
      delta: { ...type, [key]: word },
    };
  });
  const events = [
    { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1 } } },
    ...[0, 1].map((index) => ({
      type: 'content_block_start',
      index,
      content_block: { type: 'text', text: '' },
    })),
    ...deltas,
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

for (const [format, make] of [
  [openaiChat, openaiStream],
  [anthropicMessages, anthropicStream],
] as const) {
  test(`a stream of ${format.name} says the same whether its events are taken together or one by one`, () => {
    const random = createRandom(11);
    let whole = 0;
    for (let i = 0; i < 3000; i++) {
      const stream = make(random);
      const joined = format.joinStream(stream);
      // With other line ends every event is taken apart.
      const expected = format.joinStream(stream.replaceAll('\n\n', '\r\n\r\n'));
      assert.deepEqual(joined, expected, stream);
      if (joined.ok) whole++;
    }
    assert.ok(whole > 1000 && parseSse('data: x\r\n\r\n').length === 1);
  });
}
