import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { createRandom, type Random } from '../../src/base/random.ts';
import { openJournal } from '../../src/traces/journal.ts';
import { readTraces } from '../../src/traces/reader.ts';
import { createRedactor } from '../../src/traces/redact.ts';
import { openStore, type TraceStore } from '../../src/traces/store.ts';
import type { Trace } from '../../src/traces/trace.ts';

/**
 * `npm run bench -- traces [--traces 1000000] [--json F] [--keep DIR]`: fills a journal with realistic traces, builds the
 * index over it in a process of its own, asks what the sidebar asks, and opens the index again. Prints one JSON object:
 * rates, sizes, the resident memory of the indexing process, and the longest time for which its event loop stood still.
 */

const { values } = parseArgs({
  options: {
    traces: { type: 'string', default: '1000000' },
    json: { type: 'string' },
    keep: { type: 'string' },
    phase: { type: 'string' },
    folder: { type: 'string' },
  },
});
const total = Number(values.traces);
const root = path.resolve(import.meta.dirname, '../..');

async function main(): Promise<void> {
  const folder = values.keep ?? mkdtempSync(path.join(tmpdir(), 'understudy-traces-'));
  const results: Record<string, unknown> = { traces: total, node: process.version };
  try {
    for (const phase of ['redact', 'fill', 'index', 'reopen', 'read']) {
      process.stderr.write(`${phase} ...\n`);
      results[phase] = await run(phase, folder);
    }
  } finally {
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
  const text = JSON.stringify(results, null, 2);
  if (values.json !== undefined) writeFileSync(values.json, `${text}\n`);
  console.log(text);
}

/** This file as the product is built: what Node needs to strip types is no part of its memory. */
function bundled(): string {
  const outfile = path.join(root, '.cache/bench-traces.mjs');
  buildSync({
    entryPoints: [import.meta.filename],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  return outfile;
}

function run(phase: string, folder: string): Promise<unknown> {
  const args = ['--phase', phase, '--folder', folder, '--traces', String(total)];
  const child = fork(bundled(), args, { execArgv: [] });
  return new Promise((resolve, reject) => {
    child.on('message', resolve);
    child.on('exit', (code) => code !== 0 && reject(new Error(`${phase} ended with ${code}`)));
  });
}

async function report(work: Promise<Record<string, unknown>>): Promise<void> {
  const watch = watchLoop();
  const result = await work;
  process.send?.({ ...result, ...watch() });
  process.disconnect?.();
}

interface Watched {
  /** By the wall clock: on a busy machine, waiting for a core included. */
  readonly longestBlockMs: number;
  readonly blocksOver50Ms: number;
  /** By the thread's own processor time; null where this Node does not tell. */
  readonly longestBlockCpuMs: number | null;
  readonly residentMb: number;
}

/** Processor time of this thread in milliseconds. */
function threadCpuMs(): number | null {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => { user: number; system: number } };
  const usage = threadCpuUsage?.();
  return usage === undefined ? null : (usage.user + usage.system) / 1000;
}

/** The longest time between two turns of the event loop, and the greatest resident memory. */
function watchLoop(): () => Watched {
  let lastCpu = threadCpuMs();
  let longestCpu = 0;
  let last = performance.now();
  let longest = 0;
  let over = 0;
  let resident = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    // The timer itself is due every 5 ms.
    const blocked = now - last - 5;
    longest = Math.max(longest, blocked);
    if (blocked > 50) over++;
    last = now;
    const cpu = threadCpuMs();
    if (cpu !== null && lastCpu !== null) longestCpu = Math.max(longestCpu, cpu - lastCpu);
    lastCpu = cpu;
    resident = Math.max(resident, process.memoryUsage.rss());
  }, 5);
  return () => {
    clearInterval(timer);
    return {
      longestBlockMs: round(longest),
      blocksOver50Ms: over,
      longestBlockCpuMs: lastCpu === null ? null : round(longestCpu),
      residentMb: round(resident / 2 ** 20),
    };
  };
}

