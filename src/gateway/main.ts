import { writeSync } from 'node:fs';
import path from 'node:path';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';
import { isForWantOfRoom, makeFolderIfRoom } from '../base/disk.ts';
import { streamLog } from '../base/log.ts';
import { createTextRedactor } from '../traces/redaction/text.ts';
import { createWorker } from '../worker/client.ts';
import { completeUpstreams, type GatewayStats, type Steering } from './control.ts';
import type { Gateway } from './gateway.ts';
import { type Lease, readLease, writeLease } from './lease.ts';
import { createRecorder } from './recorder.ts';
import { type RecordingSetup, runRecording } from './recording.ts';
import { type GatewayServer, listen } from './server.ts';
import type { Announcement, GatewaySetup } from './setup.ts';
import { createStoredAnswers } from './stored.ts';
import { createStudents } from './students.ts';
import { createUpstream } from './upstream.ts';
import { watchFiles } from './watch.ts';

/** Entry of the gateway process, and of the recording thread inside it. */

/** Calls under way at a stop get this long to end. */
const PATIENCE_MS = 5_000;
/** Errors of others may quote what they failed on. */
const clean = createTextRedactor({});
const log = streamLog((line) => {
  try {
    writeSync(
      2,
      clean(line, () => {}),
    );
  } catch {
    // The log is a file: on a full disk a line is lost, and must not take calls along.
  }
});

if (isMainThread) void readSetup().then(serve);
else if (parentPort !== null) runRecording(parentPort, workerData as RecordingSetup, log);

async function readSetup(): Promise<GatewaySetup> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk as string;
  return JSON.parse(text) as GatewaySetup;
}

async function serve(setup: GatewaySetup): Promise<void> {
  const { storage, settings } = setup;
  const clock = systemClock;
  const startedMs = clock.now();
  makeFolderIfRoom(storage);
  const recorder = createRecorder({
    setup: { journal: path.join(storage, 'journal'), redaction: setup.redaction, retention: setup.retention },
    entry: process.argv[1] ?? '',
    clock,
    log,
  });
  // It spares this process's memory; a predicting one has better use for it.
  delete process.env['MALLOC_ARENA_MAX'];
  const worker =
    setup.workerEntry === null ? null : createWorker({ entry: setup.workerEntry, role: 'serve', log });
  const students = createStudents({ storage, worker, clock, log, draw: Math.random });
  const gateway: Gateway = {
    token: setup.token,
    clock,
    log,
    upstream: createUpstream(process.env, log),
    recorder,
    students,
    acceptClock: setup.acceptClock,
    upstreams: completeUpstreams(settings.upstreams ?? {}),
    capturing: settings.capturing ?? true,
    recordAgents: settings.recordAgents ?? false,
    stored: createStoredAnswers(recorder, setup.handed?.answers),
    refersBack: setup.handed?.refersBack ?? false,
    counters: { calls: 0, refused: 0, tunnels: 0 },
  };

  let server: GatewayServer | null = null;
  let heardMs = clock.monotonic();
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    await server?.close(PATIENCE_MS);
    gateway.upstream.close();
    await recorder.close();
    await worker?.dispose();
    process.exit(0);
  };
  const steering: Steering = {
    stats: (): GatewayStats => ({
      version: setup.version,
      pid: process.pid,
      startedMs,
      ...gateway.counters,
      capturing: gateway.capturing,
      residentBytes: process.memoryUsage.rss(),
      recorder: recorder.stats(),
      tasks: students.stats(),
    }),
    renew: () => {
      heardMs = clock.monotonic();
    },
    stop: () => void stop(),
  };

  process.on('uncaughtException', (error) => log.error('unexpected', error));
  process.on('unhandledRejection', (error) => log.error('unexpected', error));
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  await students.reload();
  try {
    server = await listen(gateway, steering, setup);
  } catch (error) {
    const { code = 'error', message } = error as NodeJS.ErrnoException;
    announce({ ready: false, code, message });
    process.exit(1);
  }
  const { token, controlToken, version } = setup;
  const lease = { pid: process.pid, port: server.port, token, controlToken, version, startedMs };
  try {
    await writeLease(storage, lease);
  } catch (error) {
    if (!isForWantOfRoom(error)) {
      const { code = 'error', message } = error as NodeJS.ErrnoException;
      announce({ ready: false, code, message });
      process.exit(1);
    }
    // Whoever started us hears of us all the same; others once there is room.
    log.warn('the disk is full: this gateway serves, but other windows cannot find it yet');
    writeLeaseLater(storage, lease);
  }
  watchFiles(
    [path.join(storage, 'tasks.json'), path.join(storage, 'policies.json')],
    () => void students.reload(),
  );
  if (setup.leaseSeconds !== null) {
    const limitMs = setup.leaseSeconds * 1000;
    setInterval(
      () => {
        if (clock.monotonic() - heardMs > limitMs) void stop();
      },
      Math.min(1000, limitMs / 2),
    ).unref();
  }
  // What stays is sorted from what does not while nobody waits: the first calls would be held up for it.
  globalThis.gc?.();
  announce({ ready: true, lease });
}

const LEASE_RETRY_MS = 1_000;

/** Until there is room, or another gateway has left its own. */
function writeLeaseLater(storage: string, lease: Lease): void {
  const attempt = async (): Promise<void> => {
    try {
      makeFolderIfRoom(storage);
      if ((await readLease(storage)) === null) await writeLease(storage, lease);
    } catch {
      setTimeout(() => void attempt(), LEASE_RETRY_MS).unref(); // Still no room.
    }
  };
  setTimeout(() => void attempt(), LEASE_RETRY_MS).unref();
}

function announce(said: Announcement): void {
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
