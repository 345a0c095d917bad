import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { isObject, parseJson } from '../base/json.ts';

/**
 * Who may write what in a journal folder. Every writer has its own family of segments and a lease that names its process;
 * families of dead processes are taken over, so their number is that of the writers that ran at the same time. A lock
 * that is held for moments guards what concerns the whole folder: taking over, sealing, deleting.
 */

interface Holder {
  readonly pid: number;
  readonly thread: number;
  /** Start of the process in clock ticks since boot, where the system tells it: a reused pid is not the holder. */
  readonly started: string | null;
  readonly host: string;
}

/** A holder on another machine or in another container cannot be asked; it is dead when silent for this long. */
const FOREIGN_SILENCE_MS = 10 * 60_000;

export interface Lease {
  /** 8 hex digits. */
  readonly writer: string;
  /** Says that the holder lives; call every minute or so. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

/** Removes files that a stopped process left half written. Call under the folder's lock. */
export async function sweep(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const file = path.join(folder, entry);
    if (/\.tmp$|\.stale\.|^lock\./.test(entry) && (await isForgotten(file))) await rm(file, { force: true });
  }
}

/** Takes over the family of a dead writer, else founds a new one. Call under the folder's lock. */
export async function takeLease(folder: string): Promise<Lease> {
  for (const entry of (await readdir(folder)).sort()) {
    const writer = /^([0-9a-f]{8})\.lease$/.exec(entry)?.[1];
    if (writer === undefined || (await writerAlive(folder, writer))) continue;
    return holdLease(folder, writer);
  }
  return holdLease(folder, randomBytes(4).toString('hex'));
}

async function holdLease(folder: string, writer: string): Promise<Lease> {
  const file = leaseFile(folder, writer);
  await writeFile(`${file}.tmp`, JSON.stringify(self()));
  await rename(`${file}.tmp`, file);
  held.add(path.resolve(file));
  return {
    writer,
    renew: async () => {
      try {
        await utimes(file, new Date(), new Date());
      } catch {
        // Somebody cleared the folder: the family is ours all the same.
        await mkdir(folder, { recursive: true });
        await writeFile(file, JSON.stringify(self()));
      }
    },
    release: async () => {
      held.delete(path.resolve(file));
      // The family stays known, with nobody holding it, for the next writer to go on with.
      await writeFile(file, JSON.stringify({ ...self(), pid: 0 }));
    },
  };
}

/** Leases of this very thread: its pid alone would not say whether the journal is still open. */
const held = new Set<string>();

/** Is the family's writer running? False for a family without a lease. */
export async function writerAlive(folder: string, writer: string): Promise<boolean> {
  return holderAlive(leaseFile(folder, writer));
}

async function holderAlive(file: string): Promise<boolean> {
  const holder = await readHolder(file);
  return holder !== null && isAlive(holder, file);
}

async function isAlive(holder: Holder, file: string): Promise<boolean> {
  if (holder.pid === 0) return false;
  if (holder.host !== hostname()) {
    const touched = await stat(file).then(
      (s) => s.mtimeMs,
      () => 0,
    );
    return Date.now() - touched < FOREIGN_SILENCE_MS;
  }
  if (holder.pid === process.pid && holder.thread === threadId && holder.started === startedOf(process.pid))
    return held.has(path.resolve(file));
  return processRuns(holder.pid) && holder.started === startedOf(holder.pid);
}

async function readHolder(file: string): Promise<Holder | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  const value = text === null ? undefined : parseJson(text);
  if (!isObject(value) || typeof value['pid'] !== 'number') return null;
  const { pid, started, host } = value;
  return {
    pid,
    thread: Number(value['thread'] ?? 0),
    started: typeof started === 'string' ? started : null,
    host: String(host),
  };
}

const self = (): Holder => ({
  pid: process.pid,
  thread: threadId,
  started: startedOf(process.pid),
  host: hostname(),
});

/** Field 22 of /proc/pid/stat on Linux; null elsewhere. */
function startedOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null; // Not Linux, or no such process.
  }
}

function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const leaseFile = (folder: string, writer: string): string => path.join(folder, `${writer}.lease`);

/**
 * Runs `work` while no other process does so in this folder. Waits for its turn up to `waitMs`.
 * @returns what `work` returned, or null where the lock could not be had.
 */
export async function withFolderLock<T>(
  folder: string,
  work: () => Promise<T>,
  waitMs = 10_000,
): Promise<T | null> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'lock');
  const deadline = performance.now() + waitMs;
  while (!(await tryLock(file))) {
    if (performance.now() > deadline) return null;
    await new Promise((resolve) => setTimeout(resolve, 10 + 20 * Math.random()));
  }
  try {
    return await work();
  } finally {
    held.delete(path.resolve(file));
    await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  const key = path.resolve(file);
  if (held.has(key)) return false;
  if (await takeFile(file)) {
    held.add(key);
    return true;
  }
  if (await isStale(file)) await removeStale(file);
  return false;
}

/** Puts this process's name under that of the file. @returns false where the file is there already. */
async function takeFile(file: string): Promise<boolean> {
  // A complete file appears under the name at once, or not at all: nobody ever reads a half-written holder.
  const mine = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(mine, JSON.stringify(self()));
    await link(mine, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPERM' && error.code !== 'ENOTSUP' && error.code !== 'ENOSYS') throw error;
      return copyExclusive(file);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(mine, { force: true });
  }
}

/** Held by nobody who lives. A lock that is not there is none: by the next look it may be the next holder's. */
async function isStale(file: string): Promise<boolean> {
  const holder = await readHolder(file);
  return (holder !== null && !(await isAlive(holder, file))) || isForgotten(file);
}

/** Held for longer than any work under the lock takes: its thread ended without letting go. */
async function isForgotten(file: string): Promise<boolean> {
  const touched = await stat(file).then(
    (s) => s.mtimeMs,
    () => Date.now(),
  );
  return Date.now() - touched > FOREIGN_SILENCE_MS;
}

/** For file systems without hard links. */
async function copyExclusive(file: string): Promise<void> {
  const handle = await open(file, 'wx');
  await handle.writeFile(JSON.stringify(self()));
  await handle.close();
}

/**
 * Removes a dead holder's lock. One process at a time looks and removes: what it saw is what it removes, for the dead do not
 * remove theirs. Two at once could take the lock of a living one that came between.
 */
async function removeStale(file: string): Promise<void> {
  const turn = `${file}.takeover`;
  if (!(await takeFile(turn))) {
    // Only a process that died between two calls of the system leaves it.
    if (await isStale(turn)) await rm(turn, { force: true });
    return;
  }
  try {
    if (await isStale(file)) await rm(file, { force: true });
  } finally {
    await rm(turn, { force: true });
  }
}