/** What redaction costs: an ordinary call, and a hundred thousand characters of the least convenient kinds. */
async function redact(): Promise<Record<string, unknown>> {
  const redactor = createRedactor({ emails: true, phones: true, cards: true, ibans: true });
  const random = createRandom(3);
  const traces = Array.from({ length: 20_000 }, (_, i) => makeTrace(i, random));
  for (const trace of traces.slice(0, 2000)) redactor.redact(trace);
  const start = process.cpuUsage().user;
  for (const trace of traces) redactor.redact(trace);
  const microsPerTrace = round((process.cpuUsage().user - start) / traces.length);
  const worstMsPer100Kb: Record<string, number> = {};
  for (const piece of [
    'x',
    'sk-',
    'ey',
    'a@',
    'password: ',
    'token=1',
    '12 34-',
    'DE89 3704 ',
    'eyJhbGciOiJI.',
  ]) {
    const content = piece.repeat(100_000 / piece.length);
    const trace = { ...makeTrace(0, random), request: { messages: [{ role: 'user', content }] } };
    const began = process.cpuUsage().user;
    redactor.redact(trace);
    worstMsPer100Kb[piece] = round((process.cpuUsage().user - began) / 1000);
  }
  return { microsPerTrace, worstMsPer100Kb };
}

async function fill(folder: string): Promise<Record<string, unknown>> {
  const journal = await openJournal(path.join(folder, 'journal'));
  const random = createRandom(7);
  const start = performance.now();
  let raw = 0;
  let group: Promise<string>[] = [];
  for (let i = 0; i < total; i++) {
    const trace = makeTrace(i, random);
    if (i % 1000 === 0) raw += 1000 * Buffer.byteLength(JSON.stringify(trace));
    group.push(journal.append(trace));
    if (group.length === 500) {
      await Promise.all(group);
      group = [];
    }
  }
  await Promise.all(group);
  const appendSeconds = (performance.now() - start) / 1000;
  await journal.seal();
  const sealSeconds = (performance.now() - start) / 1000 - appendSeconds;
  const { bytes, segments, shed } = journal.stats();
  await journal.close();
  return {
    appendsPerSecond: round(total / appendSeconds),
    sealSecondsAfterwards: round(sealSeconds),
    rawMb: round(raw / 2 ** 20),
    sealedMb: round(bytes / 2 ** 20),
    sealedShareOfRaw: Number((bytes / raw).toFixed(4)),
    segments,
    shed,
  };
}

async function index(folder: string): Promise<Record<string, unknown>> {
  const store = await openStore({ folder });
  const start = performance.now();
  const { added } = await store.sync();
  const seconds = (performance.now() - start) / 1000;
  const assignStart = performance.now();
  // In groups, as analysis hands them over: a million objects at once would be the benchmark's own memory.
  for (let first = 0; first < total; first += 1000) {
    const rows = Array.from({ length: Math.min(1000, total - first) }, (_, i) => ({
      traceId: idOf(first + i),
      taskId: `task-${(first + i) % 8}`,
      version: 1 + (i % 2),
      kind: 'normal',
    }));
    await store.setAssignments(rows);
  }
  const assignSeconds = (performance.now() - assignStart) / 1000;
  const queries = await ask(store);
  const closing = performance.now();
  await store.close();
  return {
    indexed: added,
    indexedPerSecond: round(added / seconds),
    assignedPerSecond: round(total / assignSeconds),
    snapshotSeconds: round((performance.now() - closing) / 1000),
    queriesMs: queries,
  };
}

async function reopen(folder: string): Promise<Record<string, unknown>> {
  const start = performance.now();
  const store = await openStore({ folder });
  const seconds = (performance.now() - start) / 1000;
  const syncStart = performance.now();
  const { added } = await store.sync();
  const syncMs = round(performance.now() - syncStart);
  const queriesMs = await ask(store);
  return { openSeconds: round(seconds), syncMs, added, traces: store.totals().traces, queriesMs };
}

async function read(folder: string): Promise<Record<string, unknown>> {
  const start = performance.now();
  let n = 0;
  for await (const trace of readTraces(path.join(folder, 'journal'), {})) if (trace.status > 0) n++;
  return { read: n, readPerSecond: round(n / ((performance.now() - start) / 1000)) };
}

