import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { AppError } from '../../src/base/error.ts';
import { readTraffic } from '../../src/cli/traffic.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'understudy-traffic-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function line(at: string, text: string): string {
  const request = { model: 'm', messages: [{ role: 'user', content: text }] };
  return JSON.stringify({ ts: at, provider: 'openai', status: 200, request, response: {} });
}

test('lines are merged by time and keep their numbers; unreadable ones are reported', async () => {
  const plain = path.join(folder, 'a.jsonl');
  const packed = path.join(folder, 'b.jsonl.gz');
  writeFileSync(
    plain,
    `${line('2026-01-01T00:00:02Z', 'two')}\nnot json\n\n${line('2026-01-01T00:00:04Z', 'four')}`,
  );
  writeFileSync(
    packed,
    gzipSync(`${line('2026-01-01T00:00:01Z', 'one')}\n${line('2026-01-01T00:00:03Z', 'three')}\n`),
  );
  const skipped: string[] = [];
  const traffic = await readTraffic([plain, packed], (message) => skipped.push(message));
  assert.deepEqual(
    traffic.lines.map((l) => [l.file, l.line]),
    [
      ['b.jsonl.gz', 1],
      ['a.jsonl', 1],
      ['b.jsonl.gz', 2],
      ['a.jsonl', 4],
    ],
  );
  assert.equal(traffic.skipped, 1);
  assert.match(skipped[0] ?? '', /^a\.jsonl:2: .*skipped$/);
});

test('a line separator inside a text ends no line', async () => {
  const file = path.join(folder, 'c.jsonl');
  writeFileSync(file, `${line('2026-01-01T00:00:01Z', 'before\u2028after')}\n`);
  const { lines, skipped } = await readTraffic([file], () => {});
  assert.equal(skipped, 0);
  assert.equal(lines.length, 1);
});

test('a truncated archive is one clear error with the place', async () => {
  const file = path.join(folder, 'd.jsonl.gz');
  writeFileSync(file, gzipSync(`${line('2026-01-01T00:00:01Z', 'x'.repeat(5000))}\n`).subarray(0, 60));
  await assert.rejects(
    readTraffic([file], () => {}),
    /d\.jsonl\.gz could not be read beyond line 0/,
  );
});

test('a file is read by what is in it, not by its name', async () => {
  const one = line('2026-01-01T00:00:01Z', 'one');
  const contents: Readonly<Record<string, string | Buffer>> = {
    'packed.jsonl': gzipSync(`${one}\n`),
    'plain.jsonl.gz': `${one}\n`,
    'marked.jsonl': `\uFEFF${one}\r\n`,
    'wide.jsonl': Buffer.from(`\uFEFF${one}\n`, 'utf16le'),
    'pretty.json': JSON.stringify([JSON.parse(one)], null, 2),
  };
  for (const [name, content] of Object.entries(contents)) {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    const { lines, skipped } = await readTraffic([file], () => {});
    assert.deepEqual([name, lines.length, skipped], [name, 1, 0]);
  }
});

test('objects that share a line have places of their own', async () => {
  const file = path.join(folder, 'list.json');
  const calls = ['one', 'two', 'three'].map((text) => JSON.parse(line('2026-01-01T00:00:01Z', text)));
  writeFileSync(file, JSON.stringify(calls));
  const { lines } = await readTraffic([file], () => {});
  assert.equal(new Set(lines.map((l) => l.line)).size, 3);
});

test('many lines that cannot be read are told in a few', async () => {
  const file = path.join(folder, 'many.jsonl');
  writeFileSync(file, `${'{"ts": "soon"}\n'.repeat(400)}${line('2026-01-01T00:00:01Z', 'one')}\n`);
  const told: string[] = [];
  const { skipped } = await readTraffic([file], (message) => told.push(message));
  assert.equal(skipped, 400);
  assert.equal(told.length, 6);
  assert.match(told.at(-1) ?? '', /395 more lines skipped \(400 × "ts" is not a time\)/u);
});

test('a file without a call says why and what a line looks like', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /it is empty/u],
    ['not json\n'.repeat(7), /7 records were skipped \(7 × not JSON\)/u],
    [`${line('2026-01-01T00:00:01Z', 'one').replace('openai', 'acme')}\n`, /"provider" is not one of/u],
  ];
  for (const [content, message] of cases) {
    const file = path.join(folder, 'none.jsonl');
    writeFileSync(file, content);
    await assert.rejects(
      readTraffic([file], () => {}),
      (error: unknown) => {
        assert.ok(error instanceof AppError && error.code === 'bad-input');
        assert.match(error.message, message);
        assert.match(error.next ?? '', /"ts", "provider"/u);
        return true;
      },
    );
  }
});

test('a request goes where its provider takes it', async () => {
  const messages = [{ role: 'user', content: 'hello' }];
  const cases: readonly (readonly [string, object, object, string])[] = [
    ['openai', { messages }, { choices: [] }, '/v1/chat/completions'],
    ['openai', { input: 'hello' }, {}, '/v1/responses'],
    ['azure', { messages }, { choices: [] }, '/openai/deployments/m/chat/completions?api-version=2024-10-21'],
    ['anthropic', { messages }, { type: 'message' }, '/v1/messages'],
    ['gemini', { contents: [] }, {}, '/v1beta/models/m:generateContent'],
    ['ollama', { messages }, { message: {} }, '/api/chat'],
    ['ollama', { prompt: 'hello' }, { response: '' }, '/api/generate'],
    ['ollama', { messages }, { choices: [] }, '/v1/chat/completions'],
  ];
  const file = path.join(folder, 'providers.jsonl');
  const written = cases.map(([provider, body, response], i) =>
    JSON.stringify({ ts: i + 1, provider, status: 200, request: { model: 'm', ...body }, response }),
  );
  writeFileSync(file, `${written.join('\n')}\n`);
  const { lines } = await readTraffic([file], () => {});
  assert.deepEqual(
    lines.map((read) => read.path),
    cases.map(([, , , expected]) => expected),
  );
});
