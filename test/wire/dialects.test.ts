import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from '../../src/base/json.ts';
import type { ChatResponse } from '../../src/wire/chat.ts';
import { openaiChat } from '../../src/wire/openaiChat.ts';
import { sse } from './samples/sample.ts';

/** What servers that speak OpenAI's chat completions do differently, each as it comes from that server. */

const chunk = (choice: JsonObject, more: JsonObject = {}): JsonObject => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1750000000,
  model: 'm',
  choices: [{ index: 0, ...choice }],
  ...more,
});
const usage = { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23 };
const figures = (more: JsonObject = {}): JsonObject => ({
  ...chunk({}),
  choices: [],
  usage: { ...usage, ...more },
});
const call = (id: string, name: string, args: Json, more: JsonObject = {}): JsonObject => ({
  id,
  type: 'function',
  function: { name, arguments: args },
  ...more,
});
const lookUp = { name: 'look_up', arguments: '{"query":"sky"}', parsed: { query: 'sky' } };
const read = { inputTokens: 20, outputTokens: 3, cachedInputTokens: 0, reasoningTokens: 0 };

const streams: readonly { from: string; stream: string; reads: Partial<ChatResponse> }[] = [
  {
    from: 'DeepSeek: keep-alive comments, reasoning before the answer, its own cache figures',
    stream: `: keep-alive\n\n${sse(
      chunk({ delta: { role: 'assistant', content: null, reasoning_content: '' }, finish_reason: null }),
      chunk({ delta: { content: null, reasoning_content: 'Look up.' }, finish_reason: null }),
    )}: keep-alive\n\n${sse(
      chunk({ delta: { content: 'blue', reasoning_content: null }, finish_reason: null }),
      chunk(
        { delta: { content: '', reasoning_content: null }, finish_reason: 'stop' },
        {
          usage: {
            ...usage,
            prompt_cache_hit_tokens: 8,
            prompt_cache_miss_tokens: 12,
            completion_tokens_details: { reasoning_tokens: 2 },
          },
        },
      ),
      '[DONE]',
    )}`,
    reads: {
      text: 'blue',
      reasoning: 'Look up.',
      finish: 'stop',
      usage: { ...read, cachedInputTokens: 8, reasoningTokens: 2 },
    },
  },
  {
    from: 'DeepSeek without room: an answer that is none',
    stream: sse(chunk({ delta: { content: 'bl' }, finish_reason: 'insufficient_system_resource' }), '[DONE]'),
    reads: { finish: 'error' },
  },
  {
    from: 'Mistral: tool calls whole in the last chunk, without index, arguments as an object',
    stream: sse(
      chunk({ delta: { role: 'assistant', content: '' }, finish_reason: null }),
      chunk(
        {
          delta: {
            content: '',
            tool_calls: [call('a1', 'look_up', { query: 'sky' }), call('a2', 'look_up', '{"query":"sky"}')],
          },
          finish_reason: 'tool_calls',
        },
        { usage },
      ),
      '[DONE]',
    ),
    reads: {
      finish: 'tool-calls',
      toolCalls: [
        { id: 'a1', ...lookUp },
        { id: 'a2', ...lookUp },
      ],
      usage: read,
    },
  },
  {
    from: 'Mistral: thinking as a part of the content, and its own name for a full context',
    stream: sse(
      chunk({
        delta: { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Look up.' }] }] },
        finish_reason: null,
      }),
      chunk({ delta: { content: [{ type: 'text', text: 'blue' }] }, finish_reason: 'model_length' }),
      '[DONE]',
    ),
    reads: { text: 'blue', reasoning: 'Look up.', finish: 'length' },
  },
  {
    from: 'Groq: reasoning under its own name, figures in a place of its own',
    stream: sse(
      chunk({ delta: { role: 'assistant', content: '' } }, { x_groq: { id: 'req_1' } }),
      chunk({ delta: { reasoning: 'Look up.' }, finish_reason: null }),
      chunk({ delta: { content: 'blue' }, finish_reason: null }),
      chunk({ delta: {}, finish_reason: 'stop' }, { x_groq: { id: 'req_1', usage } }),
      '[DONE]',
    ),
    reads: { text: 'blue', reasoning: 'Look up.', usage: read },
  },
  {
    from: 'vLLM: the role in every chunk, figures in every chunk, a finish of `stop` beside tool calls',
    stream: sse(
      chunk({ delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }, { usage }),
      chunk({
        delta: { role: 'assistant', tool_calls: [call('v1', 'look_up', '', { index: 0 })] },
        finish_reason: null,
      }),
      chunk({
        delta: { role: 'assistant', tool_calls: [{ index: 0, function: { arguments: '{"query":' } }] },
      }),
      chunk({ delta: { role: 'assistant', tool_calls: [{ index: 0, function: { arguments: '"sky"}' } }] } }),
      chunk({ delta: { content: '' }, finish_reason: 'stop', stop_reason: null }, { usage }),
      '[DONE]',
    ),
    reads: { toolCalls: [{ id: 'v1', ...lookUp }], usage: read },
  },
  {
    from: 'llama.cpp: id and name of a call repeated in its fragments, timings at the end',
    stream: sse(
      chunk({ delta: { role: 'assistant', content: null }, finish_reason: null }),
      chunk({ delta: { tool_calls: [call('l1', 'look_up', '{"query', { index: 0 })] }, finish_reason: null }),
      chunk({
        delta: { tool_calls: [call('l1', 'look_up', '":"sky"}', { index: 0 })] },
        finish_reason: null,
      }),
      chunk({ delta: {}, finish_reason: 'tool_calls' }, { timings: { prompt_n: 20, predicted_n: 3 } }),
      figures(),
      '[DONE]',
    ),
    reads: { toolCalls: [{ id: 'l1', ...lookUp }], finish: 'tool-calls', usage: read },
  },
  {
    from: 'servers that number all parallel calls 0',
    stream: sse(
      chunk({ delta: { tool_calls: [call('o1', 'look_up', '{"query":"sky"}', { index: 0 })] } }),
      chunk({ delta: { tool_calls: [call('o2', 'look_up', '{"query":"sky"}', { index: 0 })] } }),
      chunk({ delta: {}, finish_reason: 'tool_calls' }),
      '[DONE]',
    ),
    reads: {
      toolCalls: [
        { id: 'o1', ...lookUp },
        { id: 'o2', ...lookUp },
      ],
    },
  },
  {
    from: 'Azure: a chunk without a choice at first, filter results, a late chunk of the filter',
    stream: sse(
      { ...chunk({}), choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] },
      chunk({ delta: { role: 'assistant', content: '', refusal: null }, content_filter_results: {} }),
      chunk({ delta: { content: 'blue' }, content_filter_results: { hate: { filtered: false } } }),
      chunk({ delta: {}, finish_reason: 'stop', content_filter_results: {} }),
      chunk({ finish_reason: null, content_filter_offsets: { start_offset: 0 }, content_filter_results: {} }),
      '[DONE]',
    ),
    reads: { text: 'blue', finish: 'stop' },
  },
  {
    from: 'Azure: an answer taken away by the filter',
    stream: sse(
      chunk({ delta: { role: 'assistant', content: 'bl' }, finish_reason: null }),
      chunk({ delta: {}, finish_reason: 'content_filter' }),
      '[DONE]',
    ),
    reads: { finish: 'content-filter' },
  },
  {
    from: 'OpenRouter: comments while it waits, reasoning in two forms',
    stream: `: OPENROUTER PROCESSING\n\n${sse(
      chunk({
        delta: {
          role: 'assistant',
          content: '',
          reasoning: 'Look up.',
          reasoning_details: [{ type: 'reasoning.text', text: 'Look up.', index: 0 }],
        },
        finish_reason: null,
        native_finish_reason: null,
      }),
      chunk({ delta: { content: 'blue' }, finish_reason: 'stop', native_finish_reason: 'STOP' }),
      figures({ cost: 0.0001 }),
      '[DONE]',
    )}`,
    reads: { text: 'blue', reasoning: 'Look up.', usage: read },
  },
  {
    from: 'servers that write an empty reason before the last one',
    stream: sse(
      chunk({ delta: { content: 'blue' }, finish_reason: '' }),
      chunk({ delta: {}, finish_reason: 'eos_token' }),
      '[DONE]',
    ),
    reads: { text: 'blue', finish: 'stop' },
  },
  {
    from: 'servers that end with the figures and never say [DONE]',
    stream: sse(chunk({ delta: { content: 'blue' }, finish_reason: 'stop' }), figures()),
    reads: { text: 'blue', usage: read },
  },
];

