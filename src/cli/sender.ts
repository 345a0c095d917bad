import type { ReplayLine } from './traffic.ts';

/** Sends recorded calls through the gateway, a bounded number at a time, with the file's times as clock. */

export interface SendOptions {
  readonly baseUrls: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

export interface Sent {
  readonly status: number;
  /** The `x-understudy` response header, where there was one. */
  readonly routing: string | null;
  readonly milliseconds: number;
}

/** The id under which a replayed line lies in the journal. */
export function traceIdOf(line: ReplayLine): string {
  return `${line.file}:${line.line}`;
}

export async function sendLines(
  lines: readonly ReplayLine[],
  options: SendOptions,
): Promise<readonly Sent[]> {
  const results: Sent[] = new Array(lines.length);
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (next < lines.length) {
      options.signal.throwIfAborted();
      const i = next++;
      results[i] = await sendLine(lines[i]!, options);
      options.onProgress(++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, lines.length) }, lane));
  return results;
}

async function sendLine(line: ReplayLine, { baseUrls, signal }: SendOptions): Promise<Sent> {
  const started = performance.now();
  const response = await fetch(`${baseUrls[line.provider] ?? baseUrls['openai']}${line.path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      // The API refuses calls without it, and the gateway takes one without it for something only the teacher knows.
      ...(line.provider === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}),
      'x-understudy-at': new Date(line.atMs).toISOString(),
      'x-understudy-trace-id': traceIdOf(line),
      ...(line.site === null ? {} : { 'x-understudy-site': line.site }),
      'x-replay-line': traceIdOf(line),
    },
    body: line.request,
    signal,
  });
  await response.arrayBuffer();
  return {
    status: response.status,
    routing: response.headers.get('x-understudy'),
    milliseconds: performance.now() - started,
  };
}
