import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { completeUpstreams, type Steering } from '../../src/gateway/control.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { createRecorder } from '../../src/gateway/recorder.ts';
import { listen } from '../../src/gateway/server.ts';
import { createStoredAnswers } from '../../src/gateway/stored.ts';
import { createStudents, type Students } from '../../src/gateway/students.ts';
import { createUpstream } from '../../src/gateway/upstream.ts';
import type { Upstreams } from '../../src/gateway/upstreams.ts';
import { readTraces } from '../../src/traces/reader.ts';
import type { Trace } from '../../src/traces/trace.ts';
import { createWorker, type Worker } from '../../src/worker/client.ts';

export interface TestGateway {
  readonly gateway: Gateway;
  readonly port: number;
  readonly token: string;
  readonly storage: string;
  readonly students: Students;
  /** `http://127.0.0.1:<port>/<token>`. */
  readonly base: string;
  /** Everything recorded so far. */
  traces(): Promise<Trace[]>;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly upstreams?: Partial<Upstreams>;
  readonly acceptClock?: boolean;
  readonly recordAgents?: boolean;
  readonly workerEntry?: string;
  /** What the recording thread runs instead of the gateway's own entry. */
  readonly recordingEntry?: string;
  readonly worker?: Worker;
  readonly draw?: () => number;
  readonly storage?: string;
}

const entry = path.resolve(import.meta.dirname, '../../src/gateway/main.ts');
export const testToken = '0123456789abcdef0123456789abcdef';

/** The gateway's own parts in this process, on a real port with a real journal. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const storage = options.storage ?? (await mkdtemp(path.join(os.tmpdir(), 'understudy-gateway-')));
  const journal = path.join(storage, 'journal');
  const recorder = createRecorder({
    setup: { journal, redaction: {}, retention: {} },
    entry: options.recordingEntry ?? entry,
    clock: systemClock,
    log: silentLog,
  });
  const worker =
    options.worker ??
    (options.workerEntry === undefined ? null : createWorker({ entry: options.workerEntry, role: 'serve' }));
  const students = createStudents({
    storage,
    worker,
    clock: systemClock,
    log: silentLog,
    draw: options.draw ?? (() => 0.5),
  });
  await students.reload();
  const gateway: Gateway = {
    token: testToken,
    clock: systemClock,
    log: silentLog,
    upstream: createUpstream(),
    recorder,
    students,
    acceptClock: options.acceptClock ?? false,
    upstreams: completeUpstreams(options.upstreams ?? {}),
    capturing: true,
    recordAgents: options.recordAgents ?? false,
    stored: createStoredAnswers(recorder),
    refersBack: false,
    counters: { calls: 0, refused: 0, tunnels: 0 },
  };
  const steering: Steering = {
    stats: () => {
      throw new Error('not asked for in tests');
    },
    renew: () => {},
    stop: () => {},
  };
  const server = await listen(gateway, steering, { port: 0, controlToken: 'f'.repeat(32) });
  return {
    gateway,
    port: server.port,
    token: testToken,
    storage,
    students,
    base: `http://127.0.0.1:${server.port}/${testToken}`,
    traces: async () => {
      await recorder.flush();
      const traces: Trace[] = [];
      for await (const trace of readTraces(journal)) traces.push(trace);
      return traces;
    },
    close: async () => {
      await server.close(50);
      gateway.upstream.close();
      await recorder.close();
      await worker?.dispose();
      if (options.storage === undefined) await rm(storage, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
