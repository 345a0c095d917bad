import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { quantile } from '../../src/base/quantile.ts';
import { createMatcher } from '../../src/tasks/matcher.ts';
import { discoverTasks } from '../../src/tasks/miner.ts';
import type { Call } from '../../src/traces/trace.ts';
import { mixed } from '../tasks/support/calls.ts';
import { handTyped, scenarios } from '../tasks/support/scenarios.ts';
import { readTruthRows } from './support/taskTruth.ts';
import { trafficFolder } from './support/traffic.ts';

/**
 * `npm run bench -- analyse [--traces 10000,50000,100000] [--traffic DIR] [--json F]`: how long it takes to assign traces
 * one by one, to analyse all of them, and to recognise a live request; how that grows, and the memory it takes. Traces
 * come from the traffic folder, repeated with changed input texts where there are not enough; without a folder they are
 * generated. One process per size, so that memory is each size's own.
 */

const { values } = parseArgs({
  options: {
    traces: { type: 'string', default: '10000,50000,100000' },
    traffic: { type: 'string' },
    json: { type: 'string' },
    only: { type: 'string' },
  },
});

if (values.only !== undefined) process.send?.(measure(Number(values.only)));
else await main();

async function main(): Promise<void> {
  const sizes = values.traces.split(',').map(Number);
  const folder = trafficFolder();
  const runs = [];
  for (const size of sizes) {
    process.stderr.write(`${size} traces ...\n`);
    runs.push(await inOwnProcess(size));
  }
  const result = {
    traffic: folder === null ? 'generated (no traffic folder)' : 'traffic folder',
    node: process.version,
    runs,
  };
  const text = JSON.stringify(result, null, 2);
  if (values.json !== undefined) writeFileSync(values.json, `${text}\n`);
  console.log(text);
}

function inOwnProcess(size: number): Promise<unknown> {
  const folder = values.traffic === undefined ? [] : ['--traffic', values.traffic];
  const child = fork(import.meta.filename, ['--only', String(size), ...folder], {
    execArgv: ['--disable-warning=ExperimentalWarning', '--expose-gc'],
  });
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      resolve(message);
      child.disconnect();
    });
    child.on('exit', (code) => code !== 0 && reject(new Error(`${size} traces ended with ${code}`)));
  });
}

function measure(size: number): Record<string, unknown> {
  const calls = someCalls(size);
  globalThis.gc?.();
  const before = process.memoryUsage();
  const start = performance.now();
  const { tasks, assigned } = discoverTasks(calls);
  const seconds = (performance.now() - start) / 1000;
  const peak = process.memoryUsage();
  globalThis.gc?.();
  const after = process.memoryUsage();
  const match = createMatcher(tasks);
  const matching: number[] = [];
  let matched = 0;
  for (const call of calls.slice(0, 20_000)) {
    const begun = performance.now();
    if (match(call.request) !== null) matched++;
    matching.push(performance.now() - begun);
  }
  const micros = (times: readonly number[]): Record<string, number> => ({
    meanUs: round((1000 * times.reduce((a, b) => a + b, 0)) / times.length),
    p50Us: round(1000 * quantile(times, 0.5)),
    p99Us: round(1000 * quantile(times, 0.99)),
    maxUs: round(1000 * times.reduce((most, time) => Math.max(most, time), 0)),
  });
  return {
    traces: size,
    tasks: tasks.length,
    assigned: assigned.length,
    seconds: round(seconds),
    match: { ...micros(matching), share: matched / matching.length },
    callsMb: megabytes(before.heapUsed),
    analysisMb: megabytes(after.heapUsed - before.heapUsed),
    residentMb: megabytes(peak.rss),
  };
}

/** Traffic thinned out or repeated with other words in the user's text, to the size asked for. */
function someCalls(size: number): readonly Call[] {
  const folder = trafficFolder();
  const base =
    folder === null
      ? mixed(...scenarios(400).map((scenario) => scenario.calls), handTyped(400))
      : readTruthRows(folder).map((row) => row.call);
  const calls: Call[] = [];
  if (size <= base.length) {
    for (let i = 0; i < size; i++) calls.push(base[Math.floor((i * base.length) / size)]!);
    return calls;
  }
  const span = base.at(-1)!.trace.startMs - base[0]!.trace.startMs + 1;
  for (let i = 0; i < size; i++) {
    const round = Math.floor(i / base.length);
    calls.push(round === 0 ? base[i]! : varied(base[i % base.length]!, round, span));
  }
  return calls;
}

function varied(call: Call, round: number, spanMs: number): Call {
  const { messages } = call.request;
  const last = messages.length - 1;
  return {
    ...call,
    trace: { ...call.trace, id: `${call.trace.id}/${round}`, startMs: call.trace.startMs + round * spanMs },
    request: {
      ...call.request,
      messages: messages.map((message, i) =>
        i !== last
          ? message
          : {
              ...message,
              parts: message.parts.map((part) =>
                part.kind === 'text'
                  ? { ...part, text: part.text.replace(/\b(?:the|a|my)\b/u, `$& ${round}th`) }
                  : part,
              ),
            },
      ),
    },
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
