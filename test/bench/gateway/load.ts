import net from 'node:net';

/** A closed loop over raw sockets: every connection sends its next request when the last answer is whole. */

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Ends earlier after this many calls. */
  readonly calls?: number;
  /** Answers whose head says something else are not counted; left out: all are. */
  readonly head?: RegExp;
}

export interface LoadResult {
  readonly calls: number;
  readonly seconds: number;
  readonly failures: number;
  readonly chunks: number;
  /** Sorted, milliseconds. */
  readonly latencies: Float64Array;
  /** How long paced chunks were under way, sorted, milliseconds. */
  readonly lags: Float64Array;
  readonly firstBytes: Float64Array;
}

export async function runLoad(load: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  const lags: number[] = [];
  const firstBytes: number[] = [];
  let chunks = 0;
  let failures = 0;
  let sent = 0;
  const started = performance.now();
  const until = started + load.seconds * 1000;
  const extra = Object.entries(load.headers ?? {})
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const requests = load.bodies.map((body) =>
    Buffer.from(
      `POST ${load.path} HTTP/1.1\r\nHost: 127.0.0.1:${load.port}\r\nContent-Type: application/json\r\nAuthorization: Bearer sk-bench\r\nUser-Agent: bench/1\r\n${extra}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = net.connect({ port: load.port, host: '127.0.0.1', noDelay: true });
      let begun = 0;
      let firstByte = 0;
      let received = '';
      let expected = -1;
      let isCounted = true;
      const done = (): void => {
        socket.destroy();
        resolve();
      };
      const next = (): void => {
        if (performance.now() >= until || sent >= (load.calls ?? Number.POSITIVE_INFINITY)) {
          done();
          return;
        }
        received = '';
        expected = -1;
        firstByte = 0;
        begun = performance.now();
        socket.write(requests[sent++ % requests.length]!);
      };
      socket.on('connect', next);
      socket.on('error', () => {
        failures++;
        done();
      });
      socket.on('close', () => done());
      socket.on('data', (piece: Buffer) => {
        const now = performance.now();
        if (firstByte === 0) firstByte = now;
        const text = piece.toString('latin1');
        received += text;
        if (expected === -1) {
          const head = received.indexOf('\r\n\r\n');
          if (head < 0) return;
          if (!received.startsWith('HTTP/1.1 200')) {
            failures++;
            return done();
          }
          isCounted = load.head?.test(received.slice(0, head)) ?? true;
          const length = /content-length: *(\d+)/i.exec(received.slice(0, head))?.[1];
          expected = length === undefined ? -2 : head + 4 + Number(length);
        }
        if (expected === -2) {
          for (const [, at] of text.matchAll(/@([\d.]+)@/g))
            lags.push(performance.timeOrigin + now - Number(at));
          if (!received.endsWith('\r\n0\r\n\r\n')) return;
          chunks += received.split('data: ').length - 1;
        } else if (received.length < expected) return;
        if (isCounted) {
          latencies.push(now - begun);
          firstBytes.push(firstByte - begun);
        }
        next();
      });
    });
  await Promise.all(Array.from({ length: load.connections }, one));
  const sort = (values: number[]): Float64Array => Float64Array.from(values).sort();
  return {
    calls: latencies.length,
    seconds: (performance.now() - started) / 1000,
    failures,
    chunks,
    latencies: sort(latencies),
    lags: sort(lags),
    firstBytes: sort(firstBytes),
  };
}

/** The q-quantile of sorted values; null for none. */
export function at(sorted: Float64Array, q: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? null;
}
