import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { understudy } from '../support/cli.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'understudy-import-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a batch is imported with the file of its requests, and what is deleted is imported anew', async () => {
  const [requests, results] = ['requests.jsonl', 'results.jsonl'].map((name) => path.join(folder, name));
  const params = { model: 'claude', max_tokens: 9, messages: [{ role: 'user', content: 'I love it' }] };
  const message = {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', stop_reason: 'end_turn' },
    content: [{ type: 'text', text: 'positive' }],
    usage: { input_tokens: 9, output_tokens: 1 },
  };
  writeFileSync(requests!, `${JSON.stringify({ custom_id: 'r1', params })}\n`);
  writeFileSync(
    results!,
    `${JSON.stringify({ custom_id: 'r1', result: { type: 'succeeded', message } })}\nnot json\n`,
  );
  const storage = ['--storage', path.join(folder, 'storage')];
  const alone = await understudy(['import', results!, ...storage]);
  assert.match(alone.stderr, /results\.jsonl:1: the request of this result is not in the file/);
  assert.match(alone.stderr, /results\.jsonl:2: not JSON; skipped/);
  for (const [args, said] of [
    [['import', results!, '--with', requests!], { imported: 1, duplicates: 0, skipped: 1 }],
    [['import', results!, '--with', requests!], { imported: 0, duplicates: 1, skipped: 1 }],
    [['delete', '--all'], { deleted: 1 }],
    [['import', results!, '--with', requests!], { imported: 1, duplicates: 0, skipped: 1 }],
  ] as const) {
    const ran = await understudy([...args, ...storage]);
    assert.equal(ran.code, 0, ran.stderr);
    const { file: _, ...rest } = JSON.parse(ran.stdout) as Record<string, unknown>;
    assert.deepEqual(rest, said);
  }
});
