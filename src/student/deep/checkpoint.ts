import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../base/hash.ts';

/**
 * A run's position on disk, so that a killed training goes on where it was. One file per network: a JSON line with the
 * key of the run, the numbers and the tensor sizes, then the tensors as little-endian f32, then their sha256. Written
 * beside and renamed; a file that is damaged or belongs to another run counts as none.
 */
export interface Checkpoint {
  readonly numbers: Readonly<Record<string, number>>;
  readonly tensors: Readonly<Record<string, Float32Array>>;
}

export interface CheckpointStore {
  save(name: string, checkpoint: Checkpoint): void;
  load(name: string): Checkpoint | null;
  clear(name: string): void;
}

/** `key` identifies data and spec: a checkpoint made for another key is not used. */
export function openCheckpoints(folder: string, key: string): CheckpointStore {
  const fileOf = (name: string): string => path.join(folder, `${name}.checkpoint`);
  const partOf = (name: string): string => `${fileOf(name)}.part`;
  return {
    save: (name, checkpoint) => {
      mkdirSync(folder, { recursive: true });
      write(partOf(name), key, checkpoint);
      renameSync(partOf(name), fileOf(name));
    },
    load: (name) => {
      try {
        return decode(key, readFileSync(fileOf(name)));
      } catch {
        // No checkpoint, or one that cannot be read: training starts from the beginning.
        return null;
      }
    },
    clear: (name) => {
      // A process that was killed in the middle of writing leaves its part behind.
      for (const file of [fileOf(name), partOf(name)]) rmSync(file, { force: true });
    },
  };
}

/** Tensor by tensor: a copy of all of them for the file would be most of the memory that a training takes. */
function write(file: string, key: string, { numbers, tensors }: Checkpoint): void {
  const sizes = Object.fromEntries(Object.entries(tensors).map(([name, data]) => [name, data.length]));
  const parts = Object.values(tensors).map(
    (data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const header = JSON.stringify({ key, numbers, sizes, sha256: hash.digest('hex') });
  const handle = openSync(file, 'w');
  try {
    for (const part of [Buffer.from(`${header}\n`), ...parts]) {
      for (let at = 0; at < part.length; ) at += writeSync(handle, part, at);
    }
  } finally {
    closeSync(handle);
  }
}

function decode(key: string, file: Buffer): Checkpoint | null {
  const end = file.indexOf(10);
  const header = JSON.parse(file.subarray(0, end).toString()) as Header;
  const body = file.subarray(end + 1);
  if (header.key !== key || header.sha256 !== sha256(body)) return null;
  let at = 0;
  const tensors: Record<string, Float32Array> = {};
  for (const [name, size] of Object.entries(header.sizes)) {
    const data = new Float32Array(size);
    new Uint8Array(data.buffer).set(body.subarray(at, at + size * 4));
    tensors[name] = data;
    at += size * 4;
  }
  return { numbers: header.numbers, tensors };
}

interface Header {
  readonly key: string;
  readonly numbers: Readonly<Record<string, number>>;
  readonly sizes: Readonly<Record<string, number>>;
  readonly sha256: string;
}
