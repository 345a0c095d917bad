import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** A file system of so many megabytes; null where the tests may not mount one. */
export function tinyDisk(t: TestContext, megabytes: number): string | null {
  const folder = mkdtempSync(path.join(tmpdir(), 'understudy-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return mounted.status === 0 ? folder : null;
}
