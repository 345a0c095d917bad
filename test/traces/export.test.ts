import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { toCall } from '../../src/traces/call.ts';
import { exportCalls } from '../../src/traces/export/export.ts';
import { importTraces } from '../../src/traces/import/import.ts';
import { openJournal } from '../../src/traces/journal.ts';
import type { Call } from '../../src/traces/trace.ts';
import { makeTrace, readAll, temporaryFolder } from './sample.ts';

const tools = [
  { type: 'function', function: { name: 'get_weather', description: 'd', parameters: { type: 'object' } } },
];
const calls: readonly Call[] = [
  makeTrace('plain'),
  makeTrace('tools', {
    request: {
      model: 'm',
      messages: [
        { role: 'user', content: 'Oslo?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: '4C' },
        { role: 'user', content: 'And Bergen?' },
      ],
      tools,
      parallel_tool_calls: false,
    },
    response: {
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                id: 'c2',
                type: 'function',
                function: { name: 'get_weather', arguments: '{"city":"Bergen"}' },
              },
            ],
          },
        },
      ],
    },
  }),
  makeTrace('failed', { status: 500 }),
].map((trace) => toCall(trace)!);

test('a chat export has the conversation with the answer last, and imports again as the same calls', async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'chat.jsonl');
  assert.equal(await exportCalls(calls, file, 'chat'), 2);
  const [first, second] = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(first, {
    messages: [
      { role: 'system', content: 'Classify the sentiment.' },
      { role: 'user', content: 'I love it (plain)' },
      { role: 'assistant', content: 'positive' },
    ],
  });
  assert.deepEqual(
    second.messages.map((m: { role: string }) => m.role),
    ['user', 'assistant', 'tool', 'user', 'assistant'],
  );
  assert.deepEqual(second.tools, tools);
  assert.equal(second.parallel_tool_calls, false);
  const journal = await openJournal(path.join(folder, 'journal'), { maintenanceMs: 0 });
  assert.equal((await importTraces(file, journal)).imported, 2);
  await journal.close();
  const again = (await readAll(path.join(folder, 'journal'))).traces.map((trace) => toCall(trace)!);
  assert.deepEqual(
    again.map((call) => call.request.messages),
    calls.slice(0, 2).map((call) => call.request.messages),
  );
  assert.deepEqual(
    again.map((call) => call.response?.toolCalls),
    calls.slice(0, 2).map((call) => call.response?.toolCalls),
  );
});

test('a plain export has one row per call', async (t) => {
  const file = path.join(temporaryFolder(t), 'rows.jsonl');
  assert.equal(await exportCalls(calls, file, 'jsonl'), 2);
  const rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map((row) => [row.id, row.answer_text, row.answer_tool_calls.length, row.input_tokens]),
    [
      ['plain', 'positive', 0, 20],
      ['tools', null, 1, null],
    ],
  );
});

test('columns are equally long and typed', async (t) => {
  const file = path.join(temporaryFolder(t), 'columns.json');
  assert.equal(await exportCalls(calls, file, 'columns'), 2);
  const document = JSON.parse(readFileSync(file, 'utf8'));
  assert.equal(document.rows, 2);
  assert.deepEqual(
    Object.keys(document.columns),
    document.schema.map(({ name }: { name: string }) => name),
  );
  for (const { name, type, nullable } of document.schema) {
    const column = document.columns[name];
    assert.equal(column.length, 2, name);
    for (const value of column) {
      if (value === null) assert.ok(nullable, name);
      else assert.equal(typeof value, type === 'utf8' ? 'string' : 'number', name);
    }
  }
});

test('columns of no rows are a document too', async (t) => {
  const file = path.join(temporaryFolder(t), 'columns.json');
  assert.equal(await exportCalls([], file, 'columns'), 0);
  const document = JSON.parse(readFileSync(file, 'utf8'));
  for (const { name } of document.schema) assert.deepEqual(document.columns[name], []);
});

test('an export that fails leaves no file behind', async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'out.jsonl');
  const failing = async function* (): AsyncGenerator<Call> {
    yield calls[0]!;
    throw new Error('the journal went away');
  };
  await assert.rejects(exportCalls(failing(), file, 'jsonl'), /went away/);
  assert.ok(!existsSync(file));
  assert.deepEqual(readdirSync(folder), []);
});
