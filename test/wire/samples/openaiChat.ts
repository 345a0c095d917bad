import type { JsonObject } from '../../../src/base/json.ts';
import { openaiChat } from '../../../src/wire/openaiChat.ts';
import { parameters, picture, type Sample, schema, sse } from './sample.ts';

const request = {
  model: 'gpt-4o-mini',
  messages: [
    { role: 'system', content: 'Answer in one word.' },
    { role: 'user', content: 'Which colour has the sky?' },
  ],
  tools: [{ type: 'function', function: { name: 'look_up', description: 'Looks it up.', parameters } }],
  response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
  temperature: 0,
  max_tokens: 16,
  stop: 'END',
};
const call = { id: 'call_1', type: 'function', function: { name: 'look_up', arguments: '{"query":"sky"}' } };
const head = {
  id: 'chatcmpl-1',
  created: 1750000000,
  model: 'gpt-4o-mini-2024-07-18',
  system_fingerprint: 'fp_1',
};
const usage = {
  prompt_tokens: 20,
  completion_tokens: 3,
  total_tokens: 23,
  prompt_tokens_details: { cached_tokens: 8 },
  completion_tokens_details: { reasoning_tokens: 1 },
};
const body = (message: JsonObject, finish_reason: string, more: JsonObject = {}) => ({
  ...head,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason, ...more }],
  usage,
});
const chunk = (delta: JsonObject, finish_reason: string | null = null, more: JsonObject = {}) => ({
  ...head,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason, ...more }],
  usage: null,
});
const last = { ...head, object: 'chat.completion.chunk', choices: [], usage };
const logprob = (token: string, logprob: number) => ({
  token,
  logprob,
  bytes: [1],
  top_logprobs: [{ token, logprob, bytes: [1] }],
});

export const openaiChatSample: Sample = {
  format: openaiChat,
  provider: 'openai',
  paths: [
    ...[
      '/v1/chat/completions',
      '/chat/completions',
      '/openai/v1/chat/completions',
      '/v1/chat/completions?x=1',
    ],
    ...[
      '/openai/deployments/d/chat/completions?api-version=2024-10-21',
      '/v1/deployments/d/chat/completions',
    ],
  ],
  foreignPaths: ['/v1/embeddings', '/v1/chat/completions/chatcmpl-1', '/v1/completions'],
  path: '/v1/chat/completions',
  streamPath: '/v1/chat/completions',
  request,
  hasTools: true,
  hasStop: true,
  turns: {
    ...request,
    messages: [
      ...request.messages,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: 'blue' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'And ' },
          { type: 'text', text: 'now?' },
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
          { type: 'image_url', image_url: { url: `data:image/png;base64,${picture.toString('base64')}` } },
        ],
      },
    ],
  },
  harmless: {
    ...{
      user: 'u',
      metadata: { a: 'b' },
      service_tier: 'auto',
      store: false,
      prompt_cache_key: 'k',
      seed: 7,
    },
    ...{ safety_identifier: 's', n: 1, logprobs: false, frequency_penalty: 0, presence_penalty: 0 },
    ...{ reasoning_effort: 'low', stream_options: { include_usage: true }, logit_bias: null, top_p: 1 },
  },
  teacherOnly: [
    { n: 2 },
    { logprobs: true },
    { store: true },
    { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } },
    { web_search_options: {} },
    { functions: [{ name: 'f', parameters }] },
    { tools: [{ type: 'custom', custom: { name: 'shell' } }] },
  ],
  answers: [
    {
      title: 'a text',
      body: body({ content: 'blue', refusal: null }, 'stop', { logprobs: null }),
      stream: sse(
        chunk({ role: 'assistant', content: '', refusal: null }, null, { logprobs: null }),
        chunk({ content: 'bl' }, null, { logprobs: null }),
        chunk({ content: 'ue' }, null, { logprobs: null }),
        chunk({}, 'stop', { logprobs: null }),
        last,
        '[DONE]',
      ),
      reads: {
        id: 'chatcmpl-1',
        model: 'gpt-4o-mini-2024-07-18',
        text: 'blue',
        finish: 'stop',
        usage: { inputTokens: 20, outputTokens: 3, cachedInputTokens: 8, reasoningTokens: 1 },
      },
    },
    {
      title: 'parallel tool calls',
      body: body({ content: null, tool_calls: [call, { ...call, id: 'call_2' }] }, 'tool_calls'),
      stream: sse(
        chunk({ role: 'assistant', content: null }),
        chunk({
          tool_calls: [
            { index: 0, id: 'call_1', type: 'function', function: { name: 'look_up', arguments: '' } },
          ],
        }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '{"query"' } }] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: ':"sky"}' } }] }),
        chunk({
          tool_calls: [
            { index: 1, id: 'call_2', type: 'function', function: { name: 'look_up', arguments: '' } },
          ],
        }),
        chunk({ tool_calls: [{ index: 1, function: { arguments: '{"query":"sky"}' } }] }),
        chunk({}, 'tool_calls'),
        last,
        '[DONE]',
      ),
      reads: {
        text: null,
        finish: 'tool-calls',
        toolCalls: [
          { id: 'call_1', name: 'look_up', arguments: '{"query":"sky"}', parsed: { query: 'sky' } },
          { id: 'call_2', name: 'look_up', arguments: '{"query":"sky"}', parsed: { query: 'sky' } },
        ],
      },
    },
    {
      title: 'reasoning as DeepSeek and vLLM send it',
      body: body({ content: 'blue', reasoning_content: 'Look up.' }, 'stop'),
      stream: sse(
        chunk({ role: 'assistant', content: null, reasoning_content: '' }),
        chunk({ content: null, reasoning_content: 'Look ' }),
        chunk({ content: null, reasoning_content: 'up.' }),
        chunk({ content: 'blue', reasoning_content: null }),
        chunk({ content: '' }, 'stop'),
        last,
        '[DONE]',
      ),
      reads: { text: 'blue', reasoning: 'Look up.' },
    },
    {
      title: 'a refusal with log-probabilities',
      body: body({ content: null, refusal: 'I cannot.' }, 'stop', {
        logprobs: { content: [logprob('I', -0.1), logprob(' cannot.', -0.2)], refusal: null },
      }),
      stream: sse(
        chunk({ role: 'assistant', content: null, refusal: '' }, null, { logprobs: null }),
        chunk({ refusal: 'I' }, null, { logprobs: { content: [logprob('I', -0.1)], refusal: null } }),
        chunk({ refusal: ' cannot.' }, null, {
          logprobs: { content: [logprob(' cannot.', -0.2)], refusal: null },
        }),
        chunk({}, 'stop', { logprobs: null }),
        last,
        '[DONE]',
      ),
      reads: {
        text: null,
        refusal: 'I cannot.',
        finish: 'refusal',
        logprobs: [
          { token: 'I', logprob: -0.1, top: [{ token: 'I', logprob: -0.1 }] },
          { token: ' cannot.', logprob: -0.2, top: [{ token: ' cannot.', logprob: -0.2 }] },
        ],
      },
    },
  ],
  failingStream: sse(
    chunk({ role: 'assistant', content: 'bl' }),
    { error: { message: 'overloaded' } },
    '[DONE]',
  ),
  errorBody: {
    error: { message: 'Rate limit reached', type: 'requests', param: null, code: 'rate_limit_exceeded' },
  },
};
