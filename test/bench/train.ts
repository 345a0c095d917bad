import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { Random } from '../../src/base/random.ts';
import { createRandom } from '../../src/base/random.ts';
import { placementOf, probeDevices } from '../../src/onnx/devices.ts';
import type { Device, HostTensor } from '../../src/onnx/runtime.ts';
import { defaultThreads, isHalf } from '../../src/onnx/runtime.ts';
import type { Session } from '../../src/onnx/session.ts';
import { createSession } from '../../src/onnx/session.ts';
import type { State } from '../../src/onnx/state.ts';
import { createState } from '../../src/onnx/state.ts';
import { createBatcher } from '../../src/student/deep/batch.ts';
import { encodeCorpus } from '../../src/student/deep/corpus.ts';
import type { DeepRow } from '../../src/student/deep/data.ts';
import { buildFeatures, rowCount, tokenise } from '../../src/student/deep/features.ts';
import { createMaskPool } from '../../src/student/deep/masks.ts';
import { choiceLogits, encode } from '../../src/student/deep/network.ts';
import type { Network } from '../../src/student/deep/program.ts';
import { parametersOf, trainingStep } from '../../src/student/deep/program.ts';
import type { EncoderSpec } from '../../src/student/deep/spec.ts';
import { cnn, defaultSpec, largeCnn, transformer } from '../../src/student/deep/spec.ts';
import { initialState, lossSum, scheduleFeeds } from '../../src/student/deep/trainer.ts';
import { measureWords } from '../../src/student/deep/words.ts';
import { matrixFlops } from '../../src/tensor/cost.ts';
import type { Graph } from '../../src/tensor/graph.ts';
import { input, state } from '../../src/tensor/graph.ts';
import { halveProducts } from '../../src/tensor/half.ts';
import { gemm, reduceMax } from '../../src/tensor/ops.ts';
import { processMemory } from '../../src/worker/memory.ts';

/**
 * `npm run bench -- train [--device cpu|webgpu|webgpu-f16] [--threads n] [--batch n] [--seconds s]`
 *
 * The training step of each network of the deep rung against the matmul peak of the same device through the same runtime,
 * measured in alternation so that both see the same machine. Prints one JSON object per device. A share of 1 would mean
 * that a step costs no more than its matrix products would at the speed of the best large product.
 *
 * Only the products that the model asks for count: 3 times those of the forward pass from embeddings to logits (each has
 * two in the backward pass), two operations per multiply-add. What the step multiplies to look words up counts nothing,
 * nor do the optimiser, dropout and pooling; their time does. `rung` takes the networks that a student gets (two large
 * ones) together: all their operations over all their time.
 */
