// Calls a teacher with every official client and prints what each one understood, one JSON line per case. Runs in a
// folder that has the clients installed: `node cases.mjs '<base URLs as JSON>'`.

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { ChatOpenAI } from '@langchain/openai';
import { Mistral } from '@mistralai/mistralai';
import { generateText, jsonSchema, streamText, tool } from 'ai';
import Groq from 'groq-sdk';
import { Ollama } from 'ollama';
import OpenAI, { AzureOpenAI } from 'openai';

globalThis.AI_SDK_LOG_WARNINGS = false;
const urls = JSON.parse(process.argv[2]);
const key = 'sk-test';
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const ask = (text) => [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: text },
];
const functions = [
  { type: 'function', function: { name: 'weather', description: 'Weather of a city.', parameters } },
];

const openai = new OpenAI({ apiKey: key, baseURL: `${urls.openai}/v1` });
const azure = new AzureOpenAI({
  apiKey: key,
  endpoint: urls.azure,
  apiVersion: '2024-10-21',
  deployment: 'dep',
});
const anthropic = new Anthropic({ apiKey: key, baseURL: urls.anthropic });
const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: urls.gemini } });
const ollama = new Ollama({ host: urls.ollama });
const groq = new Groq({ apiKey: key, baseURL: urls.openai });
const mistral = new Mistral({ apiKey: key, serverURL: urls.openai });
const aiOpenai = createOpenAI({ apiKey: key, baseURL: `${urls.openai}/v1` });
const aiAnthropic = createAnthropic({ apiKey: key, baseURL: `${urls.anthropic}/v1` });
const langchain = (model, more = {}) =>
  new ChatOpenAI({
    apiKey: key,
    model,
    maxRetries: 1,
    configuration: { baseURL: `${urls.openai}/v1` },
    ...more,
  });

async function joined(stream, read) {
  let text = '';
  for await (const chunk of stream) text += read(chunk) ?? '';
  return text;
}

function completions(client) {
  const model = 'mock';
  return {
    plain: async () => (await client.chat.completions.create({ model, messages: ask('hi') })).choices,
    stream: async () =>
      joined(
        await client.chat.completions.create({ model, messages: ask('hi'), stream: true }),
        (chunk) => chunk.choices[0]?.delta?.content,
      ),
    tools: async () =>
      (await client.chat.completions.create({ model, messages: ask('use tool'), tools: functions })).choices,
    retried: async () =>
      (await client.chat.completions.create({ model, messages: ask('busy once') })).choices,
    refused: async () => client.chat.completions.create({ model, messages: ask('bad request') }),
    broken: async () =>
      joined(
        await client.chat.completions.create({ model, messages: ask('break off'), stream: true }),
        (chunk) => chunk.choices[0]?.delta?.content,
      ),
  };
}

function aiSdk(model) {
  const weather = tool({ description: 'Weather of a city.', inputSchema: jsonSchema(parameters) });
  const pick = ({ text, toolCalls, finishReason, usage }) => ({
    text,
    finishReason,
    tokens: usage.outputTokens,
    tools: toolCalls.map(({ toolName, input }) => ({ toolName, input })),
  });
  return {
    plain: async () => pick(await generateText({ model, prompt: 'hi' })),
    stream: async () => joined(streamText({ model, prompt: 'hi' }).textStream, (piece) => piece),
    tools: async () => pick(await generateText({ model, prompt: 'use tool', tools: { weather } })),
    refused: async () => generateText({ model, prompt: 'bad request', maxRetries: 0 }),
  };
}

