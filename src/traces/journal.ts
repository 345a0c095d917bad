import { mkdir } from 'node:fs/promises';
import { type Clock, systemClock } from '../base/clock.ts';
import { isDiskFull } from '../base/disk.ts';
import { AppError } from '../base/error.ts';
import { type Log, silentLog } from '../base/log.ts';
import { type Lease, sweep, takeLease, withFolderLock } from './lease.ts';
import { createLineBatch, type LineBatch } from './lineBatch.ts';
import { type DeleteWhat, deleteTraces, maintain, type Retention } from './maintenance.ts';
import { createRedactor, type RedactionSettings, type Redactor, redactionKey } from './redact.ts';
import { createSegmentWriter, type SegmentWriter, type WriteFunction } from './segmentWriter.ts';
import type { Trace } from './trace.ts';

/** How sure the disk is before a trace counts as stored: the process's death is survived by all, a power cut by `always` at once and by `second` up to a second. */
export type FsyncPolicy = 'never' | 'second' | 'always';

export interface JournalOptions {
  /** What is removed before anything is written, beyond headers off the allow-list and every known kind of secret. */
  readonly redaction?: RedactionSettings;
  /** In place of one made from `redaction`. */
  readonly redactor?: Redactor;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly fsync?: FsyncPolicy;
  /** A segment is closed and compressed at this size. */
  readonly segmentBytes?: number;
  /** Traces that wait for the disk are held in memory up to this; what comes beyond is shed and counted. */
  readonly maxPendingBytes?: number;
  readonly retention?: Retention;
  /** Between looks at sealing, deletion and retention; 0: only when asked. */
  readonly maintenanceMs?: number;
  /** After a failed write, how long until the next attempt. */
  readonly retryMs?: number;
  /** How long to wait for another process that has the folder in hand. */
  readonly lockWaitMs?: number;
  readonly onPause?: (reason: string) => void;
  readonly onResume?: () => void;
  /** For tests of a failing disk. */
  readonly write?: WriteFunction;
}

export interface JournalStats {
  readonly segments: number;
  /** On disk. */
  readonly bytes: number;
  /** Traces accepted and not yet in a file. */
  readonly pending: number;
  readonly pendingBytes: number;
  readonly stored: number;
  readonly shed: number;
  /** Why capture pauses (the disk is full); null while it does not. */
  readonly paused: string | null;
}

/**
 * The append-only record of traces in a folder. Several processes may have the same folder open: each writes its own
 * segments. `append` never throws and never waits for anything but the disk.
 */
export interface Journal {
  readonly folder: string;
  /** Redacts the trace (and whatever is known to be a secret in it) and writes it. Resolves 'stored' once its line is in the file, 'shed' where it was given up. */
  append(trace: Trace, secrets?: readonly string[]): Promise<'stored' | 'shed'>;
  /** The same for whoever has many of them: one function hears of each what became of it. */
  put(trace: Trace, secrets: readonly string[], settle: (outcome: 'stored' | 'shed') => void): void;
  /** Waits until everything accepted so far is stored and on the platter; no longer while capture pauses. */
  flush(): Promise<void>;
  /** Closes the current segment and compresses everything that is closed. */
  seal(): Promise<void>;
  /** Deletes traces, also from sealed segments. @returns how many. */
  delete(what: DeleteWhat): Promise<number>;
  stats(): JournalStats;
  /** Stores what is pending, then lets go of the folder. While the disk is full, what is pending is shed. */
  close(): Promise<void>;
}

/** @throws AppError 'storage-busy' where another process holds the folder's lock for longer than `lockWaitMs` (ten seconds). */
export async function openJournal(folder: string, options: JournalOptions = {}): Promise<Journal> {
  await mkdir(folder, { recursive: true });
  const enter = async (): Promise<Lease> => {
    await sweep(folder);
    return takeLease(folder);
  };
  const lease = await withFolderLock(folder, enter, options.lockWaitMs);
  if (lease === null) {
    throw new AppError('storage-busy', `The journal in ${folder} is locked by another process.`, {
      next: 'Try again in a moment; if it stays, close other windows on this workspace.',
    });
  }
  const redactor =
    options.redactor ?? createRedactor({ key: await redactionKey(folder), ...options.redaction });
  const journal = new FolderJournal(folder, lease, redactor, options);
  await journal.start();
  return journal;
}

