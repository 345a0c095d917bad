import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { loadStudent } from '../../src/student/bundle.ts';
import { createWorker } from '../../src/worker/client.ts';
import { at, type Load, runLoad } from './gateway/load.ts';
import { readTraffic, type TrafficLine, trafficFolder } from './support/traffic.ts';

/**
 * Serving speed through the gateway over HTTP: a student is trained by `replay`, then `serve` answers test lines on 16
 * connections. Prints one JSON line.
 * npm run bench -- predict [--traffic FOLDER] [--set trec] [--connections 16] [--calls 4000] [--epsilon 0.05] [--students 10]
 */

const folder = trafficFolder();
if (folder === null) {
  console.error('There is no traffic to measure on: give its folder with --traffic.');
  process.exit(2);
}
const set = option('set', 'sms_spam');
const connections = Number(option('connections', '16'));
const calls = Number(option('calls', '4000'));
const program = path.resolve(import.meta.dirname, '../../dist/understudy.cjs');
const paths: Readonly<Record<string, string>> = { openai: '/v1/chat/completions', anthropic: '/v1/messages' };
const storage = mkdtempSync(path.join(tmpdir(), 'understudy-predict-'));
try {
  train(folder);
  // The gateway of the replay takes a moment to go; `serve` would join it on its way out.
  await pause(5000);
  console.log(JSON.stringify(await measure(folder)));
} finally {
  rmSync(storage, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

function option(name: string, otherwise: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return (at < 0 ? undefined : process.argv[at + 1]) ?? otherwise;
}

function train(from: string): void {
  const traffic = path.join(from, `${set}.jsonl.gz`);
  const report = path.join(storage, 'report.json');
  const args = [
    '--traffic',
    traffic,
    '--storage',
    storage,
    '--epsilon',
    option('epsilon', '0.05'),
    '--report',
    report,
  ];
  const { status } = spawnSync(process.execPath, [program, 'replay', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`replay ended with ${status}`);
}

async function measure(from: string) {
  // Calls that the student leaves to the teacher end here: no provider is asked.
  const teacher = createServer((incoming, answer) => {
    incoming.resume();
    incoming.once('end', () => answer.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => teacher.listen(0, '127.0.0.1', resolve));
  const upstream = `http://127.0.0.1:${(teacher.address() as AddressInfo).port}`;
  const upstreams = Object.keys(paths).flatMap((provider) => ['--upstream', `${provider}=${upstream}`]);
  const server = spawn(
    process.execPath,
    [program, 'serve', '--storage', storage, '--port', '0', ...upstreams],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const urls = await readyLine(server);
    const lines = readTraffic(from, set).filter((line) => line.split === 'test');
    const provider = lines[0]?.provider ?? '';
    const address = new URL(`${urls[provider]}${paths[provider]}`);
    const load: Omit<Load, 'connections' | 'calls'> = {
      port: Number(address.port),
      path: address.pathname,
      // Without its version header an Anthropic call is one that only the teacher can honour.
      headers: { 'anthropic-version': '2023-06-01' },
      bodies: lines
        .filter((line) => line.provider === provider)
        .map(({ request }) => JSON.stringify(request)),
      seconds: 60,
      head: /^x-understudy: student/im,
    };
    const ready = performance.now();
    for (let i = 0; i < 400; i++) {
      const bodies = [load.bodies[i % load.bodies.length]!];
      if ((await runLoad({ ...load, bodies, connections: 1, calls: 1 })).calls > 0) break;
      await pause(25);
    }
    const firstAnswerMs = round(performance.now() - ready);
    await runLoad({ ...load, connections, calls: 400 });
    const { latencies } = await runLoad({ ...load, connections, calls });
    return {
      set,
      connections,
      calls,
      answeredHere: latencies.length,
      p50Ms: round(at(latencies, 0.5) ?? Number.NaN),
      p99Ms: round(at(latencies, 0.99) ?? Number.NaN),
      firstAnswerMs,
      coldStart: await coldStart(),
      megabytes: residentMegabytes(server.pid ?? -1),
      students: await manyStudents(lines),
    };
  } finally {
    server.kill('SIGTERM');
    teacher.close();
  }
}

function readyLine(server: ChildProcess): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
    createInterface({ input: server.stdout! }).on('line', (line) => {
      const value = JSON.parse(line) as Record<string, string>;
      if ('ready' in value) resolve(value);
    });
  });
}

/** From the bundle on disk to the first answer, in this process. */
async function coldStart(): Promise<{ readonly ms: number; readonly bundles: number }> {
  const folders = bundleFolders();
  const started = performance.now();
  for (const place of folders) {
    const student = await loadStudent(place);
    if (!student.ok) throw new Error(student.error.message);
    await student.value.predict([{ slots: {}, context: {} }]);
    await student.value.dispose();
  }
  return { ms: round((performance.now() - started) / Math.max(1, folders.length)), bundles: folders.length };
}

/**
 * Resident memory of one serving process that has `--students` of them (the same bundle again and again: each has memory
 * of its own): when all are loaded, the most while each is asked once in half a minute, which opens those that were closed,
 * and when all have been asked again and again within a second.
 */
async function manyStudents(lines: readonly TrafficLine[]) {
  const [bundle] = bundleFolders();
  if (bundle === undefined) return null;
  const count = Number(option('students', '10'));
  const worker = createWorker({ entry: path.resolve(program, '../worker.cjs'), role: 'serve' });
  const megabytes = (): number | null => residentMegabytes(worker.pid ?? -1);
  try {
    await worker.request('unload', { taskId: 'none' });
    const empty = megabytes();
    const tasks = Array.from({ length: count }, (_, i) => `task ${i}`);
    for (const taskId of tasks) await worker.request('load', { taskId, bundle });
    const loaded = megabytes();
    const text = JSON.stringify(lines[0]?.request ?? '').slice(0, 200);
    const ask = (taskId: string) =>
      worker.request('predict', { taskId, inputs: [{ slots: { text }, context: {} }] });
    let inTurn = 0;
    for (const taskId of tasks) {
      await pause(30_000 / count);
      await ask(taskId);
      inTurn = Math.max(inTurn, megabytes() ?? 0);
    }
    for (let round = 0; round < 20; round++) for (const taskId of tasks) await ask(taskId);
    return { count, bundleMegabytes: folderMegabytes(bundle), empty, loaded, inTurn, atOnce: megabytes() };
  } finally {
    await worker.dispose();
  }
}

function bundleFolders(): string[] {
  const root = path.join(storage, 'students');
  return readdirSync(root).flatMap((task) =>
    readdirSync(path.join(root, task)).map((name) => path.join(root, task, name)),
  );
}

function folderMegabytes(folder: string): number {
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
  return round(bytes / 1e6);
}

/** Resident memory of a process and those under it; null where there is no `ps` to ask. */
function residentMegabytes(top: number): number | null {
  const { stdout, status } = spawnSync('ps', ['-eo', 'pid=,ppid=,rss='], { encoding: 'utf8' });
  if (status !== 0) return null;
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const under = new Set([top]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, parent] of rows)
      if (under.has(parent!) && !under.has(pid!)) {
        under.add(pid!);
        grown = true;
      }
  }
  const kilobytes = rows.reduce((sum, [pid, , rss]) => sum + (under.has(pid!) ? rss! : 0), 0);
  return Math.round(kilobytes / 1024);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
