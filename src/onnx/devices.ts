import { readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Graph } from '../tensor/graph.ts';
import { input } from '../tensor/graph.ts';
import { matmul } from '../tensor/ops.ts';
import type { Device, HostTensor } from './runtime.ts';
import { createSession } from './session.ts';
import { createState } from './state.ts';

export interface DeviceProbe {
  readonly device: Device;
  readonly available: boolean;
  /** Why it is not available, in the runtime's words, or what was measured. */
  readonly detail: string;
}

/** Which devices work here: each is asked for one small matrix product, whose result is checked. */
export async function probeDevices(): Promise<DeviceProbe[]> {
  const devices: Device[] = ['cpu', 'webgpu'];
  const probes: DeviceProbe[] = [];
  for (const device of devices) probes.push(await probe(device));
  return probes;
}

/**
 * The device that takes the least time per step of this very task. `measure` runs the real step and returns milliseconds
 * per step; one that throws loses. Falls back to the cpu.
 */
export async function chooseDevice(
  measure: (device: Device) => Promise<number>,
): Promise<{ readonly device: Device; readonly stepMs: Readonly<Partial<Record<Device, number>>> }> {
  const stepMs: Partial<Record<Device, number>> = {};
  for (const { device, available } of await probeDevices()) {
    if (!available) continue;
    try {
      stepMs[device] = await measure(device);
    } catch (error) {
      if (device === 'cpu') throw error;
      // A GPU that cannot run this step is simply not chosen.
    }
  }
  const best = (Object.entries(stepMs) as [Device, number][]).sort((a, b) => a[1] - b[1])[0];
  return { device: best?.[0] ?? 'cpu', stepMs };
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
  try {
    const session = await createSession({ outputs: { y: matmul(a, a) }, updates: {} }, device, {
      threads: 1,
    });
    const { y } = await session.run(feeds);
    await session.dispose();
    const right = y !== undefined && [7, 10, 15, 22].every((v, i) => y.data[i] === v);
    return { device, available: right, detail: right ? 'works' : 'gives wrong products' };
  } catch (error) {
    return { device, available: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
