import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskState } from '../../src/protocol.ts';
import { findCallSites } from '../../src/vscode/callSites.ts';
import { tasksOfSites } from '../../src/vscode/siteTasks.ts';
import { tasks } from '../host/states.ts';

const intent: TaskState = {
  ...tasks.voice,
  id: 'intent',
  name: 'intent',
  // Who answers says nothing of the client in the code.
  providers: ['local'],
  wires: ['openai'],
  prompt: 'system: Say which of these intents the message has.\n\nuser: {message}',
};
const summary: TaskState = {
  ...intent,
  id: 'summary',
  name: 'summary',
  prompt: 'user: Summarise this text in one sentence, please: {text}',
};

function found(text: string): Record<number, string[]> {
  const sites = findCallSites(text, 'javascript');
  const assigned = tasksOfSites(text, sites, [intent, summary]);
  return Object.fromEntries(sites.map((site, i) => [i, (assigned.get(site) ?? []).map((task) => task.id)]));
}

test('a prompt in the arguments of a call makes it the call of that task', () => {
  const text = `
c.chat.completions.create({ messages: [{ role: 'system', content: 'Say which of these intents the message has.' }] });
c.chat.completions.create({ messages: [{ role: 'user', content: \`Summarise this text in one sentence, please: \${t}\` }] });`;
  assert.deepEqual(found(text), { 0: ['intent'], 1: ['summary'] });
});

test('a prompt in a constant belongs to the call that uses it', () => {
  const text = `const PROMPT = 'Say which of these intents the message has.';
const client = new OpenAI();
async function other() { await c.chat.completions.create({}); }
async function intent() {
  const messages = [{ role: 'system', content: PROMPT }];
  return c.chat.completions.create({ messages });
}`;
  assert.deepEqual(found(text), { 0: ['intent'], 1: [], 2: ['intent'] });
});

test('a second call in the same block is of the same task, one in the next block is not', () => {
  const text = `async function a() {
  const messages = 'Say which of these intents the message has.';
  await c.chat.completions.create({ messages });
  await c.chat.completions.create({ messages, stream: true });
}
async function b() {
  await c.chat.completions.create({});
}`;
  assert.deepEqual(found(text), { 0: ['intent'], 1: ['intent'], 2: [] });
});

test('a name in the code wins over the text of the prompt', () => {
  const text = `c.chat.completions.create({ content: 'Say which of these intents the message has.' }, { headers: { 'x-understudy-task': 'summary' } })`;
  assert.deepEqual(found(text), { 0: ['summary'] });
});

test('nothing belongs to a call whose file has no prompt', () => {
  assert.deepEqual(found('c.chat.completions.create({ messages: load() })'), { 0: [] });
});
