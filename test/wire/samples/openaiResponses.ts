import type { JsonObject } from '../../../src/base/json.ts';
import { openaiResponses } from '../../../src/wire/openaiResponses.ts';
import { parameters, picture, type Sample, schema, sse } from './sample.ts';

const question = { role: 'user', content: 'Which colour has the sky?' };
const request = {
  model: 'gpt-4o-mini',
  instructions: 'Answer in one word.',
  input: [question],
  tools: [{ type: 'function', name: 'look_up', description: 'Looks it up.', parameters, strict: true }],
  text: { format: { type: 'json_schema', name: 'answer', strict: true, schema } },
  temperature: 0,
  max_output_tokens: 16,
};
const usage = {
  input_tokens: 20,
  input_tokens_details: { cached_tokens: 8 },
  output_tokens: 3,
  output_tokens_details: { reasoning_tokens: 1 },
  total_tokens: 23,
};
const head = {
  id: 'resp_1',
  object: 'response',
  created_at: 1750000000,
  model: 'gpt-4o-mini-2024-07-18',
  error: null,
};
const body = (output: JsonObject[], more: JsonObject = {}) => ({
  ...head,
  status: 'completed',
  incomplete_details: null,
  output,
  usage,
  ...more,
});
const message = (content: JsonObject[]) => ({
  id: 'msg_1',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content,
});
const text = (value: string, logprobs: JsonObject[] = []) => ({
  type: 'output_text',
  text: value,
  annotations: [],
  logprobs,
});
const call = (id: string) => ({
  id: `fc_${id}`,
  type: 'function_call',
  status: 'completed',
  call_id: id,
  name: 'look_up',
  arguments: '{"query":"sky"}',
});
const event = (type: string, sequence_number: number, fields: JsonObject) =>
  [type, { type, sequence_number, ...fields }] as const;
const streamOf = (response: { output: JsonObject[]; status?: string }, last = 'response.completed') =>
  sse(
    event('response.created', 0, { response: { ...head, status: 'in_progress', output: [], usage: null } }),
    ...response.output.map((item, i) => event('response.output_item.done', i + 1, { output_index: i, item })),
    event(last, response.output.length + 1, { response }),
  );

const plain = body([message([text('blue')])]);
const tools = body([
  { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Look up.' }] },
  call('call_1'),
  call('call_2'),
]);
const refused = body([message([{ type: 'refusal', refusal: 'I cannot.' }])]);
const cut = body([message([text('bl', [{ token: 'bl', logprob: -0.5, top_logprobs: [] }])])], {
  status: 'incomplete',
  incomplete_details: { reason: 'max_output_tokens' },
});

export const openaiResponsesSample: Sample = {
  format: openaiResponses,
  provider: 'openai',
  paths: ['/v1/responses', '/responses', '/openai/v1/responses', '/openai/responses?api-version=preview'],
  foreignPaths: ['/v1/responses/resp_1', '/v1/responses/resp_1/cancel', '/v1/responses/input_tokens'],
  path: '/v1/responses',
  streamPath: '/v1/responses',
  request,
  hasTools: true,
  hasStop: false,
  turns: {
    ...request,
    input: [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Which colour has the sky?' }] },
      { type: 'function_call', call_id: 'call_1', name: 'look_up', arguments: '{"query":"sky"}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'blue' },
      { role: 'user', content: 'And now?' },
    ],
  },
  withPicture: {
    ...request,
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Which colour has the sky?' },
          {
            type: 'input_image',
            image_url: `data:image/png;base64,${picture.toString('base64')}`,
            detail: 'auto',
          },
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
      top_p: 1,
    },
    ...{
      safety_identifier: 's',
      truncation: 'auto',
      reasoning: { effort: 'low' },
      previous_response_id: null,
    },
  },
  teacherOnly: [
    { previous_response_id: 'resp_0' },
    { conversation: 'conv_1' },
    { background: true },
    { store: true },
    { top_logprobs: 2 },
    { include: ['reasoning.encrypted_content'] },
    { prompt: { id: 'pmpt_1' } },
    { tools: [{ type: 'web_search' }] },
    { input: [{ type: 'item_reference', id: 'msg_0' }] },
  ],
  answers: [
    {
      title: 'a text',
      body: plain,
      stream: streamOf(plain),
      reads: {
        id: 'resp_1',
        model: 'gpt-4o-mini-2024-07-18',
        text: 'blue',
        finish: 'stop',
        usage: { inputTokens: 20, outputTokens: 3, cachedInputTokens: 8, reasoningTokens: 1 },
      },
    },
    {
      title: 'reasoning and parallel tool calls',
      body: tools,
      stream: streamOf(tools),
      reads: {
        text: null,
        reasoning: 'Look up.',
        finish: 'tool-calls',
        toolCalls: [
          { id: 'call_1', name: 'look_up', arguments: '{"query":"sky"}', parsed: { query: 'sky' } },
          { id: 'call_2', name: 'look_up', arguments: '{"query":"sky"}', parsed: { query: 'sky' } },
        ],
      },
    },
    {
      title: 'a refusal',
      body: refused,
      stream: streamOf(refused),
      reads: { text: null, refusal: 'I cannot.', finish: 'refusal' },
    },
    {
      title: 'an answer cut by its token limit',
      body: cut,
      stream: streamOf(cut, 'response.incomplete'),
      reads: { text: 'bl', finish: 'length', logprobs: [{ token: 'bl', logprob: -0.5, top: [] }] },
    },
    {
      title: 'a last event without its items',
      body: plain,
      stream: sse(
        event('response.output_item.done', 1, { output_index: 0, item: message([text('blue')]) }),
        event('response.completed', 2, { response: { ...plain, output: [] } }),
      ),
      reads: { text: 'blue' },
    },
  ],
  failingStream: sse(
    event('response.created', 0, { response: head }),
    event('response.failed', 1, {
      response: { ...head, status: 'failed', error: { code: 'server_error', message: 'sorry' } },
    }),
  ),
  errorBody: {
    error: { message: 'Rate limit reached', type: 'requests', param: null, code: 'rate_limit_exceeded' },
  },
};
