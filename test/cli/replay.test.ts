import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { understudy } from '../support/cli.ts';
import { labelTraffic, sampleRows } from '../support/sampleTraffic.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'understudy-replay-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly version: number;
  readonly tasks: readonly {
    readonly traces: number;
    readonly output: string;
    readonly decision: string;
    readonly reason: string;
    readonly capabilities: readonly {
      readonly id: string;
      readonly fired: number;
      readonly verdict: string;
    }[];
    readonly certificate: { readonly n: number; readonly errors: number; readonly threshold: number } | null;
    readonly test: {
      readonly n: number;
      readonly agreement: number;
      readonly coverage: number;
      readonly served: number;
      readonly disagreements: number;
    };
  }[];
  readonly seconds: Readonly<Record<string, number>>;
  readonly skippedLines: number;
}

interface PredictionRow {
  readonly line: number;
  readonly task: string | null;
  readonly route: string;
  readonly reason: string;
  readonly confidence: number | null;
  readonly answer: { readonly text: string | null } | null;
  readonly agree: boolean | null;
}

const labels = [
  'apr',
  'balance',
  'card_declined',
  'credit_score',
  'freeze_account',
  'pin_change',
  'report_fraud',
  'transfer',
];

test('a label task is captured, certified and served by its student', async () => {
  const rows = sampleRows('support').filter((row) => labels.includes(row.answer));
  const traffic = labelTraffic(rows, { labels: [...labels, 'mortgage_advice'], testShare: 0.25 });
  const file = path.join(folder, 'traffic.jsonl.gz');
  const lines = traffic.map((row) => JSON.stringify(row));
  lines.splice(3, 0, '{"ts": not json');
  writeFileSync(file, gzipSync(`${lines.join('\n')}\n`));
  const out = (name: string): string => path.join(folder, name);
  const ran = await understudy([
    ...['replay', '--traffic', file, '--report', out('r.json'), '--predictions', out('p.jsonl')],
    ...['--assignments', out('a.jsonl'), '--epsilon', '0.1', '--device', 'cpu'],
  ]);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stderr, /traffic\.jsonl\.gz:4: .*skipped/);

  const report = JSON.parse(readFileSync(out('r.json'), 'utf8')) as Report;
  assert.equal(report.version, 1);
  assert.equal(report.skippedLines, 1);
  assert.equal(report.tasks.length, 1);
  const task = report.tasks[0]!;
  assert.equal(task.output, 'labels');
  assert.equal(task.decision, 'student', task.reason);
  const dead = task.capabilities.find((c) => c.id === 'label:mortgage_advice');
  assert.equal(dead?.fired, 0);
  assert.notEqual(dead?.verdict, 'keep');
  for (const label of labels)
    assert.ok((task.capabilities.find((c) => c.id === `label:${label}`)?.fired ?? 0) > 0, label);

  const tested = traffic.filter((row) => row.split === 'test').length;
  assert.equal(task.test.n, tested);
  assert.ok(task.test.agreement > 0.85, `agreement ${task.test.agreement}`);
  assert.ok(
    task.test.served > 0 && task.test.disagreements / task.test.served <= 0.1,
    JSON.stringify(task.test),
  );

  const predictions = readFileSync(out('p.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PredictionRow);
  assert.equal(predictions.length, tested);
  assert.equal(predictions.filter((p) => p.route === 'student').length, task.test.served);
  for (const p of predictions.filter((row) => row.route === 'teacher')) assert.notEqual(p.reason, 'served');
  assert.ok(predictions.every((p) => p.answer !== null && p.confidence !== null));

  const assignments = readFileSync(out('a.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { task: string | null });
  assert.equal(assignments.length, traffic.length);
  assert.ok(assignments.filter((a) => a.task !== null).length >= 0.97 * traffic.length);
});

test('free text stays with the teacher, says why, and exits with 0', async () => {
  const rows = sampleRows('tutor').map((row, i) => ({ ...row, answer: `${row.answer}\n(${i})` }));
  const traffic = labelTraffic(rows, { labels: ['x'] });
  const file = path.join(folder, 'tutor.jsonl');
  writeFileSync(file, `${traffic.map((row) => JSON.stringify(row)).join('\n')}\n`);
  const ran = await understudy([
    'replay',
    '--traffic',
    file,
    '--report',
    path.join(folder, 't.json'),
    '--device',
    'cpu',
  ]);
  assert.equal(ran.code, 0, ran.stderr);
  const report = JSON.parse(readFileSync(path.join(folder, 't.json'), 'utf8')) as Report;
  assert.equal(report.tasks[0]?.decision, 'teacher');
  assert.match(report.tasks[0]?.reason ?? '', /text/i);
});
