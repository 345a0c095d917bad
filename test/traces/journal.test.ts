import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { manualClock } from '../../src/base/clock.ts';
import { openJournal } from '../../src/traces/journal.ts';
import { makeTrace, readAll, readIds, temporaryFolder } from './sample.ts';

const quiet = { maintenanceMs: 0 } as const;

test('what was stored is read again as it was, in the order of storing', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, quiet);
  const traces = Array.from({ length: 50 }, (_, i) => makeTrace(`t${i}`, { startMs: 1000 + i }));
  const outcomes = await Promise.all(traces.map((trace) => journal.append(trace)));
  assert.deepEqual(new Set(outcomes), new Set(['stored']));
  assert.deepEqual((await readAll(folder)).traces, traces);
  await journal.close();
  assert.deepEqual((await readAll(folder)).traces, traces);
});

test('a folder that does not exist has no traces', async (t) => {
  assert.deepEqual(await readIds(path.join(temporaryFolder(t), 'none')), []);
});

test('a stored trace is in the file when its append resolves', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, { ...quiet, fsync: 'always' });
  assert.equal(await journal.append(makeTrace('one')), 'stored');
  const open = readdirSync(folder).find((name) => name.endsWith('.jsonl'));
  assert.match(readFileSync(path.join(folder, open!), 'utf8'), /^[0-9a-f]{8} \{"id":"one"/);
  await journal.close();
});

test('a full segment is closed, and sealing compresses it to a small share of its bytes', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, { ...quiet, segmentBytes: 100_000 });
  const traces = Array.from({ length: 400 }, (_, i) => makeTrace(`t${i}`));
  const raw = Buffer.byteLength(traces.map((trace) => `${JSON.stringify(trace)}\n`).join(''));
  for (const trace of traces) await journal.append(trace);
  await journal.seal();
  const files = readdirSync(folder).filter((name) => name.endsWith('.seg'));
  assert.ok(files.length >= 2, `${files.length} segments`);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.jsonl')),
    [],
  );
  const sealed = files.reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
  assert.ok(sealed < 0.15 * raw, `${sealed} of ${raw} bytes`);
  assert.equal(journal.stats().bytes, sealed);
  assert.deepEqual((await readAll(folder)).traces, traces);
  await journal.close();
});

test('a journal that is opened again goes on with its last segment', async (t) => {
  const folder = temporaryFolder(t);
  for (const id of ['a', 'b', 'c']) {
    const journal = await openJournal(folder, quiet);
    await journal.append(makeTrace(id));
    await journal.close();
  }
  assert.deepEqual(await readIds(folder), ['a', 'b', 'c']);
  assert.equal(readdirSync(folder).filter((name) => /\.(jsonl|seg)$/.test(name)).length, 1);
});

test('two journals on one folder write their own segments, and both are read', async (t) => {
  const folder = temporaryFolder(t);
  const [first, second] = await Promise.all([openJournal(folder, quiet), openJournal(folder, quiet)]);
  await Promise.all(
    Array.from({ length: 200 }, (_, i) => (i % 2 ? first : second).append(makeTrace(`t${i}`))),
  );
  await first.seal();
  await Promise.all([first.append(makeTrace('x')), second.append(makeTrace('y'))]);
  const writers = new Set(readdirSync(folder).flatMap((name) => /-([0-9a-f]{8})\./.exec(name)?.[1] ?? []));
  assert.equal(writers.size, 2);
  const { traces, damage } = await readAll(folder);
  assert.equal(new Set(traces.map((trace) => trace.id)).size, 202);
  assert.deepEqual(damage, []);
  await first.close();
  await second.close();
});

test('a clock that goes back changes neither the order of segments nor what is read', async (t) => {
  const folder = temporaryFolder(t);
  const clock = manualClock(5_000_000);
  const journal = await openJournal(folder, { ...quiet, clock, segmentBytes: 1 });
  for (const [id, now] of [
    ['a', 5_000_000],
    ['b', 1_000],
    ['c', 9_000_000_000_000],
    ['d', 2_000],
  ] as const) {
    clock.set(now);
    await journal.append(makeTrace(id));
  }
  assert.deepEqual(await readIds(folder), ['a', 'b', 'c', 'd']);
  await journal.close();
});

