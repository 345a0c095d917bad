import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
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
  const temporary = `${fileOf(storage)}.${process.pid}`;
  await writeFile(temporary, JSON.stringify(lease), { mode: 0o600 });
  await rename(temporary, fileOf(storage));
}

/** A start that takes longer was given up by its host. */
const LOCK_MS = 20_000;

/** Lets one host at a time look for a gateway and start one: two windows that open together share theirs. */
export async function withStartLock<T>(storage: string, start: () => Promise<T>): Promise<T> {
  await mkdir(storage, { recursive: true });
  const lock = path.join(storage, 'gateway.lock');
  while (!(await take(lock))) {
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

/** @throws where the folder cannot be written. */
async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
