import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { TraceRoute } from '../traces/trace.ts';
import type { ProviderName } from '../wire/format.ts';
import type { RawHeaders } from './headers.ts';
import type { RecordedCall } from './recording.ts';

/** What one call leaves behind while it passes. Every method is cheap and none throws; the first `end` counts. */
export interface Tape {
  readonly id: string;
  request(chunk: Buffer): void;
  head(status: number, headers: RawHeaders): void;
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
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestEncoding: string | null;
  readonly pinnedTask: string | null;
  readonly site: string | null;
  readonly source: string;
}

/** What a tape needs of the recorder. */
export interface TapeRecorder {
  readonly clock: Clock;
  /** Reserves memory for a copy; false where there is none left. */
  reserve(bytes: number): boolean;
  release(bytes: number): void;
  /** An ended call waits for something (true), or does so no more. */
  waits(isWaiting: boolean): void;
  /** Takes over the call with its copies and the memory reserved for them; null: there was no memory for it. */
  finished(call: RecordedCall | null, chunks: readonly Buffer[]): void;
}

/** A body beyond this is not kept: its trace says so. */
const MAX_BODY_BYTES = 32 << 20;

export function createTape(opening: TapeStart, recorder: TapeRecorder): Tape {
  const { clock } = recorder;
  const startedAt = clock.monotonic();
  const startMs = opening.startMs ?? clock.now();
  const id = opening.id ?? randomUUID();
  const copies: { readonly request: Buffer[]; readonly response: Buffer[] } = { request: [], response: [] };
  const bytes = { request: 0, response: 0 };
  let given: 'too large to record' | 'no memory' | null = null;
  let firstByteMs: number | null = null;
  let status = 0;
  let type: string | null = null;
  let encoding: string | null = null;
  let servedBy: 'teacher' | 'student' = 'teacher';
  let route: TraceRoute | null = null;
  let onEnd: ((durationMs: number) => void) | null = null;
  let ended: { readonly incomplete: string | null; readonly durationMs: number } | null = null;
  let holds = 0;

  const take = (chunk: Buffer, side: 'request' | 'response'): void => {
    if (given !== null || ended !== null) return;
    const isTooLarge = bytes.request + bytes.response + chunk.length > MAX_BODY_BYTES;
    if (!isTooLarge && recorder.reserve(chunk.length)) {
      copies[side].push(chunk);
      bytes[side] += chunk.length;
      return;
    }
    given = isTooLarge ? 'too large to record' : 'no memory';
    recorder.release(bytes.request + bytes.response);
    bytes.request = 0;
    bytes.response = 0;
    copies.request.length = 0;
    copies.response.length = 0;
  };

  const finish = (): void => {
    if (ended === null || holds > 0) return;
    if (given === 'no memory') {
      recorder.finished(null, []);
      return;
    }
    const { provider, method, path, headers, pinnedTask, site, source, requestEncoding } = opening;
    const call: RecordedCall = {
      ...{ id, startMs, durationMs: ended.durationMs, firstByteMs, provider, method, path, status, headers },
      ...{ pinnedTask, site, source, servedBy, route, incomplete: given ?? ended.incomplete },
      ...{ requestBytes: bytes.request, responseBytes: bytes.response, requestEncoding },
      ...{ responseEncoding: encoding, responseType: type },
    };
    recorder.finished(call, [...copies.request, ...copies.response]);
  };

  return {
    id,
    request: (chunk) => take(chunk, 'request'),
    response: (chunk) => take(chunk, 'response'),
    head: (code, headers) => {
      firstByteMs = clock.monotonic() - startedAt;
      status = code;
      for (let i = 0; i < headers.length; i += 2) {
        const name = headers[i]!;
        if (name.length === 12 && name.toLowerCase() === 'content-type') type = headers[i + 1]!;
        else if (name.length === 16 && name.toLowerCase() === 'content-encoding') encoding = headers[i + 1]!;
      }
    },
    route: (said) => {
      route = said;
    },
    served: (by) => {
      servedBy = by;
    },
    onEnd: (listener) => {
      onEnd = listener;
    },
    end: (incomplete) => {
      if (ended !== null) return;
      ended = { incomplete, durationMs: clock.monotonic() - startedAt };
      if (incomplete === null) onEnd?.(ended.durationMs);
      if (holds > 0) recorder.waits(true);
      finish();
    },
    hold: () => {
      let isHeld = true;
      holds++;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        holds--;
        if (holds > 0 || ended === null) return;
        recorder.waits(false);
        finish();
      };
    },
  };
}
