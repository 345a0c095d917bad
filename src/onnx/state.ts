import type * as Ort from 'onnxruntime-node';
import { AppError } from '../base/error.ts';
import type { Value } from '../tensor/graph.ts';
import { sizeOf, state } from '../tensor/graph.ts';
import { stopGradient } from '../tensor/ops.ts';
import type { Stretch } from './hostState.ts';
import { lower } from './lower.ts';
import type { Device, HostTensor } from './runtime.ts';
import { fromOrt, openSession, runtime, toOrt } from './runtime.ts';

/**
 * Tensors that stay on the device between runs and may be shared by several sessions. On the cpu a tensor is
 * written over where nobody reads it any more, or has two buffers that take turns, so a run allocates nothing; on webgpu a
 * run returns new buffers and the old are disposed.
 */
export interface State {
  readonly device: Device;
  readonly names: readonly string[];
  /** Copies tensors to host memory; all of them by default. */
  read(names?: readonly string[]): Promise<Record<string, HostTensor>>;
  /** Replaces tensors by host values of the same shapes. */
  write(tensors: Readonly<Record<string, HostTensor>>): Promise<void>;
  dispose(): void;
}

/** What sessions need of a state; not for others. */
export interface DeviceState extends State {
  feed(name: string): Ort.Tensor;
  /** Part of a vector that lies in host memory, as a view. */
  stretch(part: Stretch): Ort.Tensor;
  /** The buffer into which a run writes the next value; null where the device allocates. */
  spare(name: string): Ort.Tensor | null;
  advance(name: string, next: Ort.Tensor): void;
  /** Writes f32 rows at i64 ids into a tensor that lies in host memory. */
  replaceRows(name: string, ids: HostTensor, rows: HostTensor): void;
}

export async function createState(
  device: Device,
  tensors: Readonly<Record<string, HostTensor>>,
): Promise<State> {
  const ort = await runtime();
  return device === 'cpu' ? hostState(ort, tensors) : gpuState(ort, device, tensors);
}

function hostState(ort: typeof Ort, tensors: Readonly<Record<string, HostTensor>>): DeviceState {
  const copy = (tensor: HostTensor): HostTensor => ({ ...tensor, data: tensor.data.slice() });
  const current = new Map(Object.entries(tensors).map(([name, t]) => [name, toOrt(ort, copy(t))]));
  const spares = new Map<string, Ort.Tensor>();
  const feed = (name: string): Ort.Tensor => found(current, name);
  return {
    device: 'cpu',
    names: [...current.keys()],
    feed,
    stretch: ({ state: name, start, shape }) => {
      const data = (feed(name).data as Float32Array).subarray(start, start + sizeOf(shape));
      return toOrt(ort, { dtype: 'f32', shape, data });
    },
    spare: (name) => {
      const spare = spares.get(name) ?? toOrt(ort, copy(fromOrt(feed(name))));
      spares.set(name, spare);
      return spare;
    },
    advance: (name, next) => {
      spares.set(name, feed(name));
      current.set(name, next);
    },
    replaceRows: (name, ids, rows) => writeRows(fromOrt(feed(name)).data as Float32Array, ids, rows),
    read: async (names = [...current.keys()]) =>
      Object.fromEntries(names.map((name) => [name, copy(fromOrt(feed(name)))])),
    write: async (values) => {
      for (const [name, value] of Object.entries(values)) {
        feed(name);
        current.set(name, toOrt(ort, copy(value)));
      }
    },
    dispose: () => {
      current.clear();
      spares.clear();
    },
  };
}

function writeRows(table: Float32Array, ids: HostTensor, rows: HostTensor): void {
  const data = rows.data as Float32Array;
  const width = data.length / Math.max(1, rows.shape[0]!);
  // Every platform that runs this is little-endian: the low half of each i64 is the first.
  const places = new Int32Array(ids.data.buffer, ids.data.byteOffset, 2 * ids.data.length);
  for (let i = 0; i < ids.data.length; i++) {
    const to = places[2 * i]! * width;
    if (width === 1) table[to] = data[i]!;
    else table.set(data.subarray(i * width, (i + 1) * width), to);
  }
}

