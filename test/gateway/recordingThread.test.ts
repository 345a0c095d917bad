import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startTestGateway } from '../support/testGateway.ts';

const main = pathToFileURL(path.resolve(import.meta.dirname, '../../src/gateway/main.ts')).href;

/** The recording thread as it is, but that it dies of every batch that comes while the file `deadly` is there. */
function dyingThread(folder: string, deadly: string): string {
  const file = path.join(folder, 'thread.mjs');
  writeFileSync(
    file,
    `import ${JSON.stringify(main)};
import { existsSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ kind }) => {
  if (kind === 'calls' && existsSync(${JSON.stringify(deadly)})) process.exit(1);
});
`,
  );
  return file;
}

test('recording goes on after its thread died, and what died with it is counted', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'understudy-dying-'));
  const upstream = createServer((_req, res) => {
    res.setHeader('content-type', 'application/json');
    res.end('{"choices":[]}');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const openai = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const deadly = path.join(folder, 'deadly');
  const recordingEntry = dyingThread(folder, deadly);
  const gateway = await startTestGateway({ upstreams: { openai }, recordingEntry });
  t.after(async () => {
    await gateway.close();
    upstream.close();
    upstream.closeAllConnections();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const ask = async (wave: string, calls: number): Promise<void> => {
    for (let i = 0; i < calls; i++) {
      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: `${wave} ${i}` }] });
      const headers = { 'content-type': 'application/json' };
      const url = `${gateway.base}/openai/v1/chat/completions`;
      assert.equal((await fetch(url, { method: 'POST', headers, body })).status, 200);
    }
    await gateway.gateway.recorder.flush();
  };
  await ask('before', 3);
  writeFileSync(deadly, '');
  await ask('lost', 4);
  rmSync(deadly);
  assert.match(gateway.gateway.recorder.stats().problem ?? '', /restarted/);
  await ask('after', 5);
  const { recorded, stored, shed, pendingBytes, problem } = gateway.gateway.recorder.stats();
  assert.deepEqual(
    { recorded, stored, shed, pendingBytes, problem },
    { recorded: 12, stored: 8, shed: 4, pendingBytes: 0, problem: null },
  );
  const texts = (await gateway.traces()).map((trace) => JSON.stringify(trace.request));
  for (const [wave, calls] of [
    ['before', 3],
    ['after', 5],
  ] as const)
    assert.equal(texts.filter((text) => text.includes(wave)).length, calls);
});

test('what is in the journal is looked up in the recording thread; one that dies over it has no answer', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'understudy-asked-'));
  const id = '0123456789ab4cde8f0123456789abcd';
  const known = {
    request: JSON.stringify({ model: 'm', input: 'Hi' }),
    response: JSON.stringify({ id: `resp_${id}`, output: [] }),
  };
  const file = path.join(folder, 'thread.mjs');
  writeFileSync(
    file,
    `import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ kind, id, traceIds }) => {
  if (kind === 'close' || traceIds.includes('ffffffff-ffff-4fff-8fff-ffffffffffff')) process.exit(0);
  parentPort.postMessage({ kind: 'found', id, answers: [${JSON.stringify(known)}] });
});
`,
  );
  const gateway = await startTestGateway({ recordingEntry: file });
  t.after(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const answer = await fetch(`${gateway.base}/openai/v1/responses/resp_${id}`);
  assert.deepEqual([answer.status, await answer.text()], [200, known.response]);
  const { recorder } = gateway.gateway;
  assert.deepEqual(await recorder.find(['ffffffff-ffff-4fff-8fff-ffffffffffff']), []);
  assert.deepEqual(await recorder.find(['any']), [known], 'another thread answers the next question');
});
