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

/** The device asked for, or the one that measured fastest: once, for what was begun on one device does not end on another. */
export function chosenDevice(
  name: string,
  run: { readonly device: DeviceChoice; readonly key: string; readonly options: TrainOptions },
  choose: () => Promise<{ readonly device: Device }>,
): Promise<Device> {
  const { device, key, options } = run;
  const learn = learnOnce(openCheckpoints(path.join(options.checkpoints, 'device'), key), name);
  return learn(devicePacking, async () => (device === 'auto' ? (await choose()).device : device));
}

const devices: readonly Device[] = ['cpu', 'webgpu', 'webgpu-f16'];
const devicePacking: Packing<Device> = {
  pack: (device) => ({ numbers: { device: devices.indexOf(device) }, tensors: {} }),
  unpack: ({ numbers }) => devices[numbers['device']!]!,
};
