import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openJournal } from '../../src/traces/journal.ts';
import { at, type LoadResult, runLoad } from './gateway/load.ts';
import { startTargets, startUpstream, type Target, usageOf } from './gateway/targets.ts';

/**
 * `npm run bench -- gateway [--repetitions 7] [--connections 1,16,64,256] [--seconds 1] [--calls 200000] [--only NAMES] [--json F]`
 *
 * What the gateway costs, with capture on, beside a bare node:http proxy, nginx and @portkey-ai/gateway: targets take
 * turns within each repetition, ratios are taken inside a repetition, and their median is reported with the lowest and
 * the highest of them.
 */

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    seconds: { type: 'string', default: '1' },
    repetitions: { type: 'string', default: '7' },
    connections: { type: 'string', default: '1,16,64,256' },
    calls: { type: 'string', default: '200000' },
    only: { type: 'string' },
  },
});
const seconds = Number(options.seconds);
const repetitions = Number(options.repetitions);
const levels = options.connections.split(',').map(Number);

interface Case {
  readonly name: string;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
}

interface Figures {
  readonly callsPerSecond: number;
  readonly chunksPerSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly firstByteP50Ms: number | null;
  readonly lagP50Ms: number | null;
  readonly lagP99Ms: number | null;
  readonly cpuMicrosPerCall: number | null;
  readonly residentMb: number;
  readonly failures: number;
}

