import type { JsonObject } from '../../../src/base/json.ts';
import { ollamaChat } from '../../../src/wire/ollamaChat.ts';
import { ollamaGenerate } from '../../../src/wire/ollamaGenerate.ts';
import { parameters, picture, type Sample, schema } from './sample.ts';

const shared = {
  model: 'gpt-4o-mini',
  format: schema,
  options: { temperature: 0, num_predict: 16, stop: ['END'] },
};
const question = { role: 'user', content: 'Which colour has the sky?' };
const chat = {
  ...shared,
  messages: [{ role: 'system', content: 'Answer in one word.' }, question],
  tools: [{ type: 'function', function: { name: 'look_up', description: 'Looks it up.', parameters } }],
};
const head = { model: 'llama3.2', created_at: '2026-01-01T00:00:00Z' };
const done = (done_reason: string) => ({
  done: true,
  done_reason,
  total_duration: 5,
  load_duration: 1,
  prompt_eval_count: 20,
  prompt_eval_duration: 2,
  eval_count: 3,
  eval_duration: 2,
});
const call = { function: { name: 'look_up', arguments: { query: 'sky' } } };
const lines = (...items: readonly JsonObject[]): string =>
  items.map((item) => `${JSON.stringify(item)}\n`).join('');
const said = (message: JsonObject) => ({ ...head, message: { role: 'assistant', ...message }, done: false });
const usage = { inputTokens: 20, outputTokens: 3, cachedInputTokens: 0, reasoningTokens: 0 };
const harmless = {
  keep_alive: '5m',
  think: false,
  options: { ...shared.options, seed: 7, top_k: 1, num_ctx: 2048 },
};

export const ollamaChatSample: Sample = {
  format: ollamaChat,
  provider: 'ollama',
  paths: ['/api/chat'],
  foreignPaths: ['/api/embed', '/api/tags', '/api/chat/x'],
  path: '/api/chat',
  streamPath: '/api/chat',
  request: chat,
  hasTools: true,
  hasStop: true,
  turns: {
    ...chat,
    messages: [
      ...chat.messages,
      { role: 'assistant', content: '', tool_calls: [{ id: 'call_1', ...call }] },
      { role: 'tool', tool_name: 'call_1', content: 'blue' },
      { role: 'user', content: 'And now?' },
    ],
  },
  withPicture: { ...chat, messages: [{ ...question, images: [picture.toString('base64')] }] },
  harmless,
  teacherOnly: [{ think: true }, { logprobs: true, top_logprobs: 2 }],
  answers: [
    {
      title: 'a text',
      body: { ...head, message: { role: 'assistant', content: 'blue' }, ...done('stop') },
      stream: lines(said({ content: 'bl' }), said({ content: 'ue' }), {
        ...said({ content: '' }),
        ...done('stop'),
      }),
      reads: { model: 'llama3.2', text: 'blue', finish: 'stop', usage },
    },
    {
      title: 'thinking and parallel tool calls',
      body: {
        ...head,
        message: { role: 'assistant', content: '', thinking: 'Look up.', tool_calls: [call, call] },
        ...done('stop'),
      },
      stream: lines(
        said({ content: '', thinking: 'Look ' }),
        said({ content: '', thinking: 'up.' }),
        said({ content: '', tool_calls: [call] }),
        said({ content: '', tool_calls: [call] }),
        { ...said({ content: '' }), ...done('stop') },
      ),
      reads: {
        text: null,
        reasoning: 'Look up.',
        finish: 'tool-calls',
        toolCalls: [
          { id: '', name: 'look_up', arguments: '{"query":"sky"}', parsed: { query: 'sky' } },
          { id: '', name: 'look_up', arguments: '{"query":"sky"}', parsed: { query: 'sky' } },
        ],
      },
    },
    {
      title: 'an answer cut by its token limit',
      body: { ...head, message: { role: 'assistant', content: 'bl' }, ...done('length') },
      stream: lines(said({ content: 'bl' }), { ...said({ content: '' }), ...done('length') }),
      reads: { text: 'bl', finish: 'length' },
    },
  ],
  failingStream: lines(said({ content: 'bl' }), { error: 'model runner has stopped' }),
  errorBody: { error: 'model "x" not found' },
};

const prompt = { ...shared, system: 'Answer in one word.', prompt: 'Which colour has the sky?' };
const wrote = (response: string, more: JsonObject = {}) => ({ ...head, response, done: false, ...more });

export const ollamaGenerateSample: Sample = {
  format: ollamaGenerate,
  provider: 'ollama',
  paths: ['/api/generate'],
  foreignPaths: ['/api/embed', '/api/generate/x'],
  path: '/api/generate',
  streamPath: '/api/generate',
  request: prompt,
  hasTools: false,
  hasStop: true,
  turns: null,
  withPicture: { ...prompt, images: [picture.toString('base64')] },
  harmless,
  teacherOnly: [{ think: true }, { suffix: 'x' }, { context: [1, 2] }, { raw: true }, { template: 't' }],
  answers: [
    {
      title: 'a text',
      body: { ...head, response: 'blue', ...done('stop'), context: [1, 2] },
      stream: lines(wrote('bl'), wrote('ue'), { ...wrote(''), ...done('stop'), context: [1, 2] }),
      reads: { model: 'llama3.2', text: 'blue', finish: 'stop', usage },
    },
    {
      title: 'thinking',
      body: { ...head, response: 'blue', thinking: 'Look up.', ...done('length') },
      stream: lines(wrote('', { thinking: 'Look ' }), wrote('', { thinking: 'up.' }), wrote('blue'), {
        ...wrote(''),
        ...done('length'),
      }),
      reads: { text: 'blue', reasoning: 'Look up.', finish: 'length' },
    },
  ],
  failingStream: lines(wrote('bl'), { error: 'model runner has stopped' }),
  errorBody: { error: 'model "x" not found' },
};
