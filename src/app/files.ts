import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseJson } from '../base/json.ts';
import type { Log } from '../base/log.ts';

/** The small JSON files of a workspace's storage. Written whole and renamed, so that a reader never sees half of one. */

export interface StoragePaths {
  readonly root: string;
  readonly journal: string;
  readonly index: string;
  readonly tasks: string;
  readonly edits: string;
  /** What the last analysis left over. */
  readonly young: string;
  readonly policies: string;
  readonly capabilities: string;
  readonly students: string;
  /** The last call that was looked at for dropped capabilities. */
  readonly watched: string;
}

export function storagePaths(root: string): StoragePaths {
  return {
    root,
    journal: path.join(root, 'journal'),
    index: path.join(root, 'index'),
    tasks: path.join(root, 'tasks.json'),
    edits: path.join(root, 'edits.json'),
    young: path.join(root, 'young.json'),
    policies: path.join(root, 'policies.json'),
    capabilities: path.join(root, 'capabilities'),
    students: path.join(root, 'students'),
    watched: path.join(root, 'watched.json'),
  };
}

/** The file's value, or `fallback` where there is no file. A damaged file is set aside as *.damaged and reported. */
export function readJsonFile<T>(file: string, fallback: T, log: Log): T {
  if (!existsSync(file)) return fallback;
  const value = parseJson(readFileSync(file, 'utf8'));
  if (value !== undefined) return value as T;
  renameSync(file, `${file}.damaged`);
  log.warn(`${path.basename(file)} could not be read; it was set aside as ${path.basename(file)}.damaged`);
  return fallback;
}

export function writeJsonFile(file: string, value: unknown): void {
  mkdirSync(path.dirname(file), { recursive: true });
  // Two windows may write at the same moment, so each has a draft of its own.
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** Differs whenever somebody has written the file anew: a rename gives it another inode. Empty where there is none. */
export function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
}
