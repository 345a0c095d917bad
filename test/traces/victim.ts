import { writeSync } from 'node:fs';
import path from 'node:path';
import { openJournal } from '../../src/traces/journal.ts';
import type { WriteFunction } from '../../src/traces/segmentWriter.ts';
import { openStore } from '../../src/traces/store.ts';
import { makeTrace } from './sample.ts';

/**
 * The process that the kill tests kill: appends numbered traces and says on its standard output which ones were
 * acknowledged. `victim FOLDER FIRST BYTES INDEX`: with BYTES >= 0 it kills itself once it has written that many bytes of
 * journal, in the middle of a line; with INDEX it indexes what it wrote and takes snapshots all the time.
 */

const [folder = '', first = '0', bytes = '-1', index = ''] = process.argv.slice(2);
let room = Number(bytes) < 0 ? Number.POSITIVE_INFINITY : Number(bytes);

const write: WriteFunction = async (file, data, offset, position) => {
  const length = Math.min(data.length - offset, room);
  const written = length > 0 ? (await file.write(data, offset, length, position)).bytesWritten : 0;
  room -= written;
  if (room === 0) process.kill(process.pid, 'SIGKILL');
  return written;
};

const journal = await openJournal(path.join(folder, 'journal'), {
  segmentBytes: 60_000,
  maintenanceMs: 5,
  fsync: 'never',
  write,
});
if (index !== '') void keepIndexing();
writeSync(1, 'ready\n');
for (let i = Number(first); ; i++) {
  const id = `n${i}`;
  const request = { model: 'm', messages: [{ role: 'user', content: `${id} `.repeat(1 + (i % 200)) }] };
  const stored = journal.append(makeTrace(id, { request, response: null })).then((outcome) => {
    if (outcome === 'stored') writeSync(1, `${id}\n`);
  });
  if (i % 8 === 7) await stored;
}

async function keepIndexing(): Promise<void> {
  const store = await openStore({ folder });
  for (;;) {
    await store.sync();
    await store.snapshot();
  }
}
