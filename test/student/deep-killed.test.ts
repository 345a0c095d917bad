import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { messagesOf, start } from './killable.ts';

interface Message {
  readonly member?: number;
  readonly step?: number;
  readonly hashes?: readonly (readonly [string, string])[];
  readonly steps?: readonly number[];
}

test('a training killed without warning goes on from its checkpoint and ends as if nothing had happened', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'killed-'));
  try {
    const undisturbed = (await messagesOf<Message>(start('trainingProcess.ts'))).at(-1)!;
    // Twice: in the middle of the first network, and in the middle of the second.
    for (const at of [0, 1]) {
      const child = start('trainingProcess.ts', folder);
      const seen = await messagesOf<Message>(child, ({ member, step }) => {
        if (member === at && step! > 20) child.kill('SIGKILL');
      });
      assert.equal(child.signalCode, 'SIGKILL');
      assert.ok(seen.every(({ hashes }) => hashes === undefined));
      assert.ok(readdirSync(folder).includes(`part${at}.checkpoint`));
    }
    const resumed = await messagesOf<Message>(start('trainingProcess.ts', folder));
    assert.deepEqual(resumed.at(-1), undisturbed);
    // It neither started over nor trained the finished network again.
    const [first] = resumed;
    assert.ok(first !== undefined && first.step !== undefined);
    assert.equal(first.member, 1);
    assert.ok(first.step > 20);
    assert.deepEqual(readdirSync(folder).sort(), ['network0.checkpoint', 'network1.checkpoint']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
