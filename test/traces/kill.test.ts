import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { createRandom, type Random } from '../../src/base/random.ts';
import { openJournal } from '../../src/traces/journal.ts';
import { openStore } from '../../src/traces/store.ts';
import { makeTrace, readAll, temporaryFolder } from './sample.ts';

/** Of all lanes together. More of them for a long look: UNDERSTUDY_KILLS=2000. */
const KILLS = Number(process.env['UNDERSTUDY_KILLS'] ?? 240);
const LANES = 4;
const root = path.resolve(import.meta.dirname, '../..');
const victim = path.join(root, '.cache', `victim-${process.pid}.mjs`);

before(async () => {
  // As the product is built: a process that need not strip types first is there ten times as fast.
  const entryPoints = [path.join(import.meta.dirname, 'victim.ts')];
  await build({
    entryPoints,
    outfile: victim,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
});

after(() => rmSync(victim, { force: true }));

/** @returns the ids that the process had said are stored when it was killed. */
async function writeUntilKilled(args: readonly string[], afterMs: number | null): Promise<string[]> {
  const child = spawn(process.execPath, [victim, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const closed = once(child, 'close');
  if (afterMs !== null) {
    await ready(child, () => said);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    child.kill('SIGKILL');
  }
  const [, signal] = await closed;
  assert.equal(signal, 'SIGKILL', 'the process was killed and did not end by itself');
  // A last line without its end was not said.
  return said
    .slice(0, said.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('n'));
}

async function ready(child: ChildProcess, said: () => string): Promise<void> {
  while (!said().includes('ready')) {
    assert.equal(child.exitCode, null, 'the process runs');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** One process after the other on one folder: killed from outside at some moment, or by itself at some byte. */
async function lane(folder: string, kills: number, random: Random): Promise<Set<string>> {
  const acknowledged = new Set<string>();
  for (let round = 0; round < kills; round++) {
    const first = String(round * 100_000);
    // A third indexes and takes snapshots all the time; now and then two processes write at once.
    const index = round % 3 === 1 ? ['index'] : [];
    const run = (from: string): Promise<string[]> =>
      round % 2 === 0
        ? writeUntilKilled([folder, from, String(random.int(150_000)), ...index], null)
        : writeUntilKilled([folder, from, '-1', ...index], random.int(60));
    const said = await Promise.all(
      round % 8 === 7 ? [run(first), run(String(1e9 + round * 100_000))] : [run(first)],
    );
    for (const id of said.flat()) acknowledged.add(id);
  }
  return acknowledged;
}

test('killing any process at any moment and any byte loses no acknowledged trace', {
  timeout: 60_000 + 1000 * KILLS,
}, async (t) => {
  const kills = Math.ceil(KILLS / LANES);
  const lanes = Array.from({ length: LANES }, async (_, i) => {
    const folder = temporaryFolder(t);
    return { folder, acknowledged: await lane(folder, kills, createRandom(3 + i)) };
  });
  let total = 0;
  for (const { folder, acknowledged } of await Promise.all(lanes)) {
    total += acknowledged.size;
    const journalFolder = path.join(folder, 'journal');
    await check(journalFolder, acknowledged, kills, 'after the last kill');
    const journal = await openJournal(journalFolder, { maintenanceMs: 0 });
    await journal.append(makeTrace('after'));
    await journal.seal();
    await journal.close();
    await check(journalFolder, acknowledged.add('after'), kills, 'after sealing');
    await checkIndex(folder, acknowledged);
    const families = readdirSync(journalFolder).filter((name) => name.endsWith('.lease'));
    assert.ok(families.length <= 3, 'families of dead writers are taken over');
  }
  assert.ok(total > 10 * KILLS, `${total} acknowledged`);
});

async function check(
  folder: string,
  acknowledged: ReadonlySet<string>,
  kills: number,
  when: string,
): Promise<void> {
  const { traces, damage } = await readAll(folder);
  const found = new Set(traces.map((trace) => trace.id));
  assert.equal(found.size, traces.length, `${when}: nothing is read twice`);
  assert.deepEqual(
    [...acknowledged].filter((id) => !found.has(id)),
    [],
    `${when}: nothing is lost`,
  );
  for (const { reason } of damage)
    assert.match(reason, /torn|checksum|no checksum/, `${when}: only torn lines`);
  assert.ok(damage.length <= 1.2 * kills, `${when}: at most one torn line per kill, ${damage.length}`);
}

/** Whatever parts of the index the killed processes left, it says what the journal says. */
async function checkIndex(folder: string, acknowledged: ReadonlySet<string>): Promise<void> {
  const { traces } = await readAll(path.join(folder, 'journal'));
  const store = await openStore({ folder });
  await store.sync();
  assert.equal(store.totals().traces, traces.length);
  assert.deepEqual(
    [...acknowledged].filter((id) => !store.has(id)),
    [],
  );
  await store.close();
}
