import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { quantile } from '../../src/base/quantile.ts';
import { createRandom } from '../../src/base/random.ts';
import { type Journal, openJournal } from '../../src/traces/journal.ts';
import { openStore, type TraceStore } from '../../src/traces/store.ts';
import type { Trace } from '../../src/traces/trace.ts';
import { makeTrace, temporaryFolder } from './sample.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 2, 0, 0, 0);

function journalOf(folder: string): Promise<Journal> {
  return openJournal(path.join(folder, 'journal'), { maintenanceMs: 0, segmentBytes: 30_000 });
}

/** Varied traffic of three days: tasks, models, errors, student answers, audits. */
function traffic(n: number): Trace[] {
  const random = createRandom(5);
  return Array.from({ length: n }, (_, i) => {
    const startMs = START + Math.floor((i / n) * 72 * HOUR);
    const student = i % 4 === 0;
    return makeTrace(`t${i}`, {
      startMs,
      durationMs: student ? 1 + 5 * random.next() : 200 + 1000 * random.next(),
      status: i % 10 === 9 ? 429 : 200,
      servedBy: student ? 'student' : 'teacher',
      site: `src/place${i % 3}.ts`,
      route:
        i % 2 === 0
          ? {
              taskId: i % 3 === 0 ? 'alpha' : 'beta',
              version: 1,
              reason: student ? 'served' : 'below-threshold',
              answer: null,
              confidence: 0.9,
              bucket: null,
              studentMs: 2,
              audit: i % 8 === 0 ? (i % 16 === 0 ? 'agree' : 'disagree') : null,
            }
          : null,
    });
  });
}

/** Everything that the index can be asked. */
function answers(store: TraceStore): unknown {
  return {
    totals: store.totals(START + 60 * HOUR),
    tasks: store.tasks(),
    since: store.tasks({ sinceMs: START + 10.3 * HOUR }),
    days: store.days(),
    usage: store.usage(),
    teacher: store.latency('teacher'),
    student: store.latency('student', 'alpha'),
    latest: store.latest({ limit: 1000 }),
  };
}

test('the index answers what the traces themselves say', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await journalOf(folder);
  const traces = traffic(600);
  for (const trace of traces) await journal.append(trace);
  const store = await openStore({ folder });
  assert.equal((await store.sync()).added, 600);
  assert.equal((await store.sync()).added, 0);

  const totals = store.totals(START + 60 * HOUR);
  assert.equal(totals.traces, 600);
  assert.equal(totals.unassigned, 300);
  assert.equal(totals.errors, 60);
  const alpha = traces.filter((trace) => trace.route?.taskId === 'alpha');
  const found = store.tasks().find((task) => task.taskId === 'alpha')!;
  assert.equal(found.calls, alpha.length);
  assert.equal(found.answeredLocally, alpha.filter((trace) => trace.servedBy === 'student').length);
  assert.equal(found.byReason['served'], alpha.filter((trace) => trace.route?.reason === 'served').length);
  assert.equal(found.agreed, alpha.filter((trace) => trace.route?.audit === 'agree').length);
  assert.equal(found.disagreed, alpha.filter((trace) => trace.route?.audit === 'disagree').length);
  assert.equal(found.inputTokens, 20 * alpha.length);

  const sinceMs = START + 10.3 * HOUR;
  const later = alpha.filter((trace) => trace.startMs >= sinceMs);
  assert.equal(store.tasks({ taskId: 'alpha', sinceMs })[0]?.calls, later.length, 'to the millisecond');
  assert.equal(
    store.days().reduce((sum, day) => sum + day.calls, 0),
    600,
  );
  assert.equal(
    store.usage().reduce((sum, use) => sum + use.outputTokens, 0),
    600,
  );

  const whole = traces.filter((trace) => trace.servedBy === 'teacher' && trace.status === 200);
  const latency = store.latency('teacher');
  assert.equal(latency.n, whole.length);
  for (const [q, ms] of [
    [0.5, latency.p50Ms],
    [0.99, latency.p99Ms],
  ] as const) {
    const exact = quantile(
      whole.map((trace) => trace.durationMs),
      q,
    );
    assert.ok(Math.abs(ms! / exact - 1) < 0.03, `${ms} for ${exact}`);
  }
  await store.close();
  await journal.close();
});