for (const { from, stream, reads } of streams) {
  test(`reads a stream of ${from}`, () => {
    for (const text of [stream, stream.replaceAll('\n', '\r\n')]) {
      const joined = openaiChat.joinStream(text);
      assert.ok(joined.ok, joined.ok ? '' : joined.error.message);
      const response = openaiChat.parseResponse(joined.value);
      assert.ok(response.ok, response.ok ? '' : response.error.message);
      for (const [key, value] of Object.entries(reads))
        assert.deepEqual(response.value[key as keyof typeof reads], value, key);
    }
  });
}

test('an empty reason is no end, and figures before the end are none either', () => {
  for (const stream of [
    sse(chunk({ delta: { content: 'bl' }, finish_reason: '' }), '[DONE]'),
    sse(chunk({ delta: { content: 'bl' }, finish_reason: null }, { usage })),
  ])
    assert.equal(openaiChat.joinStream(stream).ok, false);
});

const bodies: readonly { from: string; body: JsonObject; reads: Partial<ChatResponse> }[] = [
  {
    from: 'Groq',
    body: {
      id: 'c1',
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'blue', reasoning: 'Up.' },
          finish_reason: 'stop',
        },
      ],
      usage: { ...usage, queue_time: 0.1 },
      x_groq: { id: 'req_1' },
    },
    reads: { text: 'blue', reasoning: 'Up.', usage: read },
  },
  {
    from: 'several choices',
    body: {
      id: 'c1',
      model: 'm',
      choices: [0, 1].map((index) => ({ index, message: { role: 'assistant', content: `${index}` } })),
    },
    reads: { text: '0', choices: 2 },
  },
  {
    from: 'old functions',
    body: {
      id: 'c1',
      model: 'm',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: null,
            function_call: { name: 'look_up', arguments: '{"query":"sky"}' },
          },
          finish_reason: 'function_call',
        },
      ],
    },
    reads: { toolCalls: [{ id: '', ...lookUp }], finish: 'tool-calls' },
  },
];

