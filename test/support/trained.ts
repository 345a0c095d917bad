import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { App } from '../../src/app/app.ts';
import { labelTraffic, sampleRows } from './sampleTraffic.ts';

/** A trained student for tests that need one: four labels of the bundled sample. */

const labels = ['apr', 'balance', 'pin_change', 'transfer'];
export const rows = sampleRows('support').filter((row) => labels.includes(row.answer));
export const traffic = labelTraffic(rows, { labels });

/** Imports a small label task and trains a certified student for it. @returns the task's id. */
export async function importAndTrain(app: App, storage: string): Promise<string> {
  const file = path.join(storage, 'traffic.jsonl');
  writeFileSync(file, traffic.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const { imported, skipped } = await app.run('traces.import', { file });
  assert.deepEqual([imported, skipped], [traffic.length, []]);
  await app.run('tasks.analyse', null);
  const taskId = app.state.tasks[0]!.id;
  await app.run('terms.decide', { provider: 'openai', decision: 'allowed' });
  const { certified } = await app.run('student.train', { taskId, device: 'cpu' });
  assert.equal(certified, true, app.state.tasks[0]!.summary);
  return taskId;
}
