import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openTestApp } from '../support/app.ts';
import { labelTraffic, sampleRows } from '../support/sampleTraffic.ts';

const labels = ['balance', 'transactions', 'transfer', 'credit_limit', 'report_fraud', 'out_of_scope'];
const rows = sampleRows('support')
  .filter((row) => labels.includes(row.answer))
  .slice(0, 120);

test('calls from before the first analysis belong to their task afterwards', {
  timeout: 60_000,
}, async () => {
  assert.equal(rows.length, 120, 'the sample has changed');
  const { app, storage, close } = await openTestApp();
  try {
    const file = path.join(storage, 'traffic.jsonl');
    const lines = labelTraffic(rows, { labels }).map((line) => JSON.stringify(line));
    writeFileSync(file, `${lines.join('\n')}\n`);
    const { imported } = await app.run('traces.import', { file });
    await app.run('tasks.analyse', null);
    const report = path.join(storage, 'report.html');
    await app.run('report.write', { taskId: null, file: report });
    assert.match(readFileSync(report, 'utf8'), /List prices: gpt-4o-mini-[\d-]+ as of/);
    const [task] = app.state.tasks;
    assert.ok(task !== undefined && app.state.tasks.length === 1);

    assert.deepEqual(task.proposal?.saving.unknownModels, []);
    assert.ok(task.costPerMonth !== null && task.costPerMonth > 0, 'their tokens are counted');
    const out = path.join(storage, 'out.jsonl');
    const exported = await app.run('traces.export', { taskId: task.id, file: out, as: 'jsonl' });
    assert.equal(exported.rows, imported);
    assert.equal(readFileSync(out, 'utf8').trim().split('\n').length, imported);
  } finally {
    await close();
  }
});
