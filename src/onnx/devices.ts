import { readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Graph } from '../tensor/graph.ts';
import { input } from '../tensor/graph.ts';
import { halveProducts } from '../tensor/half.ts';
import { matmul } from '../tensor/ops.ts';
import { type Device, type HostTensor, isHalf } from './runtime.ts';
import { createSession } from './session.ts';
import { createState } from './state.ts';

export interface DeviceProbe {
  readonly device: Device;
  readonly available: boolean;
  /** Why it is not available, in the runtime's words, or what was measured. */
  readonly detail: string;
}

/**
 * Which devices work here: each is asked for one small matrix product, whose result is checked. Half precision is asked for
 * only where webgpu works at all: a device without it refuses the product and goes on with others.
 */
export async function probeDevices(): Promise<DeviceProbe[]> {
  const cpu = await probe('cpu');
  const webgpu = await probe('webgpu');
  const half = webgpu.available ? await probe('webgpu-f16') : ({ ...webgpu, device: 'webgpu-f16' } as const);
  return [cpu, webgpu, half];
}

/** What a few real training steps took, each, and the sum of their losses. */
export interface StepMeasure {
  readonly stepMs: number;
  readonly loss: number;
}

/**
 * The device that takes the least time per step of this very task. `measure` runs a few of the real steps; one that throws
 * loses. Half precision is taken only where it is faster by a tenth and its losses are those of webgpu: a driver may have
 * it and compute nonsense. Falls back to the cpu.
 */
export async function chooseDevice(
  measure: (device: Device) => Promise<StepMeasure>,
): Promise<{ readonly device: Device; readonly stepMs: Readonly<Partial<Record<Device, number>>> }> {
  const measured: Partial<Record<Device, StepMeasure>> = {};
  for (const { device, available } of await probeDevices()) {
    if (!available) continue;
    try {
      measured[device] = await measure(device);
    } catch (error) {
      if (device === 'cpu') throw error;
      // A GPU that cannot run this step is simply not chosen.
    }
  }
  const stepMs = Object.fromEntries(Object.entries(measured).map(([device, one]) => [device, one.stepMs]));
  return { device: fastest(measured), stepMs };
}

/** The choice of chooseDevice, from what was measured. */
export function fastest(measured: Readonly<Partial<Record<Device, StepMeasure>>>): Device {
  const all = Object.entries(measured) as [Device, StepMeasure][];
  const [best] = all
    .filter(([device, { loss }]) => !isHalf(device) || alike(loss, measured.webgpu?.loss))
    .map(([device, { stepMs }]) => ({ device, weighed: isHalf(device) ? stepMs / HALF_SHARE : stepMs }))
    .sort((a, b) => a.weighed - b.weighed);
  return best?.device ?? 'cpu';
}

/** Half precision must take less than this share of the time to be worth its rounding. */
const HALF_SHARE = 0.9;

/** Whether half precision gives the losses of f32, to what its rounding may change in a few steps. */
function alike(half: number, exact: number | undefined): boolean {
  return exact !== undefined && Math.abs(half - exact) <= 0.01 * exact;
}

/** Where the nodes of a graph were placed, from the runtime's own profile of one run on a state made for it. */
export async function placementOf(
  graph: Graph,
  device: Device,
  feeds: Readonly<Record<string, HostTensor>>,
  tensors: Readonly<Record<string, HostTensor>> = {},
): Promise<readonly { readonly op: string; readonly provider: string }[]> {
  const folder = os.tmpdir();
  const prefix = `understudy-profile-${process.pid}-${Math.floor(performance.now() * 1000)}`;
  const session = await createSession(graph, device, { threads: 1, profile: path.join(folder, prefix) });
  const state = await createState(device, tensors);
  await session.run(feeds, state);
  state.dispose();
  await session.dispose();
  const file = readdirSync(folder).find((name) => name.startsWith(prefix));
  if (file === undefined) return [];
  const events = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as readonly ProfileEvent[];
  rmSync(path.join(folder, file));
  return events.flatMap(({ cat, args }) =>
    cat === 'Node' && args?.provider !== undefined && args.op_name !== undefined
      ? [{ op: args.op_name, provider: args.provider }]
      : [],
  );
}

interface ProfileEvent {
  readonly cat: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

async function probe(device: Device): Promise<DeviceProbe> {
  const a = input('a', 'f32', [2, 2]);
  const feeds = { a: { dtype: 'f32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } } as const;
  const product = matmul(a, a);
  const [y] = isHalf(device) ? halveProducts([product]) : [product];
  try {
    const session = await createSession({ outputs: { y: y! }, updates: {} }, device, {
      threads: 1,
      quiet: true,
    });
    const results = await session.run(feeds).finally(() => session.dispose());
    const right = [7, 10, 15, 22].every((v, i) => results['y']?.data[i] === v);
    return { device, available: right, detail: right ? 'works' : 'gives wrong products' };
  } catch (error) {
    return { device, available: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
