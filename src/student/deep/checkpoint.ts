import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
  return {
    save: (name, checkpoint) => {
      mkdirSync(folder, { recursive: true });
      const temporary = `${fileOf(name)}.${process.pid}.part`;
      writeFileSync(temporary, encode(key, checkpoint));
      renameSync(temporary, fileOf(name));
    },
    load: (name) => {
      try {
        return decode(key, readFileSync(fileOf(name)));
      } catch {
        // No checkpoint, or one that cannot be read: training starts from the beginning.
        return null;
      }
    },
    clear: (name) => rmSync(fileOf(name), { force: true }),
  };
}

function encode(key: string, { numbers, tensors }: Checkpoint): Buffer {
  const sizes = Object.fromEntries(Object.entries(tensors).map(([name, data]) => [name, data.length]));
  const body = Buffer.concat(
    Object.values(tensors).map((data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  );
  const header = JSON.stringify({ key, numbers, sizes, sha256: sha256(body) });
  return Buffer.concat([Buffer.from(`${header}\n`), body]);
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
