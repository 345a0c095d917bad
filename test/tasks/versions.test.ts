import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discoverTasks } from '../../src/tasks/miner.ts';
import type { Task } from '../../src/tasks/task.ts';
import type { Call } from '../../src/traces/trace.ts';
import { type CallSpec, mixed, START, sentence, stream, tool } from './support/calls.ts';

const DAY = 86_400_000;
const labels = ['urgent', 'normal', 'later'];

/** Calls of one task whose spec changes at the given days. */
function edited(editions: readonly Partial<CallSpec>[], counts: readonly number[] = []): Call[] {
  return mixed(
    ...editions.map((edition, i) =>
      stream(
        'edited',
        counts[i] ?? 60,
        (random) => ({
          system: `Sort the ticket. Answer with one of:\n- urgent\n- normal\n- later`,
          user: `Ticket: ${sentence(random)}`,
          answer: labels[random.int(3)]!,
          ...edition,
        }),
        { from: START + i * DAY },
      ),
    ),
  );
}

function only(calls: readonly Call[]): Task {
  const { tasks } = discoverTasks(calls);
  assert.equal(tasks.length, 1);
  return tasks[0]!;
}

test('a change of wording is a minor version with a line diff', () => {
  const { versions } = only(
    edited([{}, { system: 'Sort the ticket by urgency. Answer with one of:\n- urgent\n- normal\n- later' }]),
  );
  assert.deepEqual(
    versions.map(({ version, calls, change }) => [version, calls, change?.kind]),
    [
      [1, 60, undefined],
      [2, 60, 'minor'],
    ],
  );
  assert.match(versions[1]!.change!.diff, /^-Sort the ticket\. .*\n\+Sort the ticket by urgency\./mu);
});

test('a label more, a tool more, another schema and another teacher are major versions', () => {
  const changes: Record<string, Partial<CallSpec>> = {
    'labels added: spam': {
      system: 'Sort the ticket. Answer with one of:\n- urgent\n- normal\n- later\n- spam',
    },
    'labels removed: later': { system: 'Sort the ticket. Answer with one of:\n- urgent\n- normal' },
    'tools added: close': { tools: [tool('open'), tool('close')] },
    'the output format changed': { format: { kind: 'json' } },
    'the teacher changed from teacher-1 to teacher-2': { model: 'teacher-2' },
  };
  for (const [summary, change] of Object.entries(changes)) {
    const first = change.tools === undefined ? {} : { tools: [tool('open')] };
    const { versions } = only(edited([first, change]));
    assert.equal(versions.length, 2, summary);
    assert.equal(versions[1]!.change!.kind, 'major', summary);
    assert.ok(versions[1]!.change!.summary.includes(summary), versions[1]!.change!.summary);
  }
});

test('an edit is found within twenty calls', () => {
  const rewritten = 'You route support tickets.\n\nReply with urgent, normal or later and nothing else.';
  for (const [name, change, calls] of [
    ['wording', { system: 'Sort this ticket. Answer with one of:\n- urgent\n- normal\n- later' }, 10],
    ['rewritten', { system: rewritten }, 10],
    ['model', { model: 'teacher-2' }, 10],
    [
      'number',
      { system: 'Sort the ticket in 2 words. Answer with one of:\n- urgent\n- normal\n- later' },
      20,
    ],
  ] as const) {
    const first = name === 'number' ? { system: change.system.replace('2', '5') } : {};
    assert.equal(only(edited([first, change], [400, calls])).versions.length, 2, name);
  }
});

test('a prompt that goes back to its old wording is back at its old version', () => {
  const other = { system: 'Sort the ticket quickly. Answer with one of:\n- urgent\n- normal\n- later' };
  const calls = edited([{}, other, {}]);
  const { assigned, tasks } = discoverTasks(calls);
  assert.equal(tasks[0]!.versions.length, 2);
  assert.deepEqual(
    [0, 70, 170].map((i) => assigned[i]!.assignment.version),
    [1, 2, 1],
  );
});

test('models side by side, and a few calls to another model, are no change', () => {
  const calls = edited([{}]).map((call, i) => ({
    ...call,
    response: { ...call.response!, model: i % 2 === 0 ? 'a' : 'b' },
  }));
  assert.equal(only(calls).versions.length, 1);
  const tried = edited([{}]).map((call, i) =>
    i === 30 || i === 31 ? { ...call, response: { ...call.response!, model: 'b' } } : call,
  );
  assert.equal(only(tried).versions.length, 1);
});

test('dates, counters and user names are slots, however they follow each other', () => {
  const days = stream(
    'days',
    120,
    (random, i, at) => ({
      system: `It is ${new Date(at).toUTCString().slice(0, 16)}.\nWeek ${1 + Math.floor(i / 40)}\nName: ${['Ada', 'Bo', 'Cy'][random.int(3)]}\nSort the note: urgent or later.`,
      user: sentence(random),
      answer: labels[random.int(2)]!,
    }),
    { everyMs: DAY / 4 },
  );
  const task = only(days);
  assert.equal(task.versions.length, 1);
  assert.ok(task.slots.some(({ name, type }) => name === 'date' && type === 'date'));
});

test('a paragraph that is there in some calls only is a slot', () => {
  const calls = stream('optional', 80, (random) => ({
    system: `You answer questions about train tickets of the Alpine line. Prices are in francs and never include seats.${random.int(2) === 0 ? ' The customer holds a yearly pass and travels for half the price.' : ''}\nAnswer in one sentence and name the price first.`,
    user: sentence(random),
    answer: sentence(random),
  }));
  assert.equal(only(calls).versions.length, 1);
});

test('errors before a model change stay with the old version', () => {
  const calls = edited([{}, { model: 'teacher-2' }]).map((call, i) =>
    i % 10 === 3 ? { ...call, response: null } : call,
  );
  const { assigned, tasks } = discoverTasks(calls);
  assert.equal(tasks[0]!.versions.length, 2);
  for (const { call, assignment } of assigned)
    assert.equal(assignment.version, call.request.model === 'teacher-1' ? 1 : 2);
});

test('a version knows the stop sequences that its calls come with', () => {
  const task = only(mixed(edited([{}], [40]), edited([{ stop: ['\n'] }], [80])));
  const [version] = task.versions;
  assert.deepEqual(version?.bounds, ['[["\\n"],null]', '[[],null]']);
});
