import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createMatcher } from '../../src/tasks/matcher.ts';
import { type Discovery, discoverTasks } from '../../src/tasks/miner.ts';
import type { TaskMatch } from '../../src/tasks/task.ts';
import { type ChatRequest, messageText } from '../../src/wire/chat.ts';
import { makeRequest, message, mixed, sentence, stream, tool } from './support/calls.ts';
import { handTyped, scenarios } from './support/scenarios.ts';

let discovery: Discovery;
let match: (request: ChatRequest) => TaskMatch | null;

before(() => {
  discovery = discoverTasks(mixed(...scenarios(40).map((scenario) => scenario.calls), handTyped(40)));
  match = createMatcher(discovery.tasks);
});

test('a live request gets the task, version and slots that the analysis gave it', () => {
  for (const { call, assignment } of discovery.assigned) {
    assert.deepEqual(match(call.request), {
      taskId: assignment.taskId,
      version: assignment.version,
      slots: assignment.slots,
    });
  }
  for (const { call } of discovery.unassigned) assert.equal(match(call.request), null);
});

test('one changed character of the instructions is another request', () => {
  const { call } = discovery.assigned.find((one) => one.call.trace.source === 'label after a system prompt')!;
  const { request } = call;
  const [system, user] = request.messages;
  const text = messageText(system!);
  assert.notEqual(match(request), null);
  assert.equal(match({ ...request, messages: [message('system', `${text} `), user!] }), null);
  assert.equal(match({ ...request, messages: [message('system', text.replace('S', 's')), user!] }), null);
  assert.equal(match({ ...request, messages: [system!, user!, message('assistant', 'x')] }), null);
});

test('another model, tool, format or picture is another request', () => {
  const { call } = discovery.assigned.find((one) => one.call.trace.source === 'tools without a prompt')!;
  const { request } = call;
  assert.notEqual(match(request), null);
  assert.equal(match({ ...request, model: 'teacher-9' }), null);
  assert.equal(match({ ...request, tools: [...request.tools, tool('more')] }), null);
  assert.equal(
    match({ ...request, tools: request.tools.map((one) => ({ ...one, description: 'x' })) }),
    null,
  );
  assert.equal(match({ ...request, outputFormat: { kind: 'json' } }), null);
  const picture = { kind: 'media' as const, media: 'image' as const, sha256: '', bytes: 1 };
  const { messages } = request;
  assert.equal(
    match({ ...request, messages: [{ ...messages[0]!, parts: [...messages[0]!.parts, picture] }] }),
    null,
  );
});

test('the order of tools does not matter', () => {
  const { call } = discovery.assigned.find((one) => one.call.trace.source === 'tools without a prompt')!;
  assert.notEqual(match({ ...call.request, tools: [...call.request.tools].reverse() }), null);
});

test('a main text that contains the template is read whole', () => {
  const calls = stream('fenced', 40, (random) => ({
    user: `Which language is this code?\n\n"""\n${sentence(random)}\n"""\n\nAnswer with one word.`,
    answer: ['python', 'go'][random.int(2)]!,
  }));
  const matchFenced = createMatcher(discoverTasks(calls).tasks);
  const tricky = 'print("""\n\nAnswer with one word.""")\n"""\n\nAnswer with one word.';
  const user = `Which language is this code?\n\n"""\n${tricky}\n"""\n\nAnswer with one word.`;
  assert.equal(matchFenced(makeRequest({ user }))?.slots['input'], tricky);
});

test('a long list behind a short main text is read live as the analysis read it', () => {
  const calls = stream('changes', 60, (random) => {
    const items = Array.from({ length: 3 + random.int(4) }, () => `  * ${sentence(random)}`);
    const head = `${sentence(random)} ${random.int(9)}.${random.int(9)}`;
    const urgency = ['low', 'medium', 'high'][random.int(3)]!;
    return {
      user: `<entry>\n${head}; urgency=${urgency}\n\n${items.join('\n')}\n\n -- ${sentence(random)}\n</entry>\n\nName the package.`,
      answer: head.split(' ')[0]!,
    };
  });
  const { tasks, assigned } = discoverTasks(calls);
  const matchChanges = createMatcher(tasks);
  const names = tasks[0]!.slots.map(({ name }) => name);
  assert.ok(names.length > 1 && names.includes('urgency'), names.join());
  for (const { call, assignment } of assigned) {
    assert.ok(!assignment.slots['urgency']!.includes('\n'), assignment.slots['urgency']);
    assert.deepEqual(matchChanges(call.request)?.slots, assignment.slots);
  }
});

test('a request without messages, or with an empty one, is no task', () => {
  assert.equal(match(makeRequest({ messages: [] })), null);
  assert.equal(match(makeRequest({ messages: [message('user', '')] })), null);
  assert.equal(createMatcher([])(makeRequest({ user: 'x' })), null);
});
