import { stat } from 'node:fs/promises';

const INTERVAL_MS = 1_000;

/** Calls `onChange` soon after one of the files was written. Polls: change events of file systems are not to be relied on. */
export function watchFiles(files: readonly string[], onChange: () => void): void {
  let before: string | null = null;
  const look = async (): Promise<void> => {
    const now = (await Promise.all(files.map(stampOf))).join();
    if (before !== null && before !== now) onChange();
    before = now;
  };
  void look();
  setInterval(() => void look(), INTERVAL_MS).unref();
}

async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return ''; // Not written yet.
  }
}
