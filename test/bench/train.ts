import os from 'node:os';
import { parseArgs } from 'node:util';
import { createRandom } from '../../src/base/random.ts';
import { placementOf, probeDevices } from '../../src/onnx/devices.ts';
import type { Device, HostTensor } from '../../src/onnx/runtime.ts';
import { defaultThreads } from '../../src/onnx/runtime.ts';
import type { Session } from '../../src/onnx/session.ts';
import { createSession } from '../../src/onnx/session.ts';
import type { State } from '../../src/onnx/state.ts';
import { createState } from '../../src/onnx/state.ts';
import { createBatcher } from '../../src/student/deep/batch.ts';
import { encodeCorpus } from '../../src/student/deep/corpus.ts';
import type { DeepRow } from '../../src/student/deep/data.ts';
import { buildFeatures, rowCount } from '../../src/student/deep/features.ts';
import { trainingStep } from '../../src/student/deep/program.ts';
import type { EncoderSpec } from '../../src/student/deep/spec.ts';
import { defaultSpec } from '../../src/student/deep/spec.ts';
import { initialState, lossSum, stepFeeds } from '../../src/student/deep/trainer.ts';
import { measureWords } from '../../src/student/deep/words.ts';
import { matrixFlops } from '../../src/tensor/cost.ts';
import type { Graph } from '../../src/tensor/graph.ts';
import { state } from '../../src/tensor/graph.ts';
import { gemm, reduceMax } from '../../src/tensor/ops.ts';

/**
 * `npm run bench -- train [--device cpu|webgpu] [--threads n] [--batch n] [--seconds s]`
 *
 * The training step of each network of the deep rung against the matmul peak of the same device through the same runtime,
 * measured in alternation so that both see the same machine. Prints one JSON object per device. A share of 1 would mean
 * that a step costs no more than its matrix products would at the speed of the best large product.
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
const threads = values.threads === undefined ? defaultThreads() : Number(values.threads);
const budgetMs = Number(values.seconds) * 1000;

for (const { device, available, detail } of await probeDevices()) {
  if (values.device !== undefined && values.device !== device) continue;
  if (!available) {
    console.log(JSON.stringify({ bench: 'train', device, available, detail: detail.split('\n')[0] }));
    continue;
  }
  const networks = [];
  for (const encoder of defaultSpec.encoders) networks.push(await measure(encoder, device));
  const machine = { cpu: os.cpus()[0]?.model, cores: os.availableParallelism(), load: os.loadavg()[0] };
  console.log(JSON.stringify({ bench: 'train', device, threads, machine, networks }, null, 1));
}

async function measure(encoder: EncoderSpec, device: Device) {
  const step = await openStep(encoder, device);
  const peak = await openPeak(device);
  // One step to allocate, one to see how many follow each other without waiting in one measurement.
  await step.run(1);
  const steps = device === 'cpu' || (await step.run(1)) > 100 ? 1 : 8;
  await peak.run();
  const stepMs: number[] = [];
  const peakMs: number[] = [];
  const until = performance.now() + budgetMs / defaultSpec.encoders.length;
  while (performance.now() < until || stepMs.length < 1) {
    for (let i = 0; i < (device === 'cpu' ? 4 : 1); i++) stepMs.push(await step.run(steps));
    peakMs.push(await peak.run());
  }
  const placed = device === 'cpu' ? [] : await step.placement();
  await step.dispose();
  await peak.dispose();
  const peakGflops = peak.flops / quantile(peakMs, 0.5) / 1e6;
  const gflops = step.flops / quantile(stepMs, 0.5) / 1e6;
  return {
    kind: encoder.kind,
    batch: step.batch,
    tokens: step.length,
    matrixMflopsPerStep: round(step.flops / 1e6),
    stepMs: { median: round(quantile(stepMs, 0.5)), best: round(quantile(stepMs, 0)) },
    peakMatrix: peak.n,
    peakGflops: { median: round(peakGflops), best: round(peak.flops / quantile(peakMs, 0) / 1e6) },
    gflops: round(gflops),
    shareOfPeak: round(gflops / peakGflops),
    shareOfPeakBest: round((quantile(peakMs, 0) / quantile(stepMs, 0)) * (step.flops / peak.flops)),
    examplesPerSecond: Math.round((step.batch * 1000) / quantile(stepMs, 0.5)),
    nodesOffDevice: placed
      .filter(({ provider }) => !provider.toLowerCase().includes(device))
      .map(({ op }) => op),
  };
}

/** A step on made-up traffic with the proportions of short requests: 12 tokens from a vocabulary with a long tail. */
async function openStep(encoder: EncoderSpec, device: Device) {
  const random = createRandom('bench');
  const length = 12;
  const batch = Number(values.batch ?? defaultSpec.training.batch);
  const heads = { choices: [{ name: 'label', classes: 150 }], tags: [] };
  const row = (): DeepRow => ({
    tokens: Array.from({ length }, () => `word${Math.floor(random.next() ** 3 * 4000)}`),
    classes: [random.int(150)],
    tags: [],
    weight: 1,
  });
  const rows = Array.from({ length: 2000 }, row);
  const features = buildFeatures(
    rows.map(({ tokens }) => tokens),
    defaultSpec.features,
  );
  const corpus = encodeCorpus(features, rows, defaultSpec.maxTokens);
  const network = { encoder, heads, rows: rowCount(features), maxTokens: defaultSpec.maxTokens };
  const members = corpus.rows.slice(0, batch);
  const shape = { batch, length, words: measureWords(corpus, [{ length, members }]) };
  const { graph, noise } = trainingStep(network, shape, defaultSpec.training);
  const session = await createSession(graph, device, { threads });
  const tensors = initialState(network, random);
  const held = await createState(device, tensors);
  const batcher = createBatcher(corpus, heads, shape, defaultSpec.training);
  let step = 0;
  const feeds = (): Record<string, HostTensor> => ({
    ...batcher.fill(members, random),
    ...stepFeeds({ step: step++, steps: 1000, rate: encoder.rate }, defaultSpec.training, noise, random),
  });
  return {
    batch,
    length,
    flops: matrixFlops(graph),
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
  const graph: Graph = { outputs: { top: reduceMax(c, [0, 1]) }, updates: {} };
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

function quantile(times: readonly number[], q: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

function round(x: number): number {
  return Number(x.toPrecision(3));
}
