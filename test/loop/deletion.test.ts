import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import { openJournal } from '../../src/traces/journal.ts';
import { readTraces } from '../../src/traces/reader.ts';
import type { Trace } from '../../src/traces/trace.ts';
import { openTestApp } from '../support/app.ts';
import { labelTraffic, sampleRows } from '../support/sampleTraffic.ts';

/** What the user deletes is nowhere afterwards: proved by looking through every byte of the workspace, unpacked. */

const labels = ['apr', 'balance'];
const rows = sampleRows('support').filter((row) => labels.includes(row.answer));

/** The texts of every file under a folder, sealed segments unpacked. */
function contents(folder: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    found.set(path.relative(folder, file), bytes);
    const blocks: Buffer[] = [];
    for (let at = bytes.indexOf('UBLK'); at !== -1; at = bytes.indexOf('UBLK', at + 1))
      blocks.push(brotliDecompressSync(bytes.subarray(at + 32, at + 32 + bytes.readUInt32LE(at + 20))));
    if (blocks.length > 0) found.set(`${path.relative(folder, file)} unpacked`, Buffer.concat(blocks));
  }
  return found;
}

/** Files that hold any of these texts, or an id as the index packs it. */
function holders(folder: string, texts: readonly string[]): string[] {
  const needles = texts.flatMap((text) => [Buffer.from(text), Buffer.from(text.replaceAll('-', ''), 'hex')]);
  return [...contents(folder)]
    .filter(([, bytes]) => needles.some((needle) => needle.length >= 8 && bytes.includes(needle)))
    .map(([name]) => name);
}

const particular = ['zyzzyva-one', 'zyzzyva-two', 'zyzzyva-three'];

test('a trace, a task and everything can be deleted, and not a byte of them is left', async () => {
  const { app, storage, close } = await openTestApp();
  try {
    const file = path.join(storage, '..', `${path.basename(storage)}.jsonl`);
    const traffic = labelTraffic(rows, { labels });
    const named = traffic.map((line, i) => ({ ...line, site: `src/${particular[i] ?? 'ordinary'}.ts:1` }));
    writeFileSync(file, named.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await app.run('traces.import', { file });
    // As the gateway names its traces: the index packs such an id.
    const [sample] = await traces(storage);
    const journal = await openJournal(path.join(storage, 'journal'), { maintenanceMs: 0 });
    const id = '12345678-9abc-4def-8123-456789abcdef';
    await journal.append({ ...sample!, id, site: 'src/zyzzyva-four.ts:1', source: 'gateway' });
    await journal.seal();
    await journal.append({ ...sample!, id: 'stays', site: 'src/stays.ts:1', source: 'gateway' });
    await journal.close();
    await app.refresh();
    await app.run('tasks.analyse', null);
    const [task] = app.state.tasks;
    assert.ok(task !== undefined);

    const one = (await traces(storage)).find(({ site }) => site?.includes(particular[0]!))!;
    for (const [gone, texts] of [
      [one.id, [one.id, one.source, particular[0]!]],
      [id, [id, 'zyzzyva-four']],
    ] as const) {
      assert.ok(holders(storage, texts).length >= 2, 'it is there before');
      assert.deepEqual(await app.run('traces.delete', { what: { traceId: gone } }), { deleted: 1 });
      assert.deepEqual(holders(storage, texts), []);
    }
    assert.ok(holders(storage, [particular[1]!]).length > 0, 'the others stay');
    assert.equal(app.state.traces.total, (await traces(storage)).length);

    const checkpoints = path.join(storage, 'checkpoints', task.id);
    mkdirSync(checkpoints, { recursive: true });
    writeFileSync(path.join(checkpoints, 'job.json'), JSON.stringify({ name: task.id }));
    const left = await traces(storage);
    const { deleted } = await app.run('traces.delete', { what: { taskId: task.id } });
    assert.ok(deleted > left.length / 2, `${deleted} of ${left.length}`);
    assert.deepEqual(holders(storage, [particular[1]!, particular[2]!, rows[7]!.input, task.id]), []);
    assert.deepEqual(app.state.tasks, []);

    await app.run('traces.delete', { what: 'all' });
    assert.deepEqual(await traces(storage), []);
    assert.deepEqual(holders(storage, ['stays', ...left.map((trace) => trace.id)]), []);
    assert.equal(app.state.traces.total, 0);
    assert.deepEqual(
      readdirSync(path.join(storage, 'journal')).filter((name) => /\.(jsonl|seg|tombstone|tmp)$/.test(name)),
      [],
    );
  } finally {
    await close();
  }
});

async function traces(storage: string): Promise<Trace[]> {
  const found: Trace[] = [];
  for await (const trace of readTraces(path.join(storage, 'journal'))) found.push(trace);
  return found;
}
