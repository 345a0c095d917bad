import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { sha256, shortHash } from '../base/hash.ts';

/**
 * A run's position on disk, or what a part of it has learned, so that a killed training goes on where it was. One file
 * each: a JSON line with the key of the run, the numbers and the tensor sizes, then the tensors as little-endian f32 (of
 * those that are mostly zeros the places and values of the others), then their sha256. Written beside and renamed; a file
 * that is damaged or belongs to another run counts as none.
 */
export interface Checkpoint {
  readonly numbers: Readonly<Record<string, number>>;
  readonly tensors: Readonly<Record<string, Float32Array>>;
}

export interface CheckpointStore {
  /** What cannot be written (a full disk) is as good as not saved: it never ends a training. */
  save(name: string, checkpoint: Checkpoint): void;
  load(name: string): Checkpoint | null;
  clear(name: string): void;
}

/** `key` identifies data and spec: a checkpoint made for another key is not used. */
export function openCheckpoints(folder: string, key: string): CheckpointStore {
  const fileOf = (name: string): string =>
    path.join(folder, `${/^[\w-]+$/u.test(name) ? name : shortHash(name)}.checkpoint`);
  const partOf = (name: string): string => `${fileOf(name)}.part`;
  return {
    save: (name, checkpoint) => {
      try {
        mkdirSync(folder, { recursive: true });
        write(partOf(name), key, checkpoint);
        renameSync(partOf(name), fileOf(name));
      } catch {
        // The training goes on; killed, it would begin this part again.
        rmSync(partOf(name), { force: true });
      }
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
  const sizes: Record<string, Size> = {};
  const pieces: (Float32Array | Uint32Array)[] = [];
  for (const [name, data] of Object.entries(tensors)) {
    let others = 0;
    for (let i = 0; i < data.length; i++) if (data[i] !== 0) others++;
    const sparse = 2 * others < data.length;
    sizes[name] = { length: data.length, others: sparse ? others : null };
    pieces.push(...(sparse ? withoutZeros(data, others) : [data]));
  }
  const bytes = pieces.map((piece) => new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
  const hash = createHash('sha256');
  for (const part of bytes) hash.update(part);
  const header: Header = { key, numbers, sizes, sha256: hash.digest('hex') };
  const handle = openSync(file, 'w');
  try {
    for (const part of [Buffer.from(`${JSON.stringify(header)}\n`), ...bytes]) {
      for (let at = 0; at < part.length; ) at += writeSync(handle, part, at);
    }
  } finally {
    closeSync(handle);
  }
}

function withoutZeros(data: Float32Array, others: number): [Uint32Array, Float32Array] {
  const places = new Uint32Array(others);
  const values = new Float32Array(others);
  let n = 0;
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0) continue;
    places[n] = i;
    values[n++] = data[i]!;
  }
  return [places, values];
}

function decode(key: string, file: Buffer): Checkpoint | null {
  const end = file.indexOf(10);
  const header = JSON.parse(file.subarray(0, end).toString()) as Header;
  const body = file.subarray(end + 1);
  if (header.key !== key || header.sha256 !== sha256(body)) return null;
  let at = 0;
  /** The next bytes; copied, as they need not lie where an array may begin. */
  const next = <T extends Float32Array | Uint32Array>(into: T): T => {
    new Uint8Array(into.buffer).set(body.subarray(at, at + into.byteLength));
    at += into.byteLength;
    return into;
  };
  const tensors: Record<string, Float32Array> = {};
  for (const [name, { length, others }] of Object.entries(header.sizes)) {
    const data = new Float32Array(length);
    tensors[name] = data;
    if (others === null) next(data);
    else {
      const places = next(new Uint32Array(others));
      const values = next(new Float32Array(others));
      places.forEach((place, i) => {
        data[place] = values[i]!;
      });
    }
  }
  return { numbers: header.numbers, tensors };
}

interface Size {
  readonly length: number;
  /** How many are not zero, where only they are stored; null where all are. */
  readonly others: number | null;
}

interface Header {
  readonly key: string;
  readonly numbers: Readonly<Record<string, number>>;
  readonly sizes: Readonly<Record<string, Size>>;
  readonly sha256: string;
}
