import { spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { isForWantOfRoom } from '../base/disk.ts';
import { AppError } from '../base/error.ts';
import { type Log, silentLog } from '../base/log.ts';
import type { Retention } from '../traces/maintenance.ts';
import type { RedactionSettings } from '../traces/redact.ts';
import type { ProviderName } from '../wire/format.ts';
import type { GatewaySettings, GatewayStats } from './control.ts';
import { type Lease, newToken, readLease, withStartLock } from './lease.ts';
import type { Announcement, GatewaySetup, HandedOver } from './setup.ts';

export interface GatewayOptions extends GatewaySettings {
  /** Storage folder of the workspace, outside the repository. */
  readonly storage: string;
  /** dist/gateway.cjs, or src/gateway/main.ts on a Node that strips types. */
  readonly gatewayEntry: string;
  /** dist/worker.cjs or src/worker/main.ts; null: no students. */
  readonly workerEntry: string | null;
  /** A gateway of another version is replaced. */
  readonly version: string;
  /** Left out or 0: the last one of this storage, or any. */
  readonly port?: number;
  readonly redaction?: RedactionSettings;
  readonly retention?: Retention;
  readonly acceptClock?: boolean;
  /** Seconds without a host after which the gateway ends; null or left out: it stays, unless it is attached. */
  readonly leaseSeconds?: number | null;
  /** Ends with this process (half a minute later where it was killed), for commands that run to their end. */
  readonly attached?: boolean;
  readonly log?: Log;
}

export interface GatewayInfo {
  readonly pid: number;
  readonly port: number;
  readonly token: string;
  /** By provider, as SDKs want them, without the version part. */
  readonly baseUrls: Readonly<Record<ProviderName, string>>;
  /** For OTEL_EXPORTER_OTLP_ENDPOINT, with the protocol http/protobuf or http/json. */
  readonly otlpEndpoint: string;
}

/**
 * The host's side of the gateway. One gateway serves a storage, however many hosts there are: the second attaches to the
 * first one's. When it dies, whoever notices starts it again on the same port; `dispose` lets go of it, `stop` ends it.
 */
export interface GatewayClient {
  readonly info: GatewayInfo;
  stats(): Promise<GatewayStats>;
  /** Reads tasks.json and policies.json again. */
  reload(): Promise<void>;
  configure(settings: GatewaySettings): Promise<void>;
  /** Traces were deleted: what they said is not to be told again. */
  forget(): Promise<void>;
  /** Resolves when everything captured so far is in the journal or shed. */
  flush(): Promise<void>;
  /** The gateway died and was started again (`null`), or could not be (why). */
  onExit(listener: (failure: string | null) => void): void;
  /** Ends the gateway: calls under way get some seconds, everything captured is stored. */
  stop(): Promise<void>;
  /** Leaves the gateway running. */
  dispose(): void;
}

const WATCH_MS = 300;
/** How long an attached gateway outlives a host that was killed. */
const ATTACHED_SECONDS = 30;
const START_TIMEOUT_MS = 15_000;
/**
 * What passes a gateway does not live long: a collection of a young generation finds next to nothing, so that it should
 * come rarely, and waking helper threads for it, ours or the recording thread's, takes more from the calls than it gives.
 * `main.ts` collects once before the first call, which takes a collector that can be called.
 */
const collectorFlags = ['--single-threaded-gc', '--min-semi-space-size=32', '--expose-gc'];
/** glibc gives every thread a heap of its own and keeps what is free in it. */
const leanMemory = { MALLOC_ARENA_MAX: '2' };
/** The exit code of a Node that does not know an option. */
const INVALID_ARGUMENT = 9;

/** @throws AppError 'gateway-unavailable' where no gateway could be started. */
export async function startGateway(options: GatewayOptions): Promise<GatewayClient> {
  const log = options.log ?? silentLog;
  const listeners: ((failure: string | null) => void)[] = [];
  let lease = await attachOrStart(options, log, null);
  let isOver = false;
  let checking: Promise<void> | null = null;

  const check = async (): Promise<void> => {
    try {
      if ((await isAlive(lease)) || isOver) return;
      log.warn('the gateway is gone; starting it again');
      lease = await attachOrStart(options, log, lease);
      for (const listener of listeners) listener(null);
    } catch (error) {
      for (const listener of listeners) listener(error instanceof Error ? error.message : String(error));
    }
  };
  const timer = setInterval(() => {
    if (isOver || checking !== null) return;
    checking = check().finally(() => {
      checking = null;
    });
  }, WATCH_MS);
  timer.unref();

  return {
    get info() {
      return infoOf(lease);
    },
    stats: async () => (await ask(lease, 'stats')) as GatewayStats,
    reload: async () => void (await ask(lease, 'reload')),
    configure: async (settings) => void (await ask(lease, 'configure', settings)),
    forget: async () => void (await ask(lease, 'forget')),
    flush: async () => void (await ask(lease, 'flush')),
    onExit: (listener) => void listeners.push(listener),
    stop: async () => {
      isOver = true;
      clearInterval(timer);
      // One that is just being started, here or by another host, is the one to stop.
      await checking;
      await stopGateway((await readLease(options.storage)) ?? lease);
    },
    dispose: () => {
      isOver = true;
      clearInterval(timer);
    },
  };
}

function infoOf({ pid, port, token }: Lease): GatewayInfo {
  const base = `http://127.0.0.1:${port}/${token}`;
  return {
    pid,
    port,
    token,
    otlpEndpoint: `${base}/otlp`,
    baseUrls: {
      openai: `${base}/openai`,
      azure: `${base}/azure`,
      anthropic: `${base}/anthropic`,
      gemini: `${base}/gemini`,
      ollama: `${base}/ollama`,
    },
  };
}

/** @param known the lease of a gateway that a full disk may have had no room for. */
async function attachOrStart(options: GatewayOptions, log: Log, known: Lease | null): Promise<Lease> {
  return withStartLock(options.storage, () => attachOrStartAlone(options, log, known));
}

async function attachOrStartAlone(options: GatewayOptions, log: Log, known: Lease | null): Promise<Lease> {
  const last = (await readLease(options.storage)) ?? known;
  let handed: HandedOver | null = null;
  if (last !== null && (await isAlive(last))) {
    if (last.version === options.version) {
      await configureAttached(last, options);
      return last;
    }
    log.info(`replacing the gateway of version ${last.version}`);
    handed = await takeOver(last);
    await stopGateway(last);
  }
  let failure = 'it did not say why';
  // The port of a process that just died is free at once; another host may be quicker, then its gateway is ours too.
  for (const port of portsToTry(options.port, last?.port)) {
    const said = await spawnGateway(options, port, last, handed);
    if (said.ready) return said.lease;
    const now = await readLease(options.storage);
    if (now !== null && now.version === options.version && (await isAlive(now))) return now;
    failure = said.message;
  }
  throw new AppError('gateway-unavailable', `The gateway could not be started: ${failure}.`, {
    next: 'Look into gateway.log in the storage folder, then start the capture again.',
  });
}

function portsToTry(wanted: number | undefined, last: number | undefined): number[] {
  if (wanted) return [wanted, wanted];
  return last === undefined ? [0] : [last, last, 0];
}

async function configureAttached(
  lease: Lease,
  { capturing, recordAgents, upstreams, redaction = {}, retention = {} }: GatewayOptions,
): Promise<void> {
  const recording = { redaction, retention };
  await ask(lease, 'configure', { capturing, recordAgents, upstreams, recording });
  await ask(lease, 'reload');
}

async function spawnGateway(
  options: GatewayOptions,
  port: number,
  last: Lease | null,
  handed: HandedOver | null,
): Promise<Announcement> {
  const { capturing, recordAgents, upstreams } = options;
  const setup: GatewaySetup = {
    storage: path.resolve(options.storage),
    version: options.version,
    port,
    token: last?.token ?? newToken(),
    controlToken: last?.controlToken ?? newToken(),
    settings: JSON.parse(JSON.stringify({ capturing, recordAgents, upstreams })) as GatewaySettings,
    redaction: options.redaction ?? {},
    retention: options.retention ?? {},
    workerEntry: options.workerEntry,
    acceptClock: options.acceptClock ?? false,
    leaseSeconds: options.leaseSeconds ?? (options.attached === true ? ATTACHED_SECONDS : null),
    handed,
  };
  const logFile = await openLog(path.join(options.storage, 'gateway.log'));
  try {
    const flags = options.gatewayEntry.endsWith('.ts') ? ['--disable-warning=ExperimentalWarning'] : [];
    const start = async (more: readonly string[]): Promise<Announcement> => {
      const child = spawn(process.execPath, [...flags, ...more, options.gatewayEntry], {
        detached: options.attached !== true,
        stdio: ['pipe', 'pipe', logFile?.fd ?? 'ignore'],
        env: { ...process.env, ...leanMemory, ORT_DISABLE_TELEMETRY: '1', ELECTRON_RUN_AS_NODE: '1' },
        windowsHide: true,
      });
      child.stdin?.on('error', () => {}); // A child that ends early says so by its exit.
      child.stdin?.end(JSON.stringify(setup));
      const said = await announcement(child);
      child.stdout?.destroy();
      child.unref();
      return said;
    };
    const said = await start(collectorFlags);
    const isRefused = !said.ready && said.code === 'exit' && said.message.endsWith(` ${INVALID_ARGUMENT}`);
    return isRefused ? start([]) : said;
  } finally {
    await logFile?.close();
  }
}

/** null: a full disk has no room for a log, and calls go on without it. */
async function openLog(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'a');
  } catch (error) {
    if (isForWantOfRoom(error)) return null;
    throw error;
  }
}

