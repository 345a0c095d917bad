// A writer for the kill tests: appends numbered traces and says on its standard output which ones were acknowledged.
import { writeSync } from 'node:fs';
import { openJournal } from '../../src/traces/journal.ts';

const [folder, first] = process.argv.slice(2);
const journal = await openJournal(folder, { segmentBytes: 60_000, maintenanceMs: 5, fsync: 'never' });
writeSync(1, 'ready\n');
for (let i = Number(first); ; i++) {
  const id = `n${i}`;
  const request = { model: 'm', messages: [{ role: 'user', content: `${id} `.repeat(1 + (i % 200)) }] };
  const trace = {
    id,
    startMs: i,
    durationMs: 1,
    firstByteMs: 1,
    provider: 'openai',
    format: 'openai-chat',
    path: '/v1/chat/completions',
    status: 200,
    streamed: false,
    request,
    response: null,
    incomplete: null,
    servedBy: 'teacher',
    pinnedTask: null,
    site: null,
    headers: {},
    route: null,
    source: 'gateway',
  };
  const stored = journal.append(trace).then((outcome) => {
    if (outcome === 'stored') writeSync(1, `${id}\n`);
  });
  if (i % 8 === 7) await stored;
}
