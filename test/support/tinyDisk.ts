import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** A file system of so many megabytes and files; null where the tests may not mount one. */
export function tinyDisk(t: TestContext, megabytes: number, files = 1000): string | null {
  const folder = mkdtempSync(path.join(tmpdir(), 'understudy-disk-'));
  const mounted = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${megabytes}m,nr_inodes=${files}`,
    'tmpfs',
    folder,
  ]);
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return mounted.status === 0 ? folder : null;
}
