import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createRandom } from '../../src/base/random.ts';
import { openJournal } from '../../src/traces/journal.ts';
import { makeTrace, readAll, temporaryFolder } from './sample.ts';

/** More of them for a long look: UNDERSTUDY_KILLS=500. */
const KILLS = Number(process.env['UNDERSTUDY_KILLS'] ?? 24);
const script = path.join(import.meta.dirname, 'writer.mjs');

/** Runs a writer until it is killed without warning. @returns the ids that it had said are stored. */
async function writeUntilKilled(folder: string, first: number, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    script,
    folder,
    String(first),
  ]);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await ready(child, () => said);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  await once(child, 'close');
  // A last line without its end was not said.
  return said
    .slice(0, said.lastIndexOf('\n'))
    .split('\n')
    .filter((line) => line.startsWith('n'));
}

async function ready(child: ChildProcess, said: () => string): Promise<void> {
  while (!said().includes('ready')) {
    assert.equal(child.exitCode, null, 'the writer runs');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('killing any process at any moment loses no acknowledged trace', {
  timeout: 60_000 + 5000 * KILLS,
}, async (t) => {
  const folder = temporaryFolder(t);
  const random = createRandom(3);
  const acknowledged = new Set<string>();
  let first = 0;
  for (let round = 0; round < KILLS; round++) {
    // Now and then two writers at once, killed at different moments.
    const writers = round % 6 === 5 ? [first, first + 1_000_000_000] : [first];
    const said = await Promise.all(writers.map((n) => writeUntilKilled(folder, n, 2 + random.int(90))));
    for (const id of said.flat()) acknowledged.add(id);
    first += 10_000;
  }
  assert.ok(acknowledged.size > 100, `${acknowledged.size} acknowledged`);
  const check = async (when: string): Promise<void> => {
    const { traces, damage } = await readAll(folder);
    const found = new Set(traces.map((trace) => trace.id));
    assert.equal(found.size, traces.length, `${when}: nothing is read twice`);
    assert.deepEqual(
      [...acknowledged].filter((id) => !found.has(id)),
      [],
      `${when}: nothing is lost`,
    );
    assert.ok(
      damage.every(({ reason }) => /torn|checksum|no checksum/.test(reason)),
      `${when}: only torn lines`,
    );
    assert.ok(damage.length <= 1.2 * KILLS, `${when}: at most one torn line per kill, ${damage.length}`);
  };
  await check('after the last kill');
  const journal = await openJournal(folder, { maintenanceMs: 0 });
  await journal.append(makeTrace('after'));
  acknowledged.add('after');
  await journal.seal();
  await check('after sealing');
  await journal.close();
  const families = new Set(readdirSync(folder).filter((name) => name.endsWith('.lease')));
  assert.ok(families.size <= 3, 'families of dead writers are taken over');
});