/** A figure as a multiple of another target's: of all repetitions. */
interface Ratio {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** Medians of all repetitions, and ratios by `<figure> / <other target>`. */
type Summary = Figures & { readonly ratios: Readonly<Record<string, Ratio>> };

const cases: readonly Case[] = [
  ...levels.map((connections) => ({ name: 'json', path: '/json/v1/chat/completions', connections, seconds })),
  {
    name: 'json, 100 ms upstream',
    path: '/json/100/v1/chat/completions',
    connections: 16,
    seconds: seconds * 2,
  },
  ...levels.map((connections) => ({
    name: 'sse, 200 chunks',
    path: '/sse/200/0/v1/chat/completions',
    connections,
    seconds,
  })),
  { name: 'sse, 50 chunks a second', path: '/sse/100/20/v1/chat/completions', connections: 16, seconds: 3 },
].filter(({ name }) => options.only === undefined || name.includes(options.only));

const storage = mkdtempSync(path.join(os.tmpdir(), 'understudy-bench-'));
const bodies = makeBodies(256);
const upstream = await startUpstream();
const targets = await startTargets(upstream, storage);
const results: {
  readonly case: string;
  readonly connections: number;
  readonly targets: Record<string, Summary>;
}[] = [];
try {
  for (const target of targets) await warmUp(target);
  for (const one of cases) results.push(await measureCase(one));
  const memory = options.only === undefined ? await measureMemory() : null;
  const recorder = await targets.find(({ name }) => name === 'understudy')?.flush?.();
  for (const target of targets) await target.stop();
  const journal = options.only === undefined ? await measureJournal() : null;
  const report = {
    node: process.version,
    cores: os.availableParallelism(),
    repetitions,
    seconds,
    results,
    memory,
    recorder,
    journal,
  };
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  console.log(JSON.stringify(report));
} finally {
  upstream.stop();
  rmSync(storage, { recursive: true, force: true });
}

async function measureCase(one: Case) {
  const runs: Record<string, Figures>[] = [];
  for (let i = 0; i < repetitions; i++) {
    const run: Record<string, Figures> = {};
    // Whoever comes next meets the same machine in the long run.
    const turn = i % targets.length;
    for (const target of [...targets.slice(turn), ...targets.slice(0, turn)])
      if (speaks(target, one)) run[target.name] = await measure(target, one);
    runs.push(run);
  }
  const summary = Object.fromEntries(
    targets
      .map(({ name }) => name)
      .filter((name) => name in runs[0]!)
      .map((name) => {
        const figures = medians(runs.map((run) => run[name]!));
        return [name, { ...figures, ratios: ratiosTo(runs, name) }];
      }),
  );
  say(one, summary);
  return { case: one.name, connections: one.connections, targets: summary };
}

/** Compiled and connected, in both ways of answering. */
async function warmUp(target: Target): Promise<void> {
  for (const path of ['/json/v1/chat/completions', '/sse/200/0/v1/chat/completions']) {
    const one = { name: 'warm-up', path, connections: 16, seconds: 1.5 };
    if (speaks(target, one)) await measure(target, one);
  }
}

/** Only the plain case is set up for a gateway that wants its upstream in a header. */
function speaks(target: Target, one: Case): boolean {
  return !target.name.startsWith('@') || one.path.startsWith('/json/v1');
}

async function measure(target: Target, one: Case): Promise<Figures> {
  const isPortkey = target.name.startsWith('@');
  const before = usageOf(target.pids);
  const load: LoadResult = await runLoad({
    port: target.port,
    path: isPortkey ? '/v1/chat/completions' : target.prefix + one.path,
    headers: target.headers,
    bodies,
    connections: one.connections,
    seconds: one.seconds,
  });
  // What a call leaves to do is part of what it costs.
  await target.flush?.();
  const after = usageOf(target.pids);
  const cpu = after.cpuSeconds - before.cpuSeconds;
  return {
    callsPerSecond: load.calls / load.seconds,
    chunksPerSecond: load.chunks / load.seconds,
    p50Ms: at(load.latencies, 0.5),
    p99Ms: at(load.latencies, 0.99),
    firstByteP50Ms: at(load.firstBytes, 0.5),
    lagP50Ms: at(load.lags, 0.5),
    lagP99Ms: at(load.lags, 0.99),
    cpuMicrosPerCall: target.pids.length === 0 || load.calls === 0 ? null : (cpu * 1e6) / load.calls,
    residentMb: after.residentBytes / 2 ** 20,
    failures: load.failures,
  };
}

/** Resident memory of the gateway while many calls pass, sampled after each tenth. */
async function measureMemory(): Promise<{ readonly calls: number; readonly residentMb: number[] } | null> {
  const target = targets.find(({ name }) => name === 'understudy');
  const calls = Number(options.calls);
  if (target === undefined || calls === 0) return null;
  const residentMb: number[] = [];
  for (let i = 0; i < 10; i++) {
    await runLoad({
      port: target.port,
      path: `${target.prefix}/json/v1/chat/completions`,
      bodies,
      connections: 16,
      seconds: 60,
      calls: calls / 10,
    });
    residentMb.push(Math.round(usageOf(target.pids).residentBytes / 2 ** 20));
  }
  console.error(`memory over ${calls} calls: ${residentMb.join(' ')} MB`);
  return { calls, residentMb };
}

/** Size of what was captured, sealed, against the bytes of its lines. */
async function measureJournal(): Promise<{
  readonly traces: number;
  readonly rawBytes: number;
  readonly sealedBytes: number;
  readonly share: number;
}> {
  const { readTraces } = await import('../../src/traces/reader.ts');
  const folder = path.join(storage, 'journal');
  const journal = await openJournal(folder);
  await journal.seal();
  await journal.close();
  let traces = 0;
  let rawBytes = 0;
  for await (const trace of readTraces(folder)) {
    traces++;
    rawBytes += JSON.stringify(trace.request).length + JSON.stringify(trace.response).length;
  }
  const sealedBytes = readdirSync(folder).reduce(
    (sum, file) => sum + statSync(path.join(folder, file)).size,
    0,
  );
  return { traces, rawBytes, sealedBytes, share: sealedBytes / rawBytes };
}

function medians(runs: readonly Figures[]): Figures {
  const keys = Object.keys(runs[0]!) as (keyof Figures)[];
  return Object.fromEntries(
    keys.map((key) => [key, median(runs.map((run) => run[key]))]),
  ) as unknown as Figures;
}

/** p50, p99 and throughput of a target as multiples of each other one's, within repetitions. */
function ratiosTo(runs: readonly Record<string, Figures>[], name: string): Record<string, Ratio> {
  const ratios: Record<string, Ratio> = {};
  for (const other of Object.keys(runs[0]!)) {
    if (other === name) continue;
    for (const key of ['p50Ms', 'p99Ms', 'callsPerSecond'] as const) {
      const all = runs
        .map((run) => (run[name]![key] ?? Number.NaN) / (run[other]![key] ?? Number.NaN))
        .filter(Number.isFinite)
        .sort((a, b) => a - b);
      if (all.length > 0)
        ratios[`${key} / ${other}`] = { median: median(all)!, lowest: all[0]!, highest: all.at(-1)! };
    }
  }
  return ratios;
}

function median(values: readonly (number | null)[]): number | null {
  const sorted = values
    .filter((value): value is number => value !== null && Number.isFinite(value))
    .sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function say(one: Case, summary: Record<string, Summary>): void {
  console.error(`\n${one.name}, ${one.connections} connections`);
  for (const [name, figures] of Object.entries(summary)) {
    const show = (value: number | null, digits = 2): string =>
      (value === null ? '-' : value.toFixed(digits)).padStart(9);
    const ratio = (key: string): string => {
      const found = figures.ratios[`${key} / node:http proxy`];
      if (found === undefined) return '-'.padStart(19);
      const range = `(${found.lowest.toFixed(2)} to ${found.highest.toFixed(2)})`;
      return `${found.median.toFixed(2).padStart(6)} ${range}`.padEnd(22);
    };
    console.error(
      `  ${name.padEnd(20)}${show(figures.callsPerSecond, 0)}/s  p50${show(figures.p50Ms)}  p99${show(figures.p99Ms)}  lag${show(figures.lagP50Ms)}${show(figures.lagP99Ms)}  cpu${show(figures.cpuMicrosPerCall, 0)} us  ${figures.residentMb.toFixed(0).padStart(4)} MB  to the bare proxy: p50${ratio('p50Ms')} p99${ratio('p99Ms')} rate${ratio('callsPerSecond')}${figures.failures > 0 ? `  ${figures.failures} FAILED` : ''}`,
    );
  }
}

/** Requests of 2 KB that differ, as an application's do. */
function makeBodies(count: number): string[] {
  const system =
    'You sort short messages of a help desk into kinds. Answer with the name of the kind and nothing else. '.repeat(
      15,
    );
  const words =
    'refund invoice login password broken parcel late thanks cancel upgrade crash error please today where when'.split(
      ' ',
    );
  return Array.from({ length: count }, (_, i) => {
    const user = Array.from(
      { length: 40 },
      (_, j) => words[(i * 31 + j * (7 + (i % 5))) % words.length],
    ).join(' ');
    return JSON.stringify({
      model: 'gpt-4o-mini',
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: `${i} ${user}` },
      ],
      temperature: 0,
    });
  });
}