for (const { from, body, reads } of bodies) {
  test(`reads a body of ${from}`, () => {
    const response = openaiChat.parseResponse(body);
    assert.ok(response.ok);
    for (const [key, value] of Object.entries(reads))
      assert.deepEqual(response.value[key as keyof typeof reads], value, key);
  });
}

const requests: readonly {
  from: string;
  more: JsonObject;
  unknown?: readonly string[];
  teacher?: boolean;
}[] = [
  {
    from: 'Mistral',
    more: { safe_prompt: true, random_seed: 3, tool_choice: 'any' },
  },
  { from: 'Groq', more: { reasoning_format: 'parsed', service_tier: 'on_demand', include_reasoning: false } },
  { from: 'DeepSeek', more: { thinking: { type: 'disabled' } }, unknown: ['thinking'] },
  { from: 'vLLM', more: { top_k: 20, min_p: 0.1, repetition_penalty: 1.1 } },
  { from: 'vLLM with a grammar', more: { guided_choice: ['a', 'b'] }, unknown: ['guided_choice'] },
  { from: 'llama.cpp with a grammar', more: { grammar: 'root ::= "a"' }, unknown: ['grammar'] },
  { from: 'Azure with data of its own', more: { data_sources: [{}] }, unknown: ['data_sources'] },
  { from: 'JSON mode', more: { response_format: { type: 'json_object' } } },
];

for (const { from, more, unknown = [] } of requests) {
  test(`reads a request as ${from} takes it`, () => {
    const messages = [{ role: 'user', content: 'hi' }];
    const request = openaiChat.parseRequest({ model: 'm', messages, ...more }, '/v1/chat/completions');
    assert.ok(request.ok);
    assert.deepEqual(request.value.unknownKeys, unknown);
    if (more['random_seed'] !== undefined) assert.equal(request.value.sampling.seed, 3);
    if (more['response_format'] !== undefined) assert.deepEqual(request.value.outputFormat, { kind: 'json' });
  });
}