/** A jump of the clock that retention by age must not take for time. */
const JUMP_MS = 600_000;

class FolderJournal implements Journal {
  readonly folder: string;
  readonly #lease: Lease;
  readonly #options: JournalOptions;
  readonly #redactor: Redactor;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #maxPendingBytes: number;
  readonly #writer: SegmentWriter;
  /** The last one takes what comes next. */
  #queue: LineBatch[] = [];
  /** One that is empty again: fresh memory for every batch would call for the garbage collector. */
  #spare: LineBatch | null = null;
  #pending = 0;
  #pendingBytes = 0;
  #stored = 0;
  #shed = 0;
  #paused: string | null = null;
  #pump: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #closing = false;
  #disk = { segments: 0, bytes: 0 };
  #timers: NodeJS.Timeout[] = [];
  #maintenance: Promise<unknown> = Promise.resolve();
  #clockOffset: number;
  #jumpedMs = Number.NEGATIVE_INFINITY;

  constructor(folder: string, lease: Lease, redactor: Redactor, options: JournalOptions) {
    this.folder = folder;
    this.#lease = lease;
    this.#options = options;
    this.#redactor = redactor;
    this.#log = options.log ?? silentLog;
    this.#clock = options.clock ?? systemClock;
    this.#clockOffset = this.#clock.now() - this.#clock.monotonic();
    this.#maxPendingBytes = options.maxPendingBytes ?? 64 << 20;
    this.#writer = createSegmentWriter(folder, lease.writer, {
      now: () => this.#clock.now(),
      segmentBytes: options.segmentBytes ?? 16 << 20,
      write: options.write,
    });
  }

  async start(): Promise<void> {
    await this.#writer.resume();
    await this.#maintain();
    const every = this.#options.maintenanceMs ?? 5000;
    if (every > 0) this.#repeat(every, () => this.#maintain());
    if ((this.#options.fsync ?? 'second') === 'second') this.#repeat(1000, () => this.#writer.sync());
  }

  #repeat(ms: number, work: () => Promise<void>): void {
    const timer = setInterval(() => {
      work().catch((error) => this.#log.warn(`journal: ${error}`));
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  append(trace: Trace, secrets: readonly string[] = []): Promise<'stored' | 'shed'> {
    return new Promise((settle) => this.put(trace, secrets, settle));
  }

  put(trace: Trace, secrets: readonly string[], settle: (outcome: 'stored' | 'shed') => void): void {
    const isFull = this.#closing || this.#pendingBytes >= this.#maxPendingBytes;
    const json = isFull ? null : this.#written(trace, secrets);
    if (json === null || this.#pendingBytes + json.length > this.#maxPendingBytes) {
      this.#shed++;
      settle('shed');
      return;
    }
    this.#pending++;
    this.#pendingBytes += this.#enqueue(json, settle);
    this.#pump ??= this.#run();
  }

  /** The line of a trace, redacted; null where it cannot be written down. */
  #written(trace: Trace, secrets: readonly string[]): string | null {
    try {
      const json = JSON.stringify(this.#redactor.redact(trace));
      // They are seldom there, and taking them out costs a second walk.
      const there = secrets.filter((secret) => json.includes(secret));
      return there.length === 0 ? json : JSON.stringify(this.#redactor.redact(trace, there));
    } catch (error) {
      // A body that cannot be redacted (nested beyond the stack) must not be stored, nor trouble the call.
      this.#log.warn(`a trace could not be written down: ${reasonOf(error)}`);
      return null;
    }
  }

  /** @returns the bytes of the line. */
  #enqueue(json: string, settle: (outcome: 'stored' | 'shed') => void): number {
    const open = this.#queue.at(-1)?.add(json, settle);
    if (open != null) return open;
    const spare = this.#spare?.add(json, settle);
    const batch = spare != null ? this.#spare! : createLineBatch(json);
    if (spare != null) this.#spare = null;
    this.#queue.push(batch);
    return spare ?? batch.add(json, settle) ?? 0;
  }

  /** Writes the queue, a batch at a time, until it is empty. One at a time. */
  async #run(): Promise<void> {
    // A turn of the event loop gathers the traces that arrive together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const batch = this.#queue.shift()!;
      const failure = await this.#writeBatch(batch);
      if (failure === null) {
        this.#resume();
        this.#settle(batch, 'stored');
      } else if (this.#closing) {
        for (const given of [batch, ...this.#queue.splice(0)]) this.#settle(given, 'shed');
      } else {
        this.#queue.unshift(batch);
        await this.#pause(failure);
      }
    }
    this.#pump = null;
  }

  /** @returns why it could not be written, null where it was. */
  async #writeBatch(batch: LineBatch): Promise<string | null> {
    try {
      await this.#writer.write(batch.bytes());
      if (this.#options.fsync === 'always') await this.#writer.sync();
      return null;
    } catch (error) {
      return reasonOf(error);
    }
  }

  #settle(batch: LineBatch, outcome: 'stored' | 'shed'): void {
    this.#pending -= batch.lines;
    this.#pendingBytes -= batch.bytes().length;
    if (outcome === 'stored') this.#stored += batch.lines;
    else this.#shed += batch.lines;
    batch.settle(outcome);
    this.#spare = batch;
  }

  async #pause(reason: string): Promise<void> {
    if (this.#paused === null) {
      this.#log.warn(`capture pauses: ${reason}`);
      this.#options.onPause?.(reason);
    }
    this.#paused = reason;
    await new Promise<void>((resolve) => {
      // Traces that wait keep the process: whoever wants it to end closes the journal.
      const timer = setTimeout(resolve, this.#options.retryMs ?? 1000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  #resume(): void {
    if (this.#paused === null) return;
    this.#paused = null;
    this.#log.info('capture resumes');
    this.#options.onResume?.();
  }

  async flush(): Promise<void> {
    while (this.#pump !== null && this.#paused === null)
      await Promise.race([this.#pump, new Promise((resolve) => setTimeout(resolve, 20))]);
    await this.#writer.sync();
  }

  async seal(): Promise<void> {
    await this.flush();
    await this.#writer.rotate();
    await this.#maintain();
  }

  async delete(what: DeleteWhat): Promise<number> {
    await this.flush();
    await this.#writer.rotate();
    const deleted = await deleteTraces(this.folder, what, this.#lease.writer);
    await this.#maintain();
    return deleted;
  }

  stats(): JournalStats {
    return {
      segments: this.#disk.segments,
      bytes: this.#disk.bytes + this.#writer.bytesSince(),
      pending: this.#pending,
      pendingBytes: this.#pendingBytes,
      stored: this.#stored,
      shed: this.#shed,
      paused: this.#paused,
    };
  }

  /** Wall time that goes ahead of the time that passed has jumped, or this machine has slept. */
  #steadyMs(): number {
    const steady = this.#clock.monotonic();
    const offset = this.#clock.now() - steady;
    if (offset - this.#clockOffset > JUMP_MS) this.#jumpedMs = steady;
    this.#clockOffset = offset;
    return steady - this.#jumpedMs;
  }

  /** Runs alone: a call while one runs waits for it and then runs its own. */
  #maintain(): Promise<void> {
    const next = this.#maintenance.then(async () => {
      await this.#lease.renew();
      this.#disk = await maintain(this.folder, {
        writer: this.#writer,
        retention: this.#options.retention ?? {},
        log: this.#log,
        nowMs: this.#clock.now(),
        steadyMs: this.#steadyMs(),
      });
      this.#writer.resetBytes();
    });
    this.#maintenance = next.catch(() => {});
    return next.catch((error) => this.#log.warn(`journal maintenance: ${reasonOf(error)}`));
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#wake?.();
    await this.#pump;
    await this.#maintenance;
    await this.#writer.close();
    await this.#lease.release().catch((error) => this.#log.warn(`journal lease: ${reasonOf(error)}`));
  }
}

/** Why capture pauses, in words for the user. */
export const DISK_FULL = 'the disk is full';

function reasonOf(error: unknown): string {
  return isDiskFull(error) ? DISK_FULL : ((error as Error).message ?? String(error));
}
