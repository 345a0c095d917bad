import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const skip = existsSync('/proc/self/status') ? false : 'no /proc to read the resident memory from';

for (const tagged of ['', 'tagged']) {
  const kind = tagged === '' ? 'labels' : 'labels and tags';
  test(`the memory that training ${kind} takes is within half of the estimate`, { skip }, () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'memory-'));
    const script = path.join(import.meta.dirname, 'memoryProcess.ts');
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--expose-gc', script, folder, tagged],
      { encoding: 'utf8', env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' } },
    );
    rmSync(folder, { recursive: true, force: true });
    const { estimated, measured } = JSON.parse(stdout || '{}') as { estimated: number; measured: number };
    assert.ok(estimated > 0, stderr);
    const ratio = estimated / measured;
    assert.ok(ratio > 1 / 1.5 && ratio < 1.5, `estimated ${estimated}, measured ${measured}`);
  });
}
