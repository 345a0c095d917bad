import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyseCapabilities } from '../../src/capabilities/analyse.ts';
import { discoverTasks } from '../../src/tasks/miner.ts';
import { traps } from '../tasks/support/adversary.ts';
import { mixed } from '../tasks/support/calls.ts';

/** What prompts in other languages, or written as data, put on offer; and nothing beside it. */

const offered: Readonly<Record<string, readonly string[]>> = {
  'German labels': ['rechnung', 'lieferung', 'kündigung', 'technik', 'sonstiges'],
  'French fields': ['urgence=faible', 'urgence=moyenne', 'urgence=forte'],
  'Japanese mood': ['肯定', '否定', '中立'],
  'Chinese in one message': ['物流', '质量', '价格', '服务'],
  'prompt as JSON': ['billing', 'platform', 'mobile', 'trust'],
  'the urgency of a note': ['routine', 'soon', 'now'],
  'examples that rotate': ['work', 'family', 'sport', 'other'],
  'four providers': ['food', 'room', 'staff'],
  'tools of a warehouse': ['lift', 'scan', 'park'],
  'many turns': [],
  'prompt as YAML': [],
};

test('labels, values and tools are read off prompts in other languages and forms', () => {
  const all = traps(120);
  const calls = mixed(...all.map((trap) => trap.calls));
  const { tasks, assigned } = discoverTasks(calls);
  for (const [name, wanted] of Object.entries(offered)) {
    const own = assigned.filter(({ call }) => call.trace.source === name);
    const task = tasks.find(({ id }) => id === own[0]!.assignment.taskId)!;
    const { capabilities } = analyseCapabilities(task, own, { nowMs: calls.at(-1)!.trace.startMs });
    const found = capabilities
      .filter((c) => c.declared && (c.kind === 'label' || c.kind === 'enum' || c.kind === 'tool'))
      .map(({ id }) => id.slice(id.indexOf(':') + 1));
    assert.deepEqual(found.toSorted(), wanted.toSorted(), name);
  }
});
