import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Discovery, discoverTasks } from '../../src/tasks/miner.ts';
import { oneOffs, type Trap, traps } from './support/adversary.ts';
import { mixed } from './support/calls.ts';

/** A log that was made to mislead, taken apart: few calls of each kind, and many. */

for (const count of [60, 300]) {
  let all: readonly Trap[];
  let discovery: Discovery;
  before(() => {
    all = traps(count);
    discovery = discoverTasks(mixed(...all.map(({ calls }) => calls), oneOffs(100)));
  });
  const of = (name: string) => discovery.assigned.filter(({ call }) => call.trace.source === name);

  test(`with ${count} calls each, every task is found whole and none with another`, () => {
    const owners = new Map<string, string>();
    for (const { name, calls } of all) {
      const ids = new Set(of(name).map(({ assignment }) => assignment.taskId!));
      assert.deepEqual([ids.size, of(name).length], [1, calls.length], name);
      const [id] = ids;
      assert.equal(owners.get(id!), undefined, `${name} is one with ${owners.get(id!)}`);
      owners.set(id!, name);
    }
    assert.equal(discovery.tasks.length, all.length);
  });

  test(`with ${count} calls each, what is asked once belongs to no task`, () => {
    assert.deepEqual(
      of('none').map(({ call }) => call.request.messages[0]?.parts[0]),
      [],
    );
  });

  test(`with ${count} calls each, wordings are versions and what changes every day is not`, () => {
    for (const { name, versions } of all) {
      if (name === 'two wordings on trial' && count < 100) continue; // Too few of each to be sure of either.
      const id = of(name)[0]!.assignment.taskId;
      const task = discovery.tasks.find((candidate) => candidate.id === id)!;
      assert.equal(task.versions.length, versions, name);
      for (const { change } of task.versions)
        assert.ok(change === null || !/labels/.test(change.summary), `${name}: ${change?.summary}`);
    }
  });
}
