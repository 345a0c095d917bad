import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Discovery, discoverTasks } from '../../src/tasks/miner.ts';
import { mixed } from './support/calls.ts';
import { handTyped, type Scenario, scenarios } from './support/scenarios.ts';

/** One log of every kind of task that projects have, taken apart. */

let all: readonly Scenario[];
let discovery: Discovery;

before(() => {
  all = scenarios(60);
  discovery = discoverTasks(mixed(...all.map((scenario) => scenario.calls), handTyped(60)));
});

function tasksOf(truth: string): ReadonlySet<string> {
  return new Set(
    discovery.assigned
      .filter(({ call }) => call.trace.source === truth)
      .map(({ assignment }) => assignment.taskId!),
  );
}

test('every task of a mixed log is found whole', () => {
  for (const { name, calls } of all) {
    assert.equal(tasksOf(name).size, 1, name);
    const count = discovery.assigned.filter(({ call }) => call.trace.source === name).length;
    assert.equal(count, calls.length, name);
  }
});

test('no two tasks of a mixed log are taken for one', () => {
  assert.equal(new Set(all.flatMap(({ name }) => [...tasksOf(name)])).size, all.length);
  assert.equal(discovery.tasks.length, all.length);
});

test('what developers type by hand belongs to no task', () => {
  assert.equal(tasksOf('none').size, 0);
  assert.equal(discovery.unassigned.length, 60);
  assert.ok(discovery.unassigned.every(({ assignment }) => assignment.kind === 'ad-hoc'));
});

test('template edits are versions, and none is invented', () => {
  for (const { name, versions } of all) {
    const id = [...tasksOf(name)][0];
    const task = discovery.tasks.find((candidate) => candidate.id === id)!;
    assert.equal(task.versions.length, versions, name);
  }
});

test('slots are named by what stands before them, the main one input', () => {
  for (const { name, slots = [] } of all) {
    const task = discovery.tasks.find((candidate) => tasksOf(name).has(candidate.id))!;
    const found = task.slots.map((slot) => slot.name);
    assert.ok(found.includes('input'), `${name}: ${found}`);
    for (const slot of slots) assert.ok(found.includes(slot), `${name}: ${found}`);
    assert.equal(task.slots.find((slot) => slot.name === 'input')?.type, 'main', name);
  }
});

test('task ids are fit for file names and names are unique', () => {
  for (const { id } of discovery.tasks) assert.match(id, /^[a-z0-9-]+$/u);
  assert.equal(new Set(discovery.tasks.map((task) => task.id)).size, discovery.tasks.length);
  assert.equal(new Set(discovery.tasks.map((task) => task.name)).size, discovery.tasks.length);
});

test('a template on two providers is one task of both', () => {
  const task = discovery.tasks.find((candidate) => tasksOf('two providers').has(candidate.id))!;
  assert.deepEqual([...task.providers].sort(), ['anthropic', 'openai']);
  assert.deepEqual([...task.versions[0]!.models].sort(), ['teacher-a', 'teacher-b']);
});

test('calls with tools of their own make a task with a varying toolset', () => {
  const kindOf = (name: string): string =>
    discovery.tasks.find((task) => tasksOf(name).has(task.id))!.versions[0]!.toolset.kind;
  assert.equal(kindOf('own tools per call'), 'varying');
  assert.equal(kindOf('tools without a prompt'), 'fixed');
});

test('conversations and tool loops are read as history and a last turn', () => {
  for (const name of ['conversation', 'agent with tool results']) {
    const task = discovery.tasks.find((candidate) => tasksOf(name).has(candidate.id))!;
    assert.equal(task.versions[0]!.template.turns, 'open', name);
    const long = discovery.assigned.find(
      ({ call, assignment }) => assignment.taskId === task.id && call.request.messages.length > 3,
    )!;
    assert.match(long.assignment.slots['history']!, /^(?:user|assistant): /u);
  }
});
