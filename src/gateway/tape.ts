import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { TraceRoute } from '../traces/trace.ts';
import type { ProviderName } from '../wire/format.ts';
import { type Blocks, Copy } from './copy.ts';
import type { RawHeaders } from './headers.ts';
import type { RecordedCall } from './recordedCall.ts';

/** What one call leaves behind while it passes. Every method is cheap and none throws; the first `end` counts. */
export interface Tape {
  readonly id: string;
  request(chunk: Buffer): void;
  /** @param isFramed the response comes with the frames of its chunks. */
  head(status: number, headers: RawHeaders, isFramed?: boolean): void;
  response(chunk: Buffer): void;
  /** How the call was routed, where a policy had a say. May be told until `end`, or after it while `hold` is on. */
  route(route: TraceRoute): void;
  served(by: 'teacher' | 'student'): void;
  /** Runs once the answer is whole, with the call's duration in milliseconds. */
  onEnd(listener: (durationMs: number) => void): void;
  /** @param incomplete why the answer is not whole; null for a whole one. */
  end(incomplete: string | null): void;
  /** Keeps an ended tape open until the returned function is called: a shadow prediction may come after the answer. */
  hold(): () => void;
}

export interface TapeStart {
  readonly id: string | null;
  readonly startMs: number | null;
  readonly provider: ProviderName;
  /** Of the upstream. */
  readonly hostname: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the call was made with. */
  readonly credentials: readonly string[];
  readonly requestEncoding: string | null;
  readonly pinnedTask: string | null;
  readonly site: string | null;
  readonly source: string;
}

/** What a tape needs of the recorder. */
export interface TapeRecorder {
  readonly clock: Clock;
  readonly blocks: Blocks;
  /** An ended call waits for something (true), or does so no more. */
  waits(isWaiting: boolean): void;
  /** Takes over the call and its copies; null: there was no memory for it, and the copies are empty. */
  finished(call: RecordedCall | null, copies: Copies): void;
}

export interface Copies {
  readonly request: Copy;
  readonly response: Copy;
}

/** A body beyond this is not kept: its trace says so. */
const MAX_BODY_BYTES = 32 << 20;

export function createTape(opening: TapeStart, recorder: TapeRecorder): Tape {
  return new CallTape(opening, recorder);
}

/** A class, not closures: one object for a call instead of a dozen. */
class CallTape implements Tape {
  readonly id: string;
  readonly #opening: TapeStart;
  readonly #recorder: TapeRecorder;
  readonly #startedAt: number;
  readonly #startMs: number;
  readonly #copies: Copies;
  #given: 'too large to record' | 'no memory' | null = null;
  #firstByteMs: number | null = null;
  #status = 0;
  #isFramed = false;
  #type: string | null = null;
  #encoding: string | null = null;
  #servedBy: 'teacher' | 'student' = 'teacher';
  #route: TraceRoute | null = null;
  #onEnd: ((durationMs: number) => void) | null = null;
  #ended: { readonly incomplete: string | null; readonly durationMs: number } | null = null;
  #holds = 0;

  constructor(opening: TapeStart, recorder: TapeRecorder) {
    this.#opening = opening;
    this.#recorder = recorder;
    this.#startedAt = recorder.clock.monotonic();
    this.#startMs = opening.startMs ?? recorder.clock.now();
    this.id = opening.id ?? randomUUID();
    this.#copies = { request: new Copy(recorder.blocks), response: new Copy(recorder.blocks) };
  }

  request(chunk: Buffer): void {
    this.#take(chunk, this.#copies.request);
  }

  response(chunk: Buffer): void {
    this.#take(chunk, this.#copies.response);
  }

  #take(chunk: Buffer, copy: Copy): void {
    if (this.#given !== null || this.#ended !== null) return;
    const { request, response } = this.#copies;
    const isTooLarge = request.length + response.length + chunk.length > MAX_BODY_BYTES;
    if (!isTooLarge && copy.add(chunk)) return;
    this.#given = isTooLarge ? 'too large to record' : 'no memory';
    request.free();
    response.free();
  }

  head(status: number, headers: RawHeaders, isFramed = false): void {
    this.#isFramed = isFramed;
    this.#firstByteMs = this.#recorder.clock.monotonic() - this.#startedAt;
    this.#status = status;
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!;
      if (name.length === 12 && name.toLowerCase() === 'content-type') this.#type = headers[i + 1]!;
      else if (name.length === 16 && name.toLowerCase() === 'content-encoding')
        this.#encoding = headers[i + 1]!;
    }
  }

  route(route: TraceRoute): void {
    this.#route = route;
  }

  served(by: 'teacher' | 'student'): void {
    this.#servedBy = by;
  }

  onEnd(listener: (durationMs: number) => void): void {
    this.#onEnd = listener;
  }

  end(incomplete: string | null): void {
    if (this.#ended !== null) return;
    const durationMs = this.#recorder.clock.monotonic() - this.#startedAt;
    this.#ended = { incomplete, durationMs };
    if (incomplete === null) this.#onEnd?.(durationMs);
    if (this.#holds > 0) this.#recorder.waits(true);
    this.#finish();
  }

  hold(): () => void {
    let isHeld = true;
    this.#holds++;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds--;
      if (this.#holds > 0 || this.#ended === null) return;
      this.#recorder.waits(false);
      this.#finish();
    };
  }

  #finish(): void {
    if (this.#ended === null || this.#holds > 0) return;
    const isLost = this.#given === 'no memory';
    this.#recorder.finished(isLost ? null : this.#call(this.#ended), this.#copies);
  }

  #call({ incomplete, durationMs }: { incomplete: string | null; durationMs: number }): RecordedCall {
    const {
      provider,
      hostname,
      method,
      path,
      headers,
      credentials,
      pinnedTask,
      site,
      source,
      requestEncoding,
    } = this.#opening;
    const { request, response } = this.#copies;
    return {
      id: this.id,
      startMs: this.#startMs,
      durationMs,
      firstByteMs: this.#firstByteMs,
      provider,
      hostname,
      method,
      path,
      status: this.#status,
      headers,
      credentials,
      pinnedTask,
      site,
      source,
      servedBy: this.#servedBy,
      route: this.#route,
      incomplete: this.#given ?? incomplete,
      requestBytes: request.length,
      responseBytes: response.length,
      requestEncoding,
      responseFramed: this.#isFramed,
      responseEncoding: this.#encoding,
      responseType: this.#type,
    };
  }
}