test('what waits for a slow disk is bounded; what is beyond is shed, counted and never waits', async (t) => {
  const folder = temporaryFolder(t);
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const journal = await openJournal(folder, {
    ...quiet,
    maxPendingBytes: 20_000,
    write: async (file, bytes, offset, position) => {
      await gate;
      return (await file.write(bytes, offset, bytes.length - offset, position)).bytesWritten;
    },
  });
  const appends = Array.from({ length: 100 }, (_, i) => journal.append(makeTrace(`t${i}`)));
  const { shed, pending, pendingBytes } = journal.stats();
  assert.ok(shed > 0 && pending > 0 && shed + pending === 100, `${shed} shed, ${pending} pending`);
  assert.ok(pendingBytes <= 20_000);
  assert.equal(await appends.at(-1), 'shed');
  release();
  const outcomes = await Promise.all(appends);
  assert.equal(outcomes.filter((outcome) => outcome === 'stored').length, pending);
  assert.equal((await readIds(folder)).length, pending);
  assert.equal(journal.stats().shed, shed);
  await journal.close();
});

test('a trace that cannot be written down is shed, and the next one is stored', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, quiet);
  const bottomless: Record<string, unknown> = {};
  bottomless['self'] = bottomless;
  const odd = makeTrace('odd', { request: { id: 10n as unknown as number } });
  assert.equal(await journal.append(odd), 'shed');
  assert.equal(await journal.append(makeTrace('even')), 'stored');
  await journal.append(makeTrace('loop', { request: bottomless as never }));
  assert.equal((await readIds(folder))[0], 'even');
  await journal.close();
});

test('after its end a journal stores nothing more', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, quiet);
  const last = journal.append(makeTrace('last'));
  await journal.close();
  assert.equal(await last, 'stored');
  assert.equal(await journal.append(makeTrace('late')), 'shed');
  assert.deepEqual(await readIds(folder), ['last']);
});

test('retention by age removes segments that were stored too long ago', async (t) => {
  const folder = temporaryFolder(t);
  const day = 86_400_000;
  const journal = await openJournal(folder, { ...quiet, retention: { maxAgeMs: 7 * day } });
  await journal.append(makeTrace('old'));
  await journal.seal();
  const [old] = readdirSync(folder).filter((name) => name.endsWith('.seg'));
  utimesSync(path.join(folder, old!), new Date(), new Date(Date.now() - 8 * day));
  await journal.append(makeTrace('new'));
  await journal.seal();
  assert.deepEqual(await readIds(folder), ['new']);
  await journal.close();
});

test('a clock that jumps forward deletes nothing until it has run evenly for an hour', async (t) => {
  const folder = temporaryFolder(t);
  const day = 86_400_000;
  let [now, passed] = [Date.now(), 0];
  const clock = { now: () => now, monotonic: () => passed };
  const journal = await openJournal(folder, { ...quiet, clock, retention: { maxAgeMs: 7 * day } });
  await journal.append(makeTrace('a'));
  await journal.seal();
  now += 300 * day;
  await journal.seal();
  passed += 1_800_000;
  now += 1_800_000;
  await journal.seal();
  assert.deepEqual(await readIds(folder), ['a'], 'not for half an hour of another year');
  passed += 1_900_000;
  now += 1_900_000;
  await journal.seal();
  assert.deepEqual(await readIds(folder), [], 'but it was a year indeed');
  await journal.close();
});

test('retention by size removes the oldest segments and never the one being written', async (t) => {
  const folder = temporaryFolder(t);
  const journal = await openJournal(folder, {
    ...quiet,
    segmentBytes: 20_000,
    retention: { maxBytes: 3000 },
  });
  for (let i = 0; i < 200; i++) await journal.append(makeTrace(`t${i}`));
  await journal.seal();
  await journal.append(makeTrace('last'));
  await journal.seal();
  const ids = await readIds(folder);
  assert.equal(ids.at(-1), 'last');
  assert.ok(ids.length > 1 && ids.length < 201, `${ids.length} left`);
  assert.ok(!ids.includes('t0'));
  await journal.close();
});

test('a journal whose folder was cleared goes on in a new one', async (t) => {
  const folder = path.join(temporaryFolder(t), 'journal');
  const journal = await openJournal(folder, quiet);
  await journal.append(makeTrace('before'));
  rmSync(folder, { recursive: true });
  await journal.seal();
  await journal.append(makeTrace('after'));
  assert.deepEqual(await readIds(folder), ['after']);
  await journal.close();
});

test('a foreign file in the folder is left alone', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(path.join(folder, 'notes.txt'), 'mine');
  const journal = await openJournal(folder, quiet);
  await journal.append(makeTrace('a'));
  await journal.delete('all');
  await journal.close();
  assert.equal(readFileSync(path.join(folder, 'notes.txt'), 'utf8'), 'mine');
});
