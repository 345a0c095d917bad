import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDiskFull, isForWantOfRoom, makeFolderIfRoom } from '../base/disk.ts';
import { isObject, parseJson } from '../base/json.ts';

/** Who serves a workspace, and how to reach it: `gateway.json` of its storage. Outlives the gateway, so that ports and tokens stay. */
export interface Lease {
  readonly pid: number;
  readonly port: number;
  /** In every base URL. */
  readonly token: string;
  /** For the host alone. */
  readonly controlToken: string;
  readonly version: string;
  readonly startedMs: number;
}

const fileOf = (storage: string): string => path.join(storage, 'gateway.json');

/** 128 random bits as 32 hex digits. */
export function newToken(): string {
  return randomBytes(16).toString('hex');
}

export async function readLease(storage: string): Promise<Lease | null> {
  let text: string;
  try {
    text = await readFile(fileOf(storage), 'utf8');
  } catch {
    return null; // No gateway was ever started for this storage.
  }
  const value = parseJson(text);
  const isLease =
    isObject(value) &&
    ['pid', 'port', 'startedMs'].every((key) => typeof value[key] === 'number') &&
    ['token', 'controlToken', 'version'].every((key) => typeof value[key] === 'string');
  return isLease ? (value as unknown as Lease) : null;
}

/** Readable by this user only: it holds the tokens. */
export async function writeLease(storage: string, lease: Lease): Promise<void> {
  const file = fileOf(storage);
  const temporary = `${file}.${process.pid}`;
  try {
    await writeFile(temporary, JSON.stringify(lease).padEnd(PADDED_BYTES), { mode: 0o600 });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    if (!isDiskFull(error)) throw error;
    // On a full disk calls must go on: the last lease is as long, and room that a file has can be written to.
    await writeFile(file, JSON.stringify(lease).padEnd(PADDED_BYTES), { flag: 'r+' }).catch(() => {
      throw error;
    });
  }
}

/** Longer than any lease. */
const PADDED_BYTES = 512;

/** A start that takes longer was given up by its host. */
const LOCK_MS = 20_000;

/**
 * Lets one host at a time look for a gateway and start one: two windows that open together share theirs. Where a full disk
 * has no room for the lock, each starts its own: calls must go on.
 */
export async function withStartLock<T>(storage: string, start: () => Promise<T>): Promise<T> {
  const lock = path.join(storage, 'gateway.lock');
  makeFolderIfRoom(storage);
  for (;;) {
    const taken = await take(lock);
    if (taken === 'no-room') return start();
    if (taken === 'yes') break;
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > LOCK_MS) await rm(lock, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, 25));
  }
  try {
    return await start();
  } finally {
    await rm(lock, { force: true });
  }
}

/** @throws where the folder cannot be written for another reason than a full disk. */
async function take(lock: string): Promise<'yes' | 'no' | 'no-room'> {
  try {
    // Empty: a full disk has room for a name, but not for what is in a file.
    await (await open(lock, 'wx')).close();
    return 'yes';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return 'no';
    if (isForWantOfRoom(error)) return 'no-room';
    throw error;
  }
}