const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    device: { type: 'string' },
    threads: { type: 'string' },
    seconds: { type: 'string', default: '8' },
    batch: { type: 'string' },
  },
});
// As the worker that trains: the memory of a step stays with its process.
const environment: Readonly<Record<string, string>> = processMemory.job.environment;
if (Object.entries(environment).some(([name, value]) => process.env[name] !== value)) {
  const args = [...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}
const threads = values.threads === undefined ? defaultThreads() : Number(values.threads);
const budgetMs = Number(values.seconds) * 1000;
const networks = { cnn, largeCnn, transformer } as const satisfies Record<string, EncoderSpec>;
const rung: readonly string[] = ['largeCnn'];

for (const { device, available, detail } of await probeDevices()) {
  if (values.device !== undefined && values.device !== device) continue;
  if (!available) {
    console.log(JSON.stringify({ bench: 'train', device, available, detail: detail.split('\n')[0] }));
    continue;
  }
  const measured = [];
  for (const [name, encoder] of Object.entries(networks)) measured.push(await measure(name, encoder, device));
  const own = measured.filter((one) => rung.includes(one.name));
  const total = (of: (one: (typeof own)[number]) => number): number =>
    own.reduce((sum, one) => sum + of(one), 0);
  const flops = total((one) => one.modelMflopsPerStep);
  const machine = { cpu: os.cpus()[0]?.model, cores: os.availableParallelism(), load: os.loadavg()[0] };
  const whole = {
    networks: rung,
    stepMs: round(total((one) => one.stepMs.median)),
    gflops: round(flops / total((one) => one.stepMs.median)),
    shareOfPeak: round(flops / total((one) => one.modelMflopsPerStep / one.shareOfPeak)),
    shareByProcessorTime:
      device === 'cpu'
        ? round(flops / total((one) => one.modelMflopsPerStep / (one.shareByProcessorTime ?? 1)))
        : null,
  };
  console.log(
    JSON.stringify({ bench: 'train', device, threads, machine, rung: whole, networks: measured }, null, 1),
  );
}

async function measure(name: string, encoder: EncoderSpec, device: Device) {
  const step = await openStep(encoder, device);
  const peak = await openPeak(device);
  // One step to allocate, one to see how many follow each other without waiting in one measurement.
  await step.run(1);
  const steps = device === 'cpu' || (await step.run(1)) > 100 ? 1 : 8;
  await peak.run();
  const stepMs: number[] = [];
  const peakMs: number[] = [];
  const shares: number[] = [];
  const sharesOfWork: number[] = [];
  const until = performance.now() + budgetMs / Object.keys(networks).length;
  while (performance.now() < until || stepMs.length < 1) {
    const round: number[] = [];
    const before = processorMs();
    for (let i = 0; i < (device === 'cpu' ? 4 : 1); i++) round.push(await step.run(steps));
    const between = processorMs();
    const peakNow = await peak.run();
    const stepWork = (between - before) / (round.length * steps);
    sharesOfWork.push((step.flops / stepWork) * ((processorMs() - between) / peak.flops));
    stepMs.push(...round);
    peakMs.push(peakNow);
    const mean = round.reduce((a, b) => a + b, 0) / round.length;
    shares.push((step.flops / mean) * (peakNow / peak.flops));
  }
  const placed = device === 'cpu' ? [] : await step.placement();
  await step.dispose();
  await peak.dispose();
  const peakGflops = (q: number): number => round(peak.flops / quantile(peakMs, q) / 1e6);
  return {
    name,
    batch: step.batch,
    tokens: step.length,
    modelMflopsPerStep: round(step.flops / 1e6),
    stepMs: { median: round(quantile(stepMs, 0.5)), best: round(quantile(stepMs, 0)) },
    peakMatrix: peak.n,
    peakGflops: { median: peakGflops(0.5), best: peakGflops(0) },
    gflops: round(step.flops / quantile(stepMs, 0.5) / 1e6),
    // Each round compares steps with a product of the same moment; the median over rounds, and its quartiles.
    shareOfPeak: round(quantile(shares, 0.5)),
    quartiles: [round(quantile(shares, 0.25)), round(quantile(shares, 0.75))],
    // The same in processor time instead of wall time: other load on the machine hardly moves it. Not for a GPU.
    shareByProcessorTime: device === 'cpu' ? round(quantile(sharesOfWork, 0.5)) : null,
    rounds: shares.length,
    examplesPerSecond: Math.round((step.batch * 1000) / quantile(stepMs, 0.5)),
    nodesOffDevice: placed
      .filter(({ provider }) => !provider.toLowerCase().includes(device.replace('-f16', '')))
      .map(({ op }) => op),
  };
}

/** Requests of the bundled sample that have at least this many words, cut there: real words, and no padding. */
function sampleRows(length: number, random: Random): DeepRow[] {
  const file = path.resolve(import.meta.dirname, '../../sample/requests.jsonl.gz');
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as { task: string; input: string })
    .filter(({ task }) => task === 'voice')
    .map(({ input }) => tokenise(input).map((token) => token.text))
    .filter((tokens) => tokens.length >= length)
    .map((tokens) => ({ tokens: tokens.slice(0, length), classes: [random.int(150)], tags: [], weight: 1 }));
}

/** Operations of the products that the model asks for in one step, forward and backward. */
function modelFlops(network: Network, batch: number, length: number): number {
  const x = input('x', 'f32', [batch, length, network.encoder.width]);
  const mask = input('mask', 'f32', [batch, length]);
  const specs = parametersOf(network);
  const parameters = new Map(specs.map(({ name, shape }) => [name, state(name, 'f32', shape)]));
  const { pooled } = encode(network.encoder, x, mask, parameters, (value) => value);
  return 3 * matrixFlops({ outputs: { logits: choiceLogits(pooled, parameters) }, updates: {} });
}