function announcement(child: ReturnType<typeof spawn>): Promise<Announcement> {
  return new Promise((resolve) => {
    let text = '';
    const give = (said: Announcement): void => {
      clearTimeout(timer);
      resolve(said);
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      give({ ready: false, code: 'timeout', message: 'it did not start in time' });
    }, START_TIMEOUT_MS);
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) give(JSON.parse(text) as Announcement);
    });
    child.on('error', (error) => give({ ready: false, code: 'spawn', message: error.message }));
    child.on('exit', (code, signal) =>
      give({ ready: false, code: 'exit', message: `its process ended with ${signal ?? `code ${code}`}` }),
    );
  });
}

/** null: it is of a version that has nothing to hand over. */
async function takeOver(lease: Lease): Promise<HandedOver | null> {
  return ask(lease, 'hand-over').then(
    (handed) => handed as HandedOver,
    () => null,
  );
}

async function stopGateway(lease: Lease): Promise<void> {
  try {
    await ask(lease, 'stop');
  } catch {
    return; // It is gone already.
  }
  const deadline = performance.now() + 10_000;
  while (isProcess(lease.pid) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // No such process.
  }
}

async function isAlive(lease: Lease): Promise<boolean> {
  try {
    await ask(lease, 'renew');
    return true;
  } catch {
    return false; // Refused, reset or not answered by a gateway of ours.
  }
}

/** A control request over a connection of its own: the host's proxy settings have no say here. */
function ask(lease: Lease, verb: string, params: unknown = null): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(params);
    const request = http.request({
      host: '127.0.0.1',
      port: lease.port,
      method: 'POST',
      path: `/${lease.controlToken}/${verb}`,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      agent: false,
      timeout: verb === 'flush' || verb === 'stats' ? 60_000 : 5_000,
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error) => reject(unavailable(error.message)));
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', (error) => reject(unavailable(error.message)));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text) as unknown);
        else reject(unavailable(`status ${response.statusCode}`));
      });
    });
    request.end(body);
  });
}

function unavailable(detail: string): AppError {
  return new AppError('gateway-unavailable', `The gateway does not answer (${detail}).`, {
    next: 'It is started again by itself; if not, start the capture again.',
  });
}