const clients = {
  openai: {
    ...completions(openai),
    parsed: async () =>
      (
        await openai.chat.completions
          .stream({ model: 'mock', messages: ask('use tool'), tools: functions })
          .finalChatCompletion()
      ).choices,
    id: async () =>
      (await openai.chat.completions.create({ model: 'mock', messages: ask('hi') }))._request_id,
    embeddings: async () => (await openai.embeddings.create({ model: 'e', input: 'hi' })).data,
    models: async () => (await openai.models.list()).data,
    aborted: async () => {
      const stream = await openai.chat.completions.create({
        model: 'mock',
        messages: ask('slow'),
        stream: true,
      });
      for await (const chunk of stream) {
        if (chunk.choices[0]?.delta?.content) stream.controller.abort();
      }
      return 'ended';
    },
  },
  responses: {
    plain: async () => (await openai.responses.create({ model: 'mock', input: 'hi' })).output,
    stream: async () => {
      const stream = openai.responses.stream({ model: 'mock', input: 'hi' });
      return (await stream.finalResponse()).output_text;
    },
    tools: async () =>
      (
        await openai.responses.create({
          model: 'mock',
          input: 'use tool',
          tools: [{ type: 'function', name: 'weather', parameters, strict: false }],
        })
      ).output,
  },
  azure: completions(azure),
  groq: completions(groq),
  anthropic: {
    plain: async () =>
      anthropic.messages.create({
        model: 'mock',
        max_tokens: 99,
        system: 'Be brief.',
        messages: [{ role: 'user', content: 'hi' }],
      }),
    stream: async () =>
      anthropic.messages
        .stream({ model: 'mock', max_tokens: 99, messages: [{ role: 'user', content: 'hi' }] })
        .finalMessage(),
    tools: async () =>
      anthropic.messages
        .stream({
          model: 'mock',
          max_tokens: 99,
          messages: [{ role: 'user', content: 'use tool' }],
          tools: [{ name: 'weather', input_schema: parameters }],
        })
        .finalMessage(),
    retried: async () =>
      (
        await anthropic.messages.create({
          model: 'mock',
          max_tokens: 99,
          messages: [{ role: 'user', content: 'busy once' }],
        })
      ).content,
    refused: async () =>
      anthropic.messages.create({
        model: 'mock',
        max_tokens: 99,
        messages: [{ role: 'user', content: 'bad request' }],
      }),
    broken: async () =>
      anthropic.messages
        .stream({ model: 'mock', max_tokens: 99, messages: [{ role: 'user', content: 'break off' }] })
        .finalMessage(),
  },
  google: {
    plain: async () => {
      const answer = await google.models.generateContent({ model: 'mock', contents: 'hi' });
      return [answer.text, answer.usageMetadata, answer.candidates];
    },
    stream: async () =>
      joined(
        await google.models.generateContentStream({ model: 'mock', contents: 'hi' }),
        (chunk) => chunk.text,
      ),
    tools: async () =>
      (
        await google.models.generateContent({
          model: 'mock',
          contents: 'use tool',
          config: {
            tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: parameters }] }],
          },
        })
      ).functionCalls,
    refused: async () => google.models.generateContent({ model: 'mock', contents: 'bad request' }),
  },
  ollama: {
    plain: async () => ollama.chat({ model: 'mock', messages: ask('hi') }),
    stream: async () =>
      joined(
        await ollama.chat({ model: 'mock', messages: ask('hi'), stream: true }),
        (part) => part.message.content,
      ),
    tools: async () => ollama.chat({ model: 'mock', messages: ask('use tool'), tools: functions }),
    generate: async () =>
      joined(await ollama.generate({ model: 'mock', prompt: 'hi', stream: true }), (part) => part.response),
    refused: async () => ollama.chat({ model: 'mock', messages: ask('bad request') }),
    broken: async () =>
      joined(
        await ollama.chat({ model: 'mock', messages: ask('break off'), stream: true }),
        (part) => part.message.content,
      ),
  },
  mistral: {
    plain: async () => (await mistral.chat.complete({ model: 'mock', messages: ask('hi') })).choices,
    stream: async () =>
      joined(
        await mistral.chat.stream({ model: 'mock', messages: ask('hi') }),
        (event) => event.data.choices[0]?.delta?.content,
      ),
    refused: async () => mistral.chat.complete({ model: 'mock', messages: ask('bad request') }),
  },
  langchain: {
    plain: async () => {
      const { content, usage_metadata: usage } = await langchain('mock').invoke('hi');
      return { content, usage };
    },
    stream: async () => joined(await langchain('mock').stream('hi'), (chunk) => chunk.content),
    tools: async () => (await langchain('mock').bindTools(functions).invoke('use tool')).tool_calls,
    retried: async () => (await langchain('mock').invoke('busy once')).content,
    refused: async () => langchain('mock').invoke('bad request'),
  },
  'ai with OpenAI chat': aiSdk(aiOpenai.chat('mock')),
  'ai with OpenAI responses': aiSdk(aiOpenai('mock')),
  'ai with Anthropic': aiSdk(aiAnthropic('mock')),
};

for (const [client, cases] of Object.entries(clients)) {
  for (const [name, run] of Object.entries(cases)) {
    let said;
    try {
      said = { result: await run() };
    } catch (error) {
      said = {
        error: {
          name: error?.constructor?.name,
          status: error?.status ?? error?.statusCode ?? error?.status_code,
          message: String(error?.message).slice(0, 200),
        },
      };
    }
    console.log(JSON.stringify({ case: `${client}: ${name}`, ...said }));
  }
}
process.exit(0);
