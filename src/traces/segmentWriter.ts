import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { listSegments, openFile, segmentName } from './segment.ts';

/** Writes bytes at a position and says how many it wrote, as FileHandle.write does. */
export type WriteFunction = (
  file: FileHandle,
  bytes: Uint8Array,
  offset: number,
  position: number,
) => Promise<number>;

export interface SegmentWriterOptions {
  now(): number;
  readonly segmentBytes: number;
  readonly write?: WriteFunction | undefined;
}

/** Appends to the open segment of one writer's family; begins a new one when it is full. Calls must not overlap, except `sync`. */
export interface SegmentWriter {
  readonly writer: string;
  /** Name of the segment being written; null between two. */
  current(): string | null;
  /** Goes on with the family's last open segment, closing a torn last line. */
  resume(): Promise<void>;
  /** All of the bytes are in the file, or none of them and an error is thrown. */
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  /** Closes the segment; the next write begins a new one. Waits for a write in progress. */
  rotate(): Promise<void>;
  close(): Promise<void>;
  /** Lets go of a file that somebody has removed: what is written to it is lost. */
  leaveRemoved(): Promise<void>;
  /** Bytes written since `resetBytes`. */
  bytesSince(): number;
  resetBytes(): void;
}

export function createSegmentWriter(
  folder: string,
  writer: string,
  options: SegmentWriterOptions,
): SegmentWriter {
  const put = options.write ?? plainWrite;
  let open_: { name: string; file: FileHandle; size: number; dirty: boolean } | null = null;
  /** Set before the file is there: nobody may take it for one that is closed. */
  let name: string | null = null;
  let written = 0;
  let greatest = 0;
  let turn: Promise<unknown> = Promise.resolve();

  /** One operation at a time, in the order of the calls. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work);
    turn = next.catch(() => {});
    return next;
  };

  const begin = async (): Promise<NonNullable<typeof open_>> => {
    await mkdir(folder, { recursive: true });
    for (const segment of await listSegments(folder)) greatest = Math.max(greatest, segment.order);
    // The clock may have gone back: names go forward all the same.
    greatest = Math.max(Math.floor(options.now()), greatest + 1);
    name = segmentName(greatest, writer);
    return { name, file: await open(openFile(folder, name), 'wx'), size: 0, dirty: false };
  };

  const append = async (bytes: Uint8Array): Promise<void> => {
    open_ ??= await begin();
    const { file, size } = open_;
    open_.dirty = true;
    try {
      let offset = 0;
      while (offset < bytes.length) offset += await put(file, bytes, offset, size + offset);
      open_.size += bytes.length;
      written += bytes.length;
    } catch (error) {
      // Nothing of a failed write may stay, or a later one would follow half a line.
      await file.truncate(size).catch(() => close());
      throw error;
    }
  };

  const close = async (): Promise<void> => {
    const closing = open_;
    open_ = null;
    name = null;
    if (closing === null) return;
    // A failing sync must not keep the file open; what it would have told, the next write tells.
    await closing.file.sync().catch(() => {});
    await closing.file.close();
  };

  return {
    writer,
    current: () => name,
    resume: () =>
      inTurn(async () => {
        const mine = (await listSegments(folder)).filter((s) => s.writer === writer && !s.sealed);
        const last = mine.at(-1);
        if (last === undefined) return;
        name = last.name;
        const file = await open(last.file, 'r+');
        const { size } = await stat(last.file);
        open_ = { name: last.name, file, size, dirty: false };
        const tail = Buffer.alloc(1);
        if (size > 0) await file.read(tail, 0, 1, size - 1);
        if (size > 0 && tail[0] !== 10) await append(Buffer.from('\n'));
      }),
    write: (bytes) =>
      inTurn(async () => {
        await append(bytes);
        if (open_ !== null && open_.size >= options.segmentBytes) await close();
      }),
    sync: () =>
      inTurn(async () => {
        if (!open_?.dirty) return;
        open_.dirty = false;
        await open_.file.sync();
      }),
    rotate: () => inTurn(close),
    close: () => inTurn(close),
    leaveRemoved: () =>
      inTurn(async () => {
        if (open_ !== null && (await open_.file.stat()).nlink === 0) await close();
      }),
    bytesSince: () => written,
    resetBytes: () => {
      written = 0;
    },
  };
}

async function plainWrite(
  file: FileHandle,
  bytes: Uint8Array,
  offset: number,
  position: number,
): Promise<number> {
  return (await file.write(bytes, offset, bytes.length - offset, position)).bytesWritten;
}