test('pages go from the newest to the oldest without a gap', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await journalOf(folder);
  for (const trace of traffic(90)) await journal.append(trace);
  const store = await openStore({ folder });
  await store.sync();
  const ids: string[] = [];
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = store.latest({ before, limit: 20 });
    if (page.length === 0) break;
    ids.push(...page.map((row) => row.id));
    before = page.at(-1)!.place;
  }
  assert.deepEqual(
    ids,
    Array.from({ length: 90 }, (_, i) => `t${89 - i}`),
  );
  assert.ok(store.latest({ taskId: 'beta', limit: 5 }).every((row) => row.taskId === 'beta'));
  assert.deepEqual(store.latest({ taskId: 'unheard of', limit: 5 }), []);
  const row = store.find('t42')!;
  assert.deepEqual([row.provider, row.status, row.site], ['openai', 200, 'src/place0.ts']);
  assert.equal((await store.read('t42'))?.id, 't42');
  await journal.seal();
  assert.equal((await store.read('t42'))?.id, 't42', 'from a sealed segment too');
  assert.equal(await store.read('nobody'), null);
  await store.close();
  await journal.close();
});

test('an index that is restored, resumed or built again gives the same answers', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await journalOf(folder);
  const traces = traffic(500);
  const first = await openStore({ folder });
  for (const trace of traces.slice(0, 300)) await journal.append(trace);
  await first.sync();
  await journal.seal();
  await first.sync();
  for (const trace of traces.slice(300)) await journal.append(trace);
  await first.close();

  const resumed = await openStore({ folder });
  assert.equal((await resumed.sync()).added, 200);
  const expected = answers(resumed);
  await resumed.close();

  const restored = await openStore({ folder });
  assert.equal((await restored.sync()).added, 0);
  assert.deepEqual(answers(restored), expected);
  await restored.close();

  await journal.seal();
  rmSync(path.join(folder, 'index'), { recursive: true });
  const built = await openStore({ folder });
  assert.equal((await built.sync()).added, 500);
  assert.deepEqual(answers(built), { ...(expected as object), totals: built.totals(START + 60 * HOUR) });
  await built.close();
  await journal.close();
});

test('a damaged, foreign or older snapshot is not used, and the answers are the same', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await journalOf(folder);
  for (const trace of traffic(200)) await journal.append(trace);
  const first = await openStore({ folder });
  await first.sync();
  const expected = answers(first);
  await first.close();
  const index = path.join(folder, 'index');
  const [name] = readdirSync(index);
  const bytes = readFileSync(path.join(index, name!));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path.join(index, name!), bytes);
  writeFileSync(path.join(index, '000007.00000000.db'), 'no database');
  writeFileSync(path.join(index, '000002.deadbeef.db.4711.tmp'), 'half');
  const warnings: string[] = [];
  const log = { info: () => {}, warn: (m: string) => void warnings.push(m), error: () => {} };
  const second = await openStore({ folder, log });
  assert.ok(warnings.length >= 2, warnings.join('\n'));
  assert.equal((await second.sync()).added, 200);
  assert.deepEqual(answers(second), expected);
  await second.close();
  await journal.close();
});

test('assignments are counted, changed and kept over a snapshot', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await journalOf(folder);
  for (const trace of traffic(100)) await journal.append(trace);
  const store = await openStore({ folder });
  await store.sync();
  const assign = (taskId: string | null, ids: readonly number[]) =>
    store.setAssignments(ids.map((i) => ({ traceId: `t${i}`, taskId, version: 2, kind: 'normal' })));
  await assign('gamma', [1, 3, 5, 7]);
  assert.equal(store.tasks({ taskId: 'gamma' })[0]?.calls, 4);
  assert.equal(store.totals().unassigned, 46);
  assert.equal(store.latency('teacher', 'gamma').n, 4);
  await assign('delta', [5, 7]);
  await assign(null, [1]);
  assert.deepEqual(
    ['gamma', 'delta'].map((taskId) => store.tasks({ taskId })[0]?.calls),
    [1, 2],
  );
  await store.setAssignments([{ traceId: 'unknown', taskId: 'gamma', version: 1, kind: 'normal' }]);
  const before = answers(store);
  assert.equal(store.find('t5')?.version, 2);
  await store.close();
  const again = await openStore({ folder });
  await again.sync();
  assert.deepEqual(answers(again), before);
  await again.close();
  await journal.close();
});

