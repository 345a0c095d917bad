import type { JsonObject } from '../../../src/base/json.ts';
import { anthropicMessages } from '../../../src/wire/anthropicMessages.ts';
import { parameters, picture, type Sample, schema, sse } from './sample.ts';

const request = {
  model: 'claude-haiku-4-5',
  max_tokens: 16,
  system: [{ type: 'text', text: 'Answer in one word.', cache_control: { type: 'ephemeral' } }],
  messages: [{ role: 'user', content: 'Which colour has the sky?' }],
  tools: [{ name: 'look_up', description: 'Looks it up.', input_schema: parameters }],
  output_config: { format: { type: 'json_schema', schema } },
  temperature: 0,
  stop_sequences: ['END'],
};
const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-haiku-4-5-20251001' };
const usage = {
  input_tokens: 12,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 8,
  output_tokens: 3,
};
const body = (content: JsonObject[], stop_reason: string) => ({
  ...head,
  content,
  stop_reason,
  stop_sequence: null,
  usage,
});
const start = [
  'message_start',
  {
    type: 'message_start',
    message: {
      ...head,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...usage, output_tokens: 1 },
    },
  },
] as const;
const ping = ['ping', { type: 'ping' }] as const;
const open = (index: number, content_block: JsonObject) =>
  ['content_block_start', { type: 'content_block_start', index, content_block }] as const;
const delta = (index: number, piece: JsonObject) =>
  ['content_block_delta', { type: 'content_block_delta', index, delta: piece }] as const;
const close = (index: number) => ['content_block_stop', { type: 'content_block_stop', index }] as const;
const end = (stop_reason: string) =>
  [
    [
      'message_delta',
      { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 3 } },
    ],
    ['message_stop', { type: 'message_stop' }],
  ] as const;
const tool = (id: string) => ({ type: 'tool_use', id, name: 'look_up', input: { query: 'sky' } });
const toolEvents = (index: number, id: string) =>
  [
    open(index, { ...tool(id), input: {} }),
    delta(index, { type: 'input_json_delta', partial_json: '' }),
    delta(index, { type: 'input_json_delta', partial_json: '{"query": "s' }),
    delta(index, { type: 'input_json_delta', partial_json: 'ky"}' }),
    close(index),
  ] as const;

export const anthropicMessagesSample: Sample = {
  format: anthropicMessages,
  provider: 'anthropic',
  paths: ['/v1/messages', '/messages', '/v1/messages?beta=true', '/anthropic/v1/messages'],
  foreignPaths: ['/v1/messages/count_tokens', '/v1/messages/batches', '/v1/models', '/v1/threads/t/messages'],
  path: '/v1/messages',
  streamPath: '/v1/messages',
  request,
  hasTools: true,
  namesStop: true,
  hasStop: true,
  turns: {
    ...request,
    messages: [
      ...request.messages,
      { role: 'assistant', content: [tool('call_1')] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: 'blue' }] },
          { type: 'text', text: 'And now?' },
        ],
      },
    ],
  },
  withPicture: {
    ...request,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Which colour has the sky?' },
          {
            type: 'image',
            source: { type: 'base64', media_type: 'image/png', data: picture.toString('base64') },
          },
        ],
      },
    ],
  },
  harmless: {
    metadata: { user_id: 'u' },
    service_tier: 'auto',
    top_k: 1,
    top_p: 1,
    cache_control: { type: 'ephemeral' },
    thinking: { type: 'disabled' },
  },
  teacherOnly: [
    { thinking: { type: 'enabled', budget_tokens: 1024 } },
    { container: 'container_1' },
    { mcp_servers: [{ type: 'url', url: 'https://example.com', name: 'm' }] },
    { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } },
  ],
  answers: [
    {
      title: 'a text',
      body: body([{ type: 'text', text: 'blue' }], 'end_turn'),
      stream: sse(
        start,
        open(0, { type: 'text', text: '' }),
        ping,
        delta(0, { type: 'text_delta', text: 'bl' }),
        delta(0, { type: 'text_delta', text: 'ue' }),
        close(0),
        ...end('end_turn'),
      ),
      reads: {
        id: 'msg_1',
        model: 'claude-haiku-4-5-20251001',
        text: 'blue',
        finish: 'stop',
        usage: { inputTokens: 20, outputTokens: 3, cachedInputTokens: 8, reasoningTokens: 0 },
      },
    },
    {
      title: 'thinking, a text and parallel tool calls',
      body: body(
        [
          { type: 'thinking', thinking: 'Look up.', signature: 'abc' },
          { type: 'text', text: 'Wait.' },
          tool('call_1'),
          tool('call_2'),
        ],
        'tool_use',
      ),
      stream: sse(
        start,
        open(0, { type: 'thinking', thinking: '', signature: '' }),
        delta(0, { type: 'thinking_delta', thinking: 'Look ' }),
        delta(0, { type: 'thinking_delta', thinking: 'up.' }),
        delta(0, { type: 'signature_delta', signature: 'abc' }),
        close(0),
        open(1, { type: 'text', text: '' }),
        delta(1, { type: 'text_delta', text: 'Wait.' }),
        close(1),
        ...toolEvents(2, 'call_1'),
        ...toolEvents(3, 'call_2'),
        ...end('tool_use'),
      ),
      reads: {
        text: 'Wait.',
        reasoning: 'Look up.',
        finish: 'tool-calls',
        toolCalls: [
          { id: 'call_1', name: 'look_up', arguments: '{"query":"sky"}', parsed: { query: 'sky' } },
          { id: 'call_2', name: 'look_up', arguments: '{"query":"sky"}', parsed: { query: 'sky' } },
        ],
      },
    },
    {
      title: 'an answer cut by its token limit',
      body: body([{ type: 'text', text: 'bl' }], 'max_tokens'),
      stream: sse(
        start,
        open(0, { type: 'text', text: '' }),
        delta(0, { type: 'text_delta', text: 'bl' }),
        close(0),
        ...end('max_tokens'),
      ),
      reads: { text: 'bl', finish: 'length' },
    },
    {
      title: 'a refusal',
      body: body([], 'refusal'),
      stream: sse(start, ...end('refusal')),
      reads: { text: null, finish: 'refusal', refusal: '' },
    },
  ],
  failingStream: sse(start, [
    'error',
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  ]),
  errorBody: { type: 'error', error: { type: 'rate_limit_error', message: 'Too many' }, request_id: 'req_1' },
};
