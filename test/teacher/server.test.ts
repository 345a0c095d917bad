import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { isObject } from '../../src/base/json.ts';
import { startEmbeddedTeacher } from '../../src/teacher/embedded.ts';
import { startTeacher, type Teacher } from '../../src/teacher/server.ts';

const sample = path.resolve(import.meta.dirname, '../../sample/requests.jsonl.gz');
let teacher: Teacher;
before(async () => {
  teacher = await startEmbeddedTeacher(sample, {});
});
after(() => teacher.close());

const question = "tell me my credit card's annual percentage rate";

test('the embedded teacher answers the openai client as recorded', async () => {
  const client = new OpenAI({ apiKey: 'k', baseURL: `${teacher.urls.openai}/v1`, maxRetries: 0 });
  const completion = await client.chat.completions.create({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: question }],
  });
  assert.equal(completion.choices[0]?.message.content, 'apr');
  assert.equal(completion.choices[0]?.finish_reason, 'stop');
  assert.ok((completion.usage?.prompt_tokens ?? 0) > 0);
});

test('the embedded teacher streams to the openai client', async () => {
  const client = new OpenAI({ apiKey: 'k', baseURL: `${teacher.urls.openai}/v1`, maxRetries: 0 });
  const stream = await client.chat.completions.create({
    model: 'gpt-4o',
    stream: true,
    messages: [{ role: 'user', content: question }],
  });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  assert.equal(text, 'apr');
});

test('the embedded teacher answers the anthropic client', async () => {
  const client = new Anthropic({ apiKey: 'k', baseURL: teacher.urls.anthropic, maxRetries: 0 });
  const message = await client.messages.create({
    model: 'claude-sonnet-4-6',
    max_tokens: 16,
    messages: [{ role: 'user', content: 'book a table on 1/20/2023 for 5 people in MH' }],
  });
  assert.deepEqual(
    message.content.map((block) => block.type === 'text' && block.text),
    ['{"intent":"BookRestaurant","domain":"food"}'],
  );
});

test('a text that is not in the sample gets the answer of its nearest neighbour', async () => {
  const client = new OpenAI({ apiKey: 'k', baseURL: `${teacher.urls.openai}/v1`, maxRetries: 0 });
  const completion = await client.chat.completions.create({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: "please tell me my credit card's annual percentage rate" }],
  });
  assert.equal(completion.choices[0]?.message.content, 'apr');
});

test('a recorded error keeps its status and body', async () => {
  const request = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
  const limited = { status: 429, response: { error: { message: 'slow down', type: 'rate_limit' } } };
  const server = await startTeacher({
    answer: (body) => (isObject(body) && body['model'] === 'm' ? limited : null),
  });
  try {
    const post = (body: unknown) =>
      fetch(`${server.urls.openai}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) });
    const found = await post({ ...request, stream: true });
    assert.equal(found.status, 429);
    assert.deepEqual(await found.json(), { error: { message: 'slow down', type: 'rate_limit' } });
    assert.equal((await post({ ...request, model: 'other' })).status, 404);
    assert.equal((await fetch(`http://127.0.0.1:${server.port}/nothing`)).status, 404);
  } finally {
    await server.close();
  }
});
