import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { startGateway } from '../../../src/gateway/client.ts';

/** What is measured: the upstream itself and the proxies in front of it. */
export interface Target {
  readonly name: string;
  readonly port: number;
  /** What stands before the upstream's path. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pids: readonly number[];
  stop(): Promise<void>;
  readonly flush?: () => Promise<unknown>;
}

export interface Upstream {
  readonly port: number;
  stop(): void;
}

const here = import.meta.dirname;
const root = path.resolve(here, '../../..');

export async function startUpstream(): Promise<Upstream> {
  const { child, port } = await forkServer('upstream.ts', []);
  return { port, stop: () => void child.disconnect() };
}

/** Everything that can be measured on this machine; what is not installed is said on standard error. */
export async function startTargets(upstream: Upstream, storage: string): Promise<Target[]> {
  const targets: Target[] = [
    { name: 'direct', port: upstream.port, prefix: '', headers: {}, pids: [], stop: async () => {} },
    await startBare(upstream),
    await startUnderstudy(upstream, storage),
  ];
  for (const start of [startNginx, startPortkey]) {
    const target = await start(upstream);
    if (typeof target === 'string') console.error(target);
    else targets.push(target);
  }
  return targets;
}

async function startBare(upstream: Upstream): Promise<Target> {
  const { child, port } = await forkServer('bareProxy.ts', [String(upstream.port)]);
  return {
    name: 'node:http proxy',
    port,
    prefix: '',
    headers: {},
    pids: [child.pid!],
    stop: async () => void child.disconnect(),
  };
}

async function startUnderstudy(upstream: Upstream, storage: string): Promise<Target> {
  const built = path.join(root, 'dist/gateway.cjs');
  const gateway = await startGateway({
    storage,
    gatewayEntry: existsSync(built) ? built : path.join(root, 'src/gateway/main.ts'),
    workerEntry: null,
    version: 'bench',
    upstreams: { openai: `http://127.0.0.1:${upstream.port}` },
    attached: true,
  });
  return {
    name: 'understudy',
    port: gateway.info.port,
    prefix: `/${gateway.info.token}/openai`,
    headers: {},
    pids: [gateway.info.pid],
    stop: () => gateway.stop(),
    flush: async () => {
      await gateway.flush();
      return (await gateway.stats()).recorder;
    },
  };
}

async function startNginx(upstream: Upstream): Promise<Target | string> {
  if (spawnSync('nginx', ['-v']).error) return 'nginx is not installed: not measured';
  const folder = mkdtempSync(path.join(os.tmpdir(), 'understudy-nginx-'));
  const port = await freePort();
  writeFileSync(
    path.join(folder, 'nginx.conf'),
    `worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; client_body_temp_path ${folder}; proxy_temp_path ${folder};
  fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  upstream teacher { server 127.0.0.1:${upstream.port}; keepalive 512; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://teacher; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off; } }
}`,
  );
  const child = spawn('nginx', ['-c', path.join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' });
  await listening(port);
  const workers = (): number[] => childrenOf(child.pid!);
  return {
    name: 'nginx',
    port,
    prefix: '',
    headers: {},
    pids: [child.pid!, ...workers()],
    stop: () => ended(child),
  };
}

/** Installed for the benchmark alone, into its cache; PORTKEY_GATEWAY names the start file of another installation. */
async function startPortkey(upstream: Upstream): Promise<Target | string> {
  const file = process.env['PORTKEY_GATEWAY'] ?? installed('@portkey-ai/gateway', 'build/start-server.js');
  if (file === null || !existsSync(file)) return '@portkey-ai/gateway is not installed: not measured';
  const port = await freePort();
  const child = spawn(process.execPath, [file, `--port=${port}`, '--headless'], { stdio: 'ignore' });
  await listening(port);
  return {
    name: '@portkey-ai/gateway',
    port,
    prefix: '',
    headers: {
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${upstream.port}/json/v1`,
    },
    pids: [child.pid!],
    stop: () => ended(child),
  };
}

/** A file of a package in the benchmark's cache, where it is or can be installed; else null. */
function installed(name: string, file: string): string | null {
  const folder = path.join(root, '.cache/bench', name.replace('/', '-'));
  const wanted = path.join(folder, 'node_modules', name, file);
  if (existsSync(wanted)) return wanted;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  spawnSync('npm', ['install', name, ...options], { cwd: folder, shell: process.platform === 'win32' });
  return existsSync(wanted) ? wanted : null;
}

async function forkServer(
  file: string,
  args: readonly string[],
): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(path.join(here, file), args, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
    child
      .stdout!.setEncoding('utf8')
      .once('data', (line: string) => resolve((JSON.parse(line) as { port: number }).port));
  });
  child.removeAllListeners('exit');
  return { child, port };
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await gone;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function listening(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect({ port, host: '127.0.0.1' });
      socket.on('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}`);
}

function childrenOf(pid: number): number[] {
  const listed = spawnSync('ps', ['--ppid', String(pid), '-o', 'pid='], { encoding: 'utf8' });
  return (listed.stdout ?? '').split(/\s+/).filter(Boolean).map(Number);
}

/** Processor seconds used so far and resident bytes of some processes; zeros where the system does not tell. */
export function usageOf(pids: readonly number[]): {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
} {
  let ticks = 0;
  let pages = 0;
  for (const pid of pids) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
      pages += Number(fields[21]);
    } catch {
      // Not Linux, or the process is gone: nothing to add.
    }
  }
  return { cpuSeconds: ticks / 100, residentBytes: pages * 4096 };
}
