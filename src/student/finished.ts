import path from 'node:path';
import { shortHash } from '../base/hash.ts';
import type { Dataset } from '../dataset/example.ts';
import { type Checkpoint, type CheckpointStore, openCheckpoints } from './checkpoint.ts';
import { bundleFormat } from './format.ts';
import type { Device, DeviceChoice, StudentSpec, TrainOptions } from './student.ts';

/** Names everything that determines a student: what a run of another key had learned is not gone on from. */
export function runKey({ fingerprint, plan, inputSlots }: Dataset, spec: StudentSpec): string {
  return shortHash(JSON.stringify([bundleFormat, fingerprint, plan, inputSlots, spec]));
}

/** How something learned is put into a checkpoint and taken out again, to the last bit. */
export interface Packing<T> {
  readonly pack: (learned: T) => Checkpoint;
  readonly unpack: (checkpoint: Checkpoint) => T;
}

/**
 * Learns the next part of a training, or takes what the run before, which was killed, had learned of it. Parts come in one
 * order whatever happens, so their number names them.
 */
export type Learn = <T>(packing: Packing<T>, learn: () => Promise<T>) => Promise<T>;

/** Learns everything anew. */
export const learnAnew: Learn = (_, learn) => learn();

/** @param name of the kind of parts: each kind is counted by itself. */
export function learnOnce(store: CheckpointStore | null, name: string): Learn {
  if (store === null) return learnAnew;
  let count = 0;
  return async (packing, learn) => {
    const own = `${name}${count++}`;
    const found = store.load(own);
    if (found !== null) return packing.unpack(found);
    const learned = await learn();
    store.save(own, packing.pack(learned));
    return learned;
  };
}

/** Where networks learn, and why there, in words that go behind the device's name. */
export interface ChosenDevice {
  readonly device: Device;
  readonly reason: string;
}

/** The device asked for, or the one that measured fastest: once, for what was begun on one device does not end on another. */
export function chosenDevice(
  name: string,
  run: { readonly device: DeviceChoice; readonly key: string; readonly options: TrainOptions },
  choose: () => Promise<MeasuredDevice>,
): Promise<ChosenDevice> {
  const { device, key, options } = run;
  const learn = learnOnce(openCheckpoints(path.join(options.checkpoints, 'device'), key), name);
  const learned = learn(devicePacking, async () => (device === 'auto' ? choose() : { device, stepMs: {} }));
  return learned.then((measured) => ({ device: measured.device, reason: reasonFor(measured) }));
}

interface MeasuredDevice {
  readonly device: Device;
  /** Milliseconds of a real step on each device that works here; empty where none was measured. */
  readonly stepMs: Readonly<Partial<Record<Device, number>>>;
}

function reasonFor({ device, stepMs }: MeasuredDevice): string {
  if (stepMs[device] === undefined) return 'as set';
  const others = devices.filter((other) => other !== device && stepMs[other] !== undefined);
  if (others.length === 0) return 'the only device that works here';
  const took = (one: Device): string => `${stepMs[one]!.toFixed(stepMs[one]! < 10 ? 1 : 0)} ms`;
  return `${took(device)} a step; ${others.map((other) => `${took(other)} on ${other}`).join(', ')}`;
}

const devices: readonly Device[] = ['cpu', 'webgpu', 'webgpu-f16'];
const devicePacking: Packing<MeasuredDevice> = {
  pack: ({ device, stepMs }) => ({ numbers: { device: devices.indexOf(device), ...stepMs }, tensors: {} }),
  unpack: ({ numbers: { device, ...stepMs } }) => ({ device: devices[device!]!, stepMs }),
};