async function gpuState(
  ort: typeof Ort,
  device: Device,
  tensors: Readonly<Record<string, HostTensor>>,
): Promise<DeviceState> {
  const current = new Map<string, Ort.Tensor>();
  const shapes = new Map(Object.entries(tensors));
  const copier = createCopier();
  const advance = (name: string, next: Ort.Tensor): void => {
    current.get(name)?.dispose();
    current.set(name, next);
  };
  const write = async (values: Readonly<Record<string, HostTensor>>): Promise<void> => {
    const feeds = Object.fromEntries(Object.entries(values).map(([name, t]) => [name, toOrt(ort, t)]));
    for (const [name, tensor] of await copier.copy(feeds, values, 'gpu')) advance(name, tensor);
  };
  const feed = (name: string): Ort.Tensor => found(current, name);
  await write(tensors);
  return {
    device,
    names: [...shapes.keys()],
    feed,
    stretch: ({ state: name }) => {
      throw new AppError('internal', `${name} lies on the device: its graph takes it apart.`);
    },
    spare: () => null,
    advance,
    replaceRows: (name) => {
      throw new AppError('internal', `The rows of ${name} lie on the device: its graph replaces them.`);
    },
    read: async (names = [...shapes.keys()]) => {
      const types = Object.fromEntries(names.map((name) => [name, found(shapes, name)]));
      const feeds = Object.fromEntries(names.map((name) => [name, feed(name)]));
      const copies = await copier.copy(feeds, types, 'cpu');
      return Object.fromEntries([...copies].map(([name, tensor]) => [name, fromOrt(tensor)]));
    },
    write,
    dispose: () => {
      for (const tensor of current.values()) tensor.dispose();
      current.clear();
      copier.dispose();
    },
  };
}

interface Copier {
  copy(
    feeds: Record<string, Ort.Tensor>,
    types: Readonly<Record<string, HostTensor>>,
    to: 'gpu' | 'cpu',
  ): Promise<Map<string, Ort.Tensor>>;
  dispose(): void;
}

/**
 * Moves tensors between host and GPU by running a graph of identities: asking onnxruntime-node 1.30 for the data of a
 * GPU tensor directly aborts the process, and so does using a GPU tensor whose session was released. The sessions
 * therefore live as long as the tensors.
 */
function createCopier(): Copier {
  const sessions = new Map<string, Promise<Ort.InferenceSession>>();
  return {
    copy: async (feeds, types, to) => {
      const entries = Object.entries(types);
      if (entries.length === 0) return new Map();
      const key = `${to} ${entries.map(([name, { shape }]) => `${name}[${shape}]`).join()}`;
      const session = sessions.get(key) ?? openCopy(types, to);
      sessions.set(key, session);
      const results = new Map(Object.entries(await (await session).run(feeds)));
      return new Map(entries.map(([name]) => [name, found(results, `${name}.copy`)]));
    },
    dispose: () => {
      for (const session of sessions.values()) void session.then((s) => s.release());
      sessions.clear();
    },
  };
}

function openCopy(
  types: Readonly<Record<string, HostTensor>>,
  to: 'gpu' | 'cpu',
): Promise<Ort.InferenceSession> {
  const outputs: Record<string, Value> = {};
  for (const [name, { dtype, shape }] of Object.entries(types))
    outputs[`${name}.copy`] = stopGradient(state(name, dtype, shape));
  const model = lower({ outputs, updates: {} });
  const outputsOnDevice = to === 'gpu' ? model.outputs : [];
  return openSession(model.bytes, 'webgpu', { threads: 1, outputsOnDevice });
}

function found<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined)
    throw new AppError('internal', `There is no tensor ${name} (there are: ${[...map.keys()].join(', ')}).`);
  return value;
}
