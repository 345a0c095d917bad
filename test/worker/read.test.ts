import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { openJournal } from '../../src/traces/journal.ts';
import { readCalls } from '../../src/worker/read.ts';
import { makeTrace, temporaryFolder } from '../traces/sample.ts';

const traces = ['c', 'a', 'd', 'b'].map((id) => makeTrace(id));
const earlier = makeTrace('z', { startMs: traces[0]!.startMs - 1 });

test('calls of one moment are read in one order, whichever was written down first', async (t) => {
  for (const written of [
    [...traces, earlier],
    [earlier, ...traces.toReversed()],
  ]) {
    const storage = temporaryFolder(t);
    const journal = await openJournal(path.join(storage, 'journal'), { maintenanceMs: 0 });
    for (const trace of written) await journal.append(trace);
    await journal.close();
    const calls = await readCalls(storage, new AbortController().signal, () => {});
    assert.deepEqual(
      calls.map(({ trace }) => trace.id),
      ['z', 'a', 'b', 'c', 'd'],
    );
  }
});
