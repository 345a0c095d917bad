import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { understudy } from '../support/cli.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'understudy-preview-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const storage = ['--storage', path.join(folder, 'storage')];

test('the preview shows a request without its key, and names the rule', async () => {
  const key = `sk-ant-api03-${'Ab1'.repeat(31)}AA`;
  const file = path.join(folder, 'request.json');
  writeFileSync(
    file,
    JSON.stringify({ model: 'm', messages: [{ role: 'user', content: `my key is ${key} thanks` }] }),
  );
  const ran = await understudy(['preview', file, ...storage]);
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(ran.stdout.includes(key), false);
  const shown = JSON.parse(ran.stdout) as { messages: { content: string }[] };
  assert.match(shown.messages[0]!.content, /^my key is <.+> thanks$/);
  assert.match(ran.stderr, /messages/);
});

test('the preview shows what the further rules would take out', async () => {
  const file = path.join(folder, 'personal.json');
  const content = 'Mail jane@example.com about TCK-4711, card 4111 1111 1111 1111.';
  writeFileSync(file, JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }));
  const rules = ['--redact', 'emails,cards', '--redact-pattern', 'ticket=TCK-\\d+'];
  const [plain, ruled] = [
    await understudy(['preview', file, ...storage]),
    await understudy(['preview', file, ...rules, ...storage]),
  ];
  assert.ok(plain.stdout.includes(content), plain.stderr);
  assert.match(
    ruled.stdout,
    /Mail <email:[0-9a-f]{4}> about <ticket:[0-9a-f]{4}>, card <card:[0-9a-f]{4}>\./,
  );
  assert.deepEqual(
    ruled.stderr
      .trim()
      .split('\n')
      .map((line) => line.split(': ')[1])
      .sort(),
    ['card', 'email', 'ticket'],
  );
});

test('what is not JSON is one clear line', async () => {
  const file = path.join(folder, 'not.json');
  writeFileSync(file, 'hello');
  const ran = await understudy(['preview', file, ...storage]);
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /not a JSON object/);
});
