import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
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

/** For tests and for a user who wants new tokens. */
export async function removeLease(storage: string): Promise<void> {
  await rm(fileOf(storage), { force: true });
}
