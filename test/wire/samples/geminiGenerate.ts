import type { JsonObject } from '../../../src/base/json.ts';
import { geminiGenerate } from '../../../src/wire/geminiGenerate.ts';
import { parameters, picture, type Sample, schema, sse } from './sample.ts';

const question = { role: 'user', parts: [{ text: 'Which colour has the sky?' }] };
const request = {
  contents: [question],
  systemInstruction: { parts: [{ text: 'Answer in one word.' }] },
  tools: [{ functionDeclarations: [{ name: 'look_up', description: 'Looks it up.', parameters }] }],
  generationConfig: {
    temperature: 0,
    maxOutputTokens: 16,
    stopSequences: ['END'],
    responseMimeType: 'application/json',
    responseJsonSchema: schema,
  },
};
const config = (more: JsonObject) => ({ generationConfig: { ...request.generationConfig, ...more } });
const usageMetadata = {
  promptTokenCount: 20,
  candidatesTokenCount: 2,
  thoughtsTokenCount: 1,
  cachedContentTokenCount: 8,
  totalTokenCount: 23,
};
const tail = { usageMetadata, modelVersion: 'gemini-2.5-flash', responseId: 'r1' };
const body = (parts: JsonObject[], finishReason: string, more: JsonObject = {}) => ({
  candidates: [{ content: { parts, role: 'model' }, finishReason, index: 0, ...more }],
  ...tail,
});
const chunk = (parts: JsonObject[], more: JsonObject = {}) => ({
  candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
  ...tail,
});
const call = { functionCall: { name: 'look_up', args: { query: 'sky' } } };
const chosen = (token: string) => ({ token, logProbability: -0.5 });

export const geminiGenerateSample: Sample = {
  format: geminiGenerate,
  provider: 'gemini',
  paths: [
    ...[
      '/v1beta/models/gemini-2.5-flash:generateContent',
      '/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    ],
    ...['/v1/projects/p/locations/l/publishers/google/models/m:generateContent', '/models/m:generateContent'],
    ...['/v1beta1/publishers/google/models/m:streamGenerateContent?alt=sse'],
  ],
  foreignPaths: ['/v1beta/models/m:countTokens', '/v1beta/models/m:batchEmbedContents', '/v1beta/models'],
  path: '/v1beta/models/gpt-4o-mini:generateContent',
  streamPath: '/v1beta/models/gpt-4o-mini:streamGenerateContent?alt=sse',
  request,
  hasTools: true,
  hasStop: true,
  turns: {
    ...request,
    contents: [
      question,
      { role: 'model', parts: [{ functionCall: { id: 'call_1', name: 'look_up', args: { query: 'sky' } } }] },
      { role: 'user', parts: [{ functionResponse: { id: 'call_1', name: 'look_up', response: 'blue' } }] },
      { role: 'user', parts: [{ text: 'And now?' }] },
    ],
  },
  withPicture: {
    ...request,
    contents: [
      {
        role: 'user',
        parts: [
          { text: 'Which colour has the sky?' },
          { inlineData: { mimeType: 'image/png', data: picture.toString('base64') } },
        ],
      },
    ],
  },
  harmless: {
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
    labels: { a: 'b' },
    ...config({ seed: 7, topP: 1, topK: 1, candidateCount: 1, thinkingConfig: { thinkingBudget: 0 } }),
  },
  teacherOnly: [
    { cachedContent: 'cachedContents/1' },
    { tools: [{ googleSearch: {} }] },
    config({ candidateCount: 2 }),
    config({ responseLogprobs: true }),
    config({ thinkingConfig: { includeThoughts: true } }),
    config({ responseModalities: ['TEXT', 'IMAGE'] }),
  ],
  answers: [
    {
      title: 'a text',
      body: body([{ text: 'blue' }], 'STOP'),
      stream: sse(chunk([{ text: 'bl' }]), chunk([{ text: 'ue' }], { finishReason: 'STOP' })),
      reads: {
        id: 'r1',
        model: 'gemini-2.5-flash',
        text: 'blue',
        finish: 'stop',
        usage: { inputTokens: 20, outputTokens: 3, cachedInputTokens: 8, reasoningTokens: 1 },
      },
    },
    {
      title: 'a thought and parallel tool calls',
      body: body([{ text: 'Look up.', thought: true }, call, call], 'STOP'),
      stream: sse(
        chunk([{ text: 'Look ', thought: true }]),
        chunk([{ text: 'up.', thought: true }]),
        chunk([call, call], { finishReason: 'STOP' }),
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
      title: 'a streamed JSON array, cut by its token limit, with log-probabilities',
      body: body([{ text: 'blu' }], 'MAX_TOKENS', {
        logprobsResult: { chosenCandidates: [chosen('bl'), chosen('u')] },
      }),
      stream: `[${JSON.stringify(chunk([{ text: 'bl' }], { logprobsResult: { chosenCandidates: [chosen('bl')] } }))}\n,\r\n${JSON.stringify(chunk([{ text: 'u' }], { finishReason: 'MAX_TOKENS', logprobsResult: { chosenCandidates: [chosen('u')] } }))}\n]`,
      reads: {
        text: 'blu',
        finish: 'length',
        logprobs: [
          { token: 'bl', logprob: -0.5, top: [] },
          { token: 'u', logprob: -0.5, top: [] },
        ],
      },
    },
    {
      title: 'a blocked prompt',
      body: { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata },
      stream: sse({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata }),
      reads: { text: null, finish: 'content-filter', refusal: 'SAFETY' },
    },
  ],
  failingStream: sse(chunk([{ text: 'bl' }]), {
    error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' },
  }),
  errorBody: { error: { code: 429, message: 'Quota', status: 'RESOURCE_EXHAUSTED' } },
};