test('what was deleted in the journal leaves the index with the next sync', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await journalOf(folder);
  for (const trace of traffic(300)) await journal.append(trace);
  await journal.seal();
  const store = await openStore({ folder });
  await store.sync();
  await store.setAssignments([{ traceId: 't151', taskId: 'gamma', version: 1, kind: 'normal' }]);
  await journal.delete({ ids: new Set(['t0', 't150', 't299']) });
  const { removed, added } = await store.sync();
  assert.equal(removed - added, 3);
  assert.equal(store.totals().traces, 297);
  assert.equal(store.has('t150'), false);
  assert.equal(store.has('t151'), true);
  assert.equal(store.tasks().reduce((sum, task) => sum + task.calls, 0) + store.totals().unassigned, 297);
  assert.equal(store.find('t151')?.taskId, 'gamma', 'what its neighbours were assigned to is kept');
  await journal.delete('all');
  await store.sync();
  assert.equal(store.totals().traces, 0);
  assert.deepEqual(store.latest({ limit: 5 }), []);
  await store.close();
  await journal.close();
});

test('damaged lines are told once and not counted', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await journalOf(folder);
  for (const trace of traffic(5)) await journal.append(trace);
  await journal.close();
  const journalFolder = path.join(folder, 'journal');
  const file = path.join(journalFolder, readdirSync(journalFolder).find((name) => name.endsWith('.jsonl'))!);
  writeFileSync(file, readFileSync(file, 'utf8').replace('chatcmpl-t2', 'chatcmpl-tX'));
  const store = await openStore({ folder });
  const { added, damaged } = await store.sync();
  assert.equal(added, 4);
  assert.deepEqual(
    damaged.map(({ line }) => line),
    [3],
  );
  assert.deepEqual((await store.sync()).damaged, []);
  await store.close();
});

test('a sync leaves the event loop free', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await journalOf(folder);
  for (const trace of traffic(1500)) await journal.append(trace);
  await journal.close();
  const store = await openStore({ folder });
  let turns = 0;
  let running = true;
  const turn = (): void => {
    turns++;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await store.sync();
  running = false;
  // Each segment alone needs several turns: whatever the machine's speed, the work was cut in pieces.
  assert.ok(turns > 20, `${turns} turns`);
  await store.close();
});

test('an id of any kind is kept as it is', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await journalOf(folder);
  const ids = [
    '0b6d5a3e-9c1f-4e57-8a25-1f2e3d4c5b6a',
    '0B6D5A3E-9C1F-4E57-8A25-1F2E3D4C5B6A',
    '7',
    'ä/ß',
    'i0123',
  ];
  for (const id of ids) await journal.append(makeTrace(id));
  const store = await openStore({ folder });
  await store.sync();
  assert.deepEqual(
    ids.map((id) => store.find(id)?.id),
    ids,
  );
  assert.deepEqual(
    store.latest({ limit: 9 }).map((row) => row.id),
    [...ids].reverse(),
  );
  await store.close();
  await journal.close();
});

test('usage is found under the names of every provider', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await journalOf(folder);
  const bodies: readonly (readonly [string, object])[] = [
    [
      'a',
      {
        model: 'm',
        usage: { prompt_tokens: 10, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } },
      },
    ],
    ['b', { model: 'm', usage: { input_tokens: 10, output_tokens: 3, cache_read_input_tokens: 4 } }],
    [
      'c',
      {
        modelVersion: 'm',
        usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 3, cachedContentTokenCount: 4 },
      },
    ],
    ['d', { model: 'm', prompt_eval_count: 10, eval_count: 3 }],
  ];
  for (const [id, response] of bodies) await journal.append(makeTrace(id, { response: response as never }));
  const store = await openStore({ folder });
  await store.sync();
  const [usage] = store.usage();
  assert.deepEqual(
    [usage?.calls, usage?.inputTokens, usage?.outputTokens, usage?.cachedTokens],
    [4, 40, 12, 12],
  );
  await store.close();
  await journal.close();
});
