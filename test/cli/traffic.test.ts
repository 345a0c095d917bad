import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
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
