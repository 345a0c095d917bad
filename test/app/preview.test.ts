import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openTestApp } from '../support/app.ts';
import { readAll } from '../traces/sample.ts';

test('a preview shows what is stored, to the last placeholder', async () => {
  const { app, storage, close } = await openTestApp({ settings: { redaction: { emails: true } } });
  try {
    const pixel = `data:image/png;base64,${'QUJD'.repeat(20)}`;
    const request = {
      model: 'm',
      messages: [
        { role: 'user', content: `sk-proj-${'Zk3vQ9xT1bM7nC5rY2wE8pL4sD6fG0hJaUiOoKx'} of jane@example.com` },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: pixel } }] },
      ],
    };
    const message = {
      role: 'assistant',
      content: 'ask jane@example.com',
      images: [{ image_url: { url: pixel } }],
    };
    const response = { model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] };
    const line = JSON.stringify({ ts: 1, provider: 'openai', status: 200, request, response });
    const file = path.join(storage, 'traffic.jsonl');
    writeFileSync(file, line);
    await app.run('traces.import', { file });
    const { stored, replaced } = await app.run('traces.preview', { text: line });
    const [trace] = (await readAll(path.join(storage, 'journal'))).traces;
    assert.deepEqual(JSON.parse(stored), { request: trace?.request, response: trace?.response });
    assert.deepEqual([...new Set(replaced.map(({ rule }) => rule))].sort(), ['api-key', 'email']);
    assert.ok(!stored.includes('QUJD'), 'media by their hashes, in answers too');
  } finally {
    await close();
  }
});
