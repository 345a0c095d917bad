import { mkdirSync } from 'node:fs';

/** Has the disk, or this user's share of it, no room left? */
export function isDiskFull(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Could a file not be written for want of room: its own, or that of the folder that `makeFolderIfRoom` did not get? */
export function isForWantOfRoom(error: unknown): boolean {
  return isDiskFull(error) || (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Makes a folder of this user's where there is room for one; on a full disk there is none until somebody tries again. */
export function makeFolderIfRoom(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}