/** The slowest of ten askings of everything that the sidebar shows. */
async function ask(store: TraceStore): Promise<Record<string, number>> {
  const now = startOf(total);
  const questions: Record<string, () => unknown> = {
    totals: () => store.totals(now),
    tasks: () => store.tasks(),
    tasksSince: () => store.tasks({ sinceMs: now - 36.5 * 3_600_000 }),
    daysOfTask: () => store.days({ taskId: 'task-3' }),
    usage: () => store.usage(),
    latency: () => store.latency('teacher', 'task-3'),
    latest: () => store.latest({ limit: 50 }),
    latestOfTask: () => store.latest({ taskId: 'task-3', limit: 50 }),
    olderPage: () => store.latest({ before: store.find(idOf(Math.floor(total / 2)))?.place ?? 0, limit: 50 }),
    find: () => store.find(idOf(Math.floor(total / 3))),
  };
  const slowest: Record<string, number> = {};
  for (const [name, question] of Object.entries(questions)) {
    slowest[name] = 0;
    for (let i = 0; i < 10; i++) {
      const start = performance.now();
      question();
      slowest[name] = Math.max(slowest[name]!, round(performance.now() - start));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const start = performance.now();
  await store.read(idOf(Math.floor(total / 3)));
  slowest['readOneTrace'] = round(performance.now() - start);
  return slowest;
}

const round = (n: number): number => Math.round(n * 100) / 100;
/** As the gateway names them: UUIDs, here made of a number. */
const idOf = (i: number): string => {
  const hex = (i * 2_654_435_761).toString(16).padStart(16, '0') + i.toString(16).padStart(16, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
/** A million calls in about 35 days. */
const startOf = (i: number): number => 1_790_000_000_000 + i * 3000;

const words =
  'account balance transfer card payment please help with the order that I placed last week because it has not arrived yet and nobody answers the phone at your office in town while my flight to the north leaves tomorrow morning at eight'.split(
    ' ',
  );

function makeTrace(i: number, random: Random): Trace {
  const task = i % 8;
  const input = Array.from({ length: 6 + random.int(30) }, () => words[random.int(words.length)]).join(' ');
  const label = `label_${random.int(60)}`;
  const id = `chatcmpl-${Array.from({ length: 3 }, () => Math.floor(random.next() * 1e9).toString(36)).join('')}`;
  const created = Math.floor(startOf(i) / 1000);
  const usage = { prompt_tokens: 300 + input.length, completion_tokens: 4, total_tokens: 304 + input.length };
  const routed = i % 5 === 0;
  return {
    id: idOf(i),
    startMs: startOf(i),
    durationMs: 200 + 800 * random.next(),
    firstByteMs: 180,
    provider: 'openai',
    format: 'openai-chat',
    path: '/v1/chat/completions',
    status: i % 97 === 0 ? 429 : 200,
    streamed: false,
    request: {
      model: task < 6 ? 'gpt-4o-mini' : 'gpt-4o',
      messages: [
        { role: 'system', content: prompts[task]! },
        { role: 'user', content: input },
      ],
      temperature: 0,
    },
    response: {
      id,
      object: 'chat.completion',
      created,
      model: task < 6 ? 'gpt-4o-mini-2024-07-18' : 'gpt-4o-2024-08-06',
      choices: [
        { index: 0, message: { role: 'assistant', content: label }, logprobs: null, finish_reason: 'stop' },
      ],
      usage,
    },
    incomplete: null,
    servedBy: routed ? 'student' : 'teacher',
    pinnedTask: null,
    site: `src/services/task${task}.ts:41`,
    headers: { 'content-type': 'application/json', 'user-agent': 'OpenAI/JS 6.49.0' },
    route: routed
      ? {
          taskId: `task-${task}`,
          version: 1,
          reason: 'served',
          answer: { text: label, toolCalls: [] },
          confidence: random.next(),
          bucket: `label:${label}`,
          studentMs: 2,
          audit: i % 25 === 0 ? 'agree' : null,
        }
      : null,
    source: 'gateway',
  };
}

/** Eight prompts of one to two kilobytes, as classification prompts are. */
const prompts: readonly string[] = Array.from({ length: 8 }, (_, task) => {
  const labels = Array.from(
    { length: 60 },
    (_l, i) => `- label_${i}: ${words[(i * 7 + task) % words.length]} ${words[(i * 3) % words.length]}`,
  );
  return `You are the router of service ${task}. Classify the message into exactly one of the labels below.\n\n${labels.join('\n')}\n\nReply with the label only.`;
});

if (values.phase === 'redact') await report(redact());
else if (values.phase === 'fill') await report(fill(values.folder!));
else if (values.phase === 'index') await report(index(values.folder!));
else if (values.phase === 'reopen') await report(reopen(values.folder!));
else if (values.phase === 'read') await report(read(values.folder!));
else await main();