async function openStep(encoder: EncoderSpec, device: Device) {
  const random = createRandom('bench');
  const length = 12;
  const batch = Number(values.batch ?? defaultSpec.training.batch);
  const heads = { choices: [{ name: 'label', classes: 150 }], tags: [] };
  const rows = sampleRows(length, random);
  const features = buildFeatures(
    rows.map(({ tokens }) => tokens),
    defaultSpec.features,
  );
  const corpus = encodeCorpus(features, rows, defaultSpec.maxTokens);
  const network = { encoder, heads, rows: rowCount(features), maxTokens: defaultSpec.maxTokens };
  const members = corpus.rows.slice(0, batch);
  const shape = { batch, length, words: measureWords(corpus, [{ length, members }]) };
  const { graph, masks } = trainingStep(network, shape, defaultSpec.training, device);
  const pool = createMaskPool(encoder.dropout, device, random);
  const session = await createSession(graph, device, { threads });
  const tensors = { ...initialState(network, device, random), ...pool.state };
  const held = await createState(device, tensors);
  const batcher = createBatcher(corpus, heads, shape, defaultSpec.training);
  let step = 0;
  const feeds = (): Record<string, HostTensor> => ({
    ...batcher.fill(members, random),
    ...scheduleFeeds({ step: step++, steps: 1000, rate: encoder.rate }, defaultSpec.training),
    ...pool.feeds(masks, random),
  });
  return {
    batch,
    length,
    flops: modelFlops(network, batch, length),
    // Steps follow each other without waiting, as in training; the loss is read at the end.
    run: async (steps: number) => {
      const start = performance.now();
      for (let i = 0; i < steps; i++) await session.run(feeds(), held);
      await lossSum(held);
      return (performance.now() - start) / steps;
    },
    placement: () => placementOf(graph, device, feeds(), tensors),
    dispose: () => close(session, held),
  };
}

/** Products of square matrices that lie on the device: 1024 on the cpu, on a GPU the largest that takes under 60 ms. */
async function openPeak(device: Device) {
  if (device === 'cpu') return openSquare(device, 1024);
  let best = await openSquare(device, 512);
  for (const n of [1024, 2048, 4096]) {
    if ((await fastest(best)) > 60 / 8) break;
    await best.dispose();
    best = await openSquare(device, n);
  }
  return best;
}

async function fastest(peak: { readonly run: () => Promise<number> }): Promise<number> {
  const times = [await peak.run(), await peak.run(), await peak.run()];
  return Math.min(...times);
}

/** Four products in a row, so that the time of a launch counts little, and one number back. */
async function openSquare(device: Device, n: number) {
  const [a, b] = [state('a', 'f32', [n, n]), state('b', 'f32', [n, n])];
  let c = a;
  for (let i = 0; i < 4; i++) c = gemm(c, b);
  const top = reduceMax(c, [0, 1]);
  const graph: Graph = { outputs: { top: isHalf(device) ? halveProducts([top])[0]! : top }, updates: {} };
  const matrix = { dtype: 'f32', shape: [n, n], data: new Float32Array(n * n).fill(1 / n) } as const;
  const session = await createSession(graph, device, { threads });
  const held = await createState(device, { a: matrix, b: matrix });
  return {
    n,
    flops: matrixFlops(graph),
    run: () => timed(session, held, {}),
    dispose: () => close(session, held),
  };
}

async function timed(session: Session, held: State, feeds: Record<string, HostTensor>): Promise<number> {
  const start = performance.now();
  await session.run(feeds, held);
  return performance.now() - start;
}

async function close(session: Session, held: State): Promise<void> {
  held.dispose();
  await session.dispose();
}

/** What all threads of this process have used so far, milliseconds. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function quantile(times: readonly number[], q: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

function round(x: number): number {
  return Number(x.toPrecision(3));
}
